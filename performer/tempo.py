"""Tempo: where the music is, in beats, for the moment at which a frame is on the screen."""

import math
from collections.abc import Sequence
from typing import Protocol

from performer.events import ClockEvent, LatencyEvent, LinkEvent
from performer.link_clock import LinkClock
from performer.midi_clock import MidiClock
from performer.parameters import BY_NAME
from performer.taps import Taps
from performer.tick_filter import TICKS_A_BEAT

OWN = "own"
SETTLE_S = 0.1
AHEAD_SETTLE_S = 1.0
MOST_AHEAD_S = 0.5
# Farther than that from where the clock is the beat leaps there, nearer it glides.
LEAP_BEATS, LEAP_ON_JOINING_BEATS = 0.5, 0.05
LONGEST_AGO_S = 1.0
BEATS_MAXIMUM = 2.0**40  # far beyond any show, and still exact
BPM_MAXIMUM = 1000.0
# `bpm` is told anew only when it differs by as much, so that it does not flicker.
TOLD_STEP = 0.05


class Clock(Protocol):
    """A clock from outside, that tells the beat at any time near its last message.

    `is_placed` says that its beats are the song's, not only counted; `jumps` counts its leaps.
    """

    name: str
    is_placed: bool
    jumps: int

    @property
    def bpm(self) -> float: ...

    def is_alive(self, now_s: float) -> bool: ...

    def beat_at(self, time_s: float) -> float: ...


