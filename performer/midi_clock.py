"""A MIDI clock that is followed: its ticks, and where in the song they are."""

from performer.events import ClockEvent
from performer.tick_filter import TICKS_A_BEAT, TickFilter

LOST_S = 0.5
# After a silence the tempo is hardly another one.
UNSURE = 0.1
GUESS_S = 60 / 120 / TICKS_A_BEAT


class MidiClock:
    """Follows one port at a time: another takes over when it starts or this one falls silent.

    `is_placed` tells that the song's position is known, by a start or continue; before, beats are
    counted from the first tick. `jumps` counts the leaps of that count.
    """

    name = "MIDI clock"

    def __init__(self) -> None:
        self.jumps = 0
        self.is_placed = False
        self._filter: TickFilter | None = None
        self._port = ""
        self._heard_s = float("-inf")
        self._index = 0
        self._next: int | None = None
        self._continue_at = 0
        self._is_playing = False

    def is_alive(self, now_s: float) -> bool:
        """Whether ticks still come."""
        return self._filter is not None and now_s - self._heard_s < LOST_S

    @property
    def bpm(self) -> float:
        return 60.0 / TICKS_A_BEAT / self._filter.period_s if self._filter else 120.0

    def beat_at(self, time_s: float) -> float:
        """The beat at a time near the last tick's."""
        if self._filter is None:
            return 0.0
        ticks = (time_s - self._filter.time_s) / self._filter.period_s
        return (self._index + ticks) / TICKS_A_BEAT

    def take(self, event: ClockEvent) -> None:
        """Take in one message."""
        if not self._hears(event):
            return
        match event.kind:
            case "tick":
                self._tick(event.time_s)
            case "start":
                self._next, self._is_playing = 0, True
            case "continue":
                self._next, self._is_playing = self._continue_at, True
            case "stop" if self._is_playing:
                self._continue_at, self._is_playing = self._index + 1, False
            case "position":
                self._continue_at = round(event.value * TICKS_A_BEAT)
                if self._is_playing:
                    self._next = self._continue_at

    def _hears(self, event: ClockEvent) -> bool:
        if event.port == self._port:
            return True
        if event.kind in ("start", "continue") or not self.is_alive(event.time_s):
            if event.kind == "tick":
                self.is_placed = self._is_playing = False
            self._port, self._filter = event.port, None
            return True
        return False

    def _tick(self, time_s: float) -> None:
        if self._filter is None:
            self._filter, self._index = TickFilter(time_s, GUESS_S), 0
            self.jumps += 1
        elif time_s - self._heard_s > LOST_S:
            # As many as would have passed at the last tempo, which was played on meanwhile.
            period_s = self._filter.period_s
            self._index += max(1, round((time_s - self._filter.time_s) / period_s))
            self._filter = TickFilter(time_s, period_s, UNSURE)
        else:
            self._index += self._filter.tick(time_s)
        self._heard_s = max(self._heard_s, time_s)
        if self._next is not None:
            self.jumps += 1
            self._index, self._next, self.is_placed = self._next, None, True
