"""The stage: the one while loop that plays, paces, measures and never stops by itself."""

import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from performer.clock import Clock
from performer.engine import Engine
from performer.events import (
    ClockEvent,
    Event,
    HoursEvent,
    Inbox,
    KeyEvent,
    LatencyEvent,
    LinkEvent,
    MidiEvent,
    ModelEvent,
    Notice,
    OscEvent,
    PageEvent,
    PatchEvent,
    PortEvent,
    Refusal,
    RestoreEvent,
    SoundEvent,
    ThriftEvent,
)
from performer.governor import SPARED, Governor
from performer.limited_log import LimitedLog
from performer.looper import loop_length
from performer.meter import Meter
from performer.outputs.base import Display, Image, Recorder
from performer.parameters import INDEX
from performer.status import Status

LAST_EVENTS = 5
# A frame must have room for its own draw, the extra one and what hinders both.
DRAWS_IN_A_FRAME = 2.5
FORGET = 0.98
DELAY_STEP_S = 0.001
Values = NDArray[np.float64]
AskStatus = Callable[[], Status]


@dataclass(frozen=True, slots=True)
class Labels:
    """What the HUD says of the parts that the stage does not know."""

    device: str
    model: str
    patch: str
    midi_ports: Callable[[], tuple[str, ...]]
    osc_address: str
    model_b: str = ""

    @property
    def models(self) -> str:
        """The model; of two their names alone, for which there is room."""
        names = (name.partition(" at ")[0] for name in (self.model, self.model_b))
        return " | ".join(names) if self.model_b else self.model


class Onlooker(Protocol):
    """Someone beside the show who looks at each frame once it is shown, and is never waited for.

    `image` is uint8 (H, W, 3) and good during the call; `values` and `targets` are float64 in
    table order and units.
    """

    def look(
        self, now_s: float, image: Image, values: Values, targets: Values, status: AskStatus
    ) -> None: ...


class Companion(Protocol):
    """A part beside the show: told of every frame what arrived, it must never block."""

    def follow(self, now_s: float, events: Sequence[Event], engine: Engine) -> None: ...