class Tempo:
    """Counts beats, by itself or after a clock from outside.

    After `advance`, `beat` is the beat at which the frame will be seen, `bpm` the exact tempo,
    `told_bpm` what the parameter should say, `leapt` whether the beat did not simply go on, and
    `source` who leads. Where a clock falls silent, the beat goes on at its last tempo.
    """

    def __init__(self) -> None:
        self.beat = 0.0
        self.bpm = self.told_bpm = BY_NAME["bpm"].default
        self._heard_bpm = self.bpm
        self.source = OWN
        self.leapt = False
        self._midi, self._link, self._taps = MidiClock(), LinkClock(), Taps()
        self._alive: list[Clock] = []
        self._leader: Clock | None = None
        self._joined: tuple[Clock, int] | None = None
        self._shift = 0.0
        self._now_s = self._now_beat = self._pull = 0.0
        self._leaps = False
        self._ahead_s = self._ahead_goal_s = 0.0

    def take(self, event: ClockEvent | LinkEvent | LatencyEvent) -> None:
        """Take in what a clock or the stage told, unless no clock can tell it."""
        if not _is_sound(event):
            return
        if isinstance(event, ClockEvent):
            self._midi.take(event)
        elif isinstance(event, LinkEvent):
            self._link.take(event)
        else:
            self._ahead_goal_s = min(max(event.ahead_s, 0.0), MOST_AHEAD_S)

    @property
    def now_beat(self) -> float:
        """The beat at the frame's beginning."""
        return self._now_beat

    def restore(self, beat: float, bpm: float) -> None:
        """Go on from a beat at a tempo, until a clock leads elsewhere."""
        if abs(beat) < BEATS_MAXIMUM and math.isfinite(bpm):
            self.bpm = self.told_bpm = self._heard_bpm = BY_NAME["bpm"].clamp(bpm)
            self._now_beat = self.beat = beat
            self._pull, self._leaps = 0.0, False

    def tap(self, time_s: float) -> None:
        """A hand tapped a beat; a clock from outside knows better."""
        found = self._taps.tap(time_s)
        if found is not None and self._leader is None:
            on_beat_s, self.bpm = found
            self.told_bpm = round(self.bpm, 2)
            beat = self._now_beat - self._ago_s(on_beat_s) * self.bpm / 60
            self._pull = round(beat) - beat

    def resync(self, time_s: float) -> None:
        """The one was at `time_s`: of a clock that knows its beats, the beat nearest to it."""
        self._leaps = True
        if self._leader is None:
            self._now_beat, self._pull = self._ago_s(time_s) * self.bpm / 60, 0.0
        else:
            grid = 1 if self._leader.is_placed else TICKS_A_BEAT
            self._shift = -round(self._leader.beat_at(time_s) * grid) / grid

    def _ago_s(self, time_s: float) -> float:
        """How long before the last frame."""
        return min(max(self._now_s - time_s, -LONGEST_AGO_S), LONGEST_AGO_S)

    def advance(
        self, now_s: float, dt_s: float, *, bpm: float, choice: float = 0, nudge_s: float = 0.0
    ) -> None:
        """Let `dt_s` pass, up to `now_s`. `bpm` counts where no clock leads.

        `choice` is as `tempo.source`; `nudge_s` is how much later the beat falls.
        """
        self._now_s, dt_s = now_s, max(dt_s, 0.0)
        self._leader = self._choose(now_s, round(choice))
        self.source = self._leader.name if self._leader else OWN
        if self._leader is not None:
            self._read(self._leader)
        elif bpm not in (self.told_bpm, self._heard_bpm):
            self.bpm = self.told_bpm = bpm  # A hand moved it.
        self._heard_bpm = bpm
        self._move(now_s, dt_s)
        self._ahead_s += (self._ahead_goal_s - self._ahead_s) * _share(dt_s, AHEAD_SETTLE_S)
        self.beat = self._now_beat + (self._ahead_s - nudge_s) * self.bpm / 60

    def _choose(self, now_s: float, choice: int) -> Clock | None:
        """The clock to follow: the newest, none, or the chosen one."""
        clocks: tuple[Clock, ...] = (self._midi, self._link)
        alive = [clock for clock in clocks if clock.is_alive(now_s)]
        new = [clock for clock in alive if clock not in self._alive]
        self._alive = [clock for clock in self._alive if clock in alive] + new
        allowed: Sequence[Clock] = (self._alive, (), (self._midi,), (self._link,))[choice]
        return next((clock for clock in reversed(allowed) if clock in alive), None)

    def _read(self, leader: Clock) -> None:
        self.bpm = leader.bpm
        if abs(self.bpm - self.told_bpm) > TOLD_STEP:
            self.told_bpm = BY_NAME["bpm"].clamp(round(self.bpm, 1))

    def _move(self, now_s: float, dt_s: float) -> None:
        """Go on by `dt_s`, glide to where the clock is, or leap there."""
        step = dt_s * self.bpm / 60
        if self._leader is not None:
            self._pull = self._error(self._leader, now_s, self._now_beat + step)
        self.leapt, self._leaps = self._leaps, False
        if self.leapt and self._leader is not None:
            self._now_beat, self._pull = self._now_beat + step + self._pull, 0.0
            return
        pulled = self._pull * _share(dt_s, SETTLE_S)
        self._pull -= pulled
        self._now_beat += max(step + pulled, 0.0)

    def _error(self, leader: Clock, now_s: float, beat: float) -> float:
        """How far the clock is ahead of `beat`; joins a clock that is new or went elsewhere."""
        goal = leader.beat_at(now_s)
        has_joined = self._joined != (leader, leader.jumps)
        if has_joined:
            self._joined = leader, leader.jumps
            nearest = round((beat - goal) * TICKS_A_BEAT) / TICKS_A_BEAT
            self._shift = 0.0 if leader.is_placed else nearest
        error = goal + self._shift - beat
        self._leaps |= abs(error) > (LEAP_ON_JOINING_BEATS if has_joined else LEAP_BEATS)
        return error


def _is_sound(event: ClockEvent | LinkEvent | LatencyEvent) -> bool:
    """Whether its numbers are ones that a beat can be counted by; NaN is none."""
    match event:
        case ClockEvent(value=beat):
            return abs(beat) < BEATS_MAXIMUM
        case LinkEvent(beat=beat, bpm=bpm):
            return abs(beat) < BEATS_MAXIMUM and 0.0 < bpm <= BPM_MAXIMUM
        case LatencyEvent(ahead_s=ahead_s):
            return math.isfinite(ahead_s)


def _share(dt_s: float, settle_s: float) -> float:
    """How much of a way with that time constant is gone after `dt_s`."""
    return -math.expm1(-dt_s / settle_s)