class Stage:
    """Plays an engine on a display until it is closed, stopped, or has shown enough."""

    def __init__(
        self,
        engine: Engine,
        display: Display,
        inbox: Inbox,
        clock: Clock,
        labels: Labels,
        companions: Sequence[Companion] = (),
        recorders: Sequence[Recorder] = (),
        onlookers: Sequence[Onlooker] = (),
    ) -> None:
        self._recorders = recorders
        self._engine, self._display, self._inbox, self._clock = engine, display, inbox, clock
        self._labels, self._companions = labels, companions
        self._onlookers = onlookers
        self._log = LimitedLog(logging.getLogger("performer.stage"))
        self._last_events: deque[Event] = deque(maxlen=LAST_EVENTS)
        self._message = self._trouble = ""
        self._draw_s = 0.0
        self._before_s: float | None = None
        self._told_delay_s = 0.0
        self._governor, self._spared = Governor(), 0
        self.meter = Meter()

    def play(
        self,
        *,
        frames: int | None = None,
        seconds: float | None = None,
        stopped: Callable[[], bool] = lambda: False,
    ) -> None:
        """The loop; `frames` and `seconds` bound it, `stopped` ends it after a frame."""
        clock, display = self._clock, self._display
        begin_s = clock.now()
        while not (stopped() or display.closed):
            now_s = clock.now()
            if (frames is not None and self.meter.frames >= frames) or (
                seconds is not None and now_s - begin_s >= seconds
            ):
                break
            self.one_frame(now_s)
            self.rehearse()
            if not display.paced:
                clock.sleep_until(now_s + 1.0 / display.refresh_hz)

    def one_frame(self, now_s: float) -> None:
        """Take what arrived, make the frame of `now_s`, present it, and measure."""
        dt_s = now_s - self._before_s if self._before_s is not None else 0.0
        self._before_s = now_s
        events: list[Event] = [*self._inbox.drain(), *self._display.poll()]
        for event in events:
            self._note(event)
        if abs(self.meter.usual_delay_s - self._told_delay_s) > DELAY_STEP_S:
            # As an event, so that a recording holds it.
            self._told_delay_s = self.meter.usual_delay_s
            events.append(LatencyEvent(now_s, self._told_delay_s))
        if self._governor.level != self._spared:
            self._spared = self._governor.level
            events.append(ThriftEvent(now_s, self._spared))
        frame = self._engine.frame(now_s, dt_s, events)
        draw_s = self._clock.now() - now_s
        self._draw_s = max(draw_s, FORGET * self._draw_s)
        self._govern(dt_s, draw_s)
        self._display.switches.learn = self._engine.learn.is_on
        self._display.present(frame.image, self.status)
        presented_s = self._clock.now()
        self.meter.frame(now_s, presented_s)
        for event in frame.shows:
            self.meter.shown(event.source, event.time_s, presented_s)
        for companion in self._companions:
            self._follow(companion, now_s, events)
        for recorder in self._recorders:
            toggle = recorder.parameter
            is_on = toggle is None or bool(self._engine.controls.target(toggle))
            recorder.frame(is_on, now_s, events, frame.image)
        for onlooker in self._onlookers:
            self._let_look(onlooker, now_s, frame.image)

    def _govern(self, dt_s: float, draw_s: float) -> None:
        if self._engine.controls.target("governor"):
            self._governor.step(dt_s, draw_s, 1.0 / self._display.refresh_hz)
        elif self._governor.level:
            self._governor = Governor()

    def _follow(self, companion: Companion, now_s: float, events: Sequence[Event]) -> None:
        """Let a part beside the show go along; whatever becomes of it, the show goes on."""
        try:
            companion.follow(now_s, events, self._engine)
        except Exception as error:
            self._log.warning(now_s, "%s: %s", type(companion).__name__, error)

    def _let_look(self, onlooker: Onlooker, now_s: float, image: Image) -> None:
        """Show a frame to a part beside the show, which goes on as with a companion."""
        engine = self._engine
        try:
            onlooker.look(now_s, image, engine.values, engine.controls.targets, self.status)
        except Exception as error:
            self._log.warning(now_s, "%s: %s", type(onlooker).__name__, error)

    def rehearse(self) -> None:
        """Draw a small picture of a cue to come where that can make no frame late."""
        if self._spared:
            return
        frozen = self._engine.controls.target("freeze")
        if frozen or self._draw_s * DRAWS_IN_A_FRAME < 1.0 / self._display.refresh_hz:
            self._engine.rehearse()

    def _note(self, event: Event) -> None:
        """Remember an event for the HUD; log what was refused, and which parts come and go."""
        if isinstance(event, SoundEvent):  # a hundred a second
            return
        if isinstance(event, Refusal):
            self._message = f"{event.origin}: {event.reason}"
            self._log.warning(event.time_s, "refused, %s", self._message)
        elif isinstance(event, PortEvent):
            self._message = f"MIDI {event.port} {'is here' if event.present else 'is gone'}"
            logging.getLogger("performer.stage").info(self._message)
        elif isinstance(event, Notice):
            self._message = event.text
            logging.getLogger("performer.stage").info(self._message)
        elif isinstance(event, ModelEvent):
            self._message = f"took {event.name}"
            if event.deck == "b":
                self._labels = replace(self._labels, model_b=event.name)
                self._message += " on deck B"
            else:
                self._labels = replace(self._labels, model=event.name)
            logging.getLogger("performer.stage").info(self._message)
            event = event.as_recorded()  # else kept alive for nothing
        elif isinstance(event, PatchEvent):
            self._trouble = event.error
            if event.patch is not None:
                self._labels = replace(self._labels, patch=event.patch.name)
            self._message = f"took {event.name}"
            logging.getLogger("performer.stage").info(event.error or self._message)
        is_tick = isinstance(event, ClockEvent) and event.kind == "tick"
        if not (is_tick or isinstance(event, LinkEvent)):
            self._last_events.appendleft(event)

    def status(self) -> Status:
        """One look at the show, for a display's overlay."""
        meter, labels, engine = self.meter, self._labels, self._engine
        return Status(
            fps=meter.fps,
            frame_ms_p50=meter.frame_ms.percentile(0.5),
            frame_ms_p99=meter.frame_ms.percentile(0.99),
            late_frames=meter.late,
            latency_ms={
                name: (histogram.percentile(0.5), histogram.percentile(0.99))
                for name, histogram in meter.latency_ms.items()
            },
            device=labels.device,
            model=labels.models,
            patch=labels.patch,
            canvas=engine.canvas,
            midi_ports=labels.midi_ports(),
            osc_address=labels.osc_address,
            last_events=tuple(describe(event) for event in self._last_events),
            values=engine.values,
            message=self._trouble
            or engine.message
            or engine.notice
            or self._recorder_trouble()
            or self._message,
            frozen=bool(engine.controls.target("freeze")),
            blackout=bool(engine.controls.target("blackout")),
            storing=bool(engine.controls.target("store")),
            cues=engine.performance.cue_names,
            preview=engine.preview,
            beat=engine.performance.tempo.beat,
            tempo_source=engine.performance.tempo.source,
            spared=SPARED[self._spared],
            flash_limit=bool(engine.controls.target("flash_limit")),
            flashes_held=engine.flashes.is_limiting,
            learn=engine.learn.view(),
            lamps=tuple(recorder.lamp for recorder in self._recorders if recorder.lamp),
            loop=self._loop(),
            sound=engine.performance.ear.meters(self._clock.now()),
            modulation=engine.performance.modulators.motions(),
            modulation_amount=float(engine.values[INDEX["modulation.amount"]]),
            outline=engine.performance.outline,
            follows_in_s=engine.performance.follows_in_s,
            decks=(labels.model, labels.model_b),
            autopilot=engine.performance.autopilot.is_playing,
        )

    def _recorder_trouble(self) -> str:
        return next((recorder.trouble for recorder in self._recorders if recorder.trouble), "")

    def _loop(self) -> str:
        """The looper in a few words, "" when it does nothing."""
        target, lanes = self._engine.controls.target, self._engine.performance.looper.lanes
        if target("loop.record"):
            return f"LOOP {loop_length(target('loop.beats'))} REC"
        if not lanes:
            return ""
        return f"LOOP {lanes}" if target("loop.play") else "LOOP OFF"

    def statistics(self) -> dict[str, object]:
        """The whole show for `--stats`."""
        controls = self._engine.controls
        return {
            **self.meter.summary(),
            "events_received": dict(controls.received),
            "events_refused": dict(controls.refused),
            "errors": self._engine.errors,
            "values": dict(zip(INDEX, self._engine.values.tolist(), strict=True)),
        }


def describe(event: Event) -> str:
    """An event in a few words."""
    match event:
        case MidiEvent():
            return f"{event.kind} {event.number} ch {event.channel}  {event.value:.3f}"
        case OscEvent():
            values = " ".join(
                f"{arg:.3f}" if isinstance(arg, float) else str(arg)[:16] for arg in event.args[:4]
            )
            return f"{event.address[:32]}  {values}"
        case PageEvent():
            value = "" if event.value is None else f"  {event.value:.3f}"
            return f"page {event.parameter}{value}"
        case KeyEvent():
            return f"key {event.key} {'down' if event.pressed else 'up'}"
        case PortEvent():
            return f"{event.port} {'in' if event.present else 'out'}"
        case ModelEvent():
            return f"model {event.name[:32]}"
        case SoundEvent():
            return f"sound {event.level:.2f}"
        case PatchEvent():
            return f"patch {event.name[:32]} {'refused' if event.error else ''}".strip()
        case ClockEvent():
            return f"clock {event.kind}"
        case LinkEvent():
            return f"Link {event.bpm:.1f} bpm, {event.peers} peers"
        case LatencyEvent():
            return f"latency {event.ahead_s * 1000:.0f} ms"
        case Notice():
            return event.text[:32]
        case RestoreEvent():
            return "restored"
        case ThriftEvent():
            return f"spares {event.level}"
        case HoursEvent():
            return "open" if event.is_open else "closed"
        case Refusal():
            return f"refused {event.origin}: {event.reason[:32]}"
