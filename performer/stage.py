"""The stage: the one while loop that plays, paces, measures and never stops by itself."""

import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from performer.clock import Clock
from performer.engine import Engine
from performer.events import (
    Event,
    Inbox,
    KeyEvent,
    MidiEvent,
    ModelEvent,
    OscEvent,
    PortEvent,
    Refusal,
)
from performer.limited_log import LimitedLog
from performer.looper import loop_length
from performer.meter import Meter
from performer.outputs.base import Display, Recorder
from performer.status import Status

LAST_EVENTS = 5


@dataclass(frozen=True, slots=True)
class Labels:
    """What the HUD says of the parts that the stage does not know."""

    device: str
    model: str
    patch: str
    midi_ports: Callable[[], tuple[str, ...]]
    osc_address: str


class Stage:
    """Plays an engine on a display until it is closed, stopped, or has shown enough."""

    def __init__(
        self,
        engine: Engine,
        display: Display,
        inbox: Inbox,
        clock: Clock,
        labels: Labels,
        recorders: Sequence[Recorder] = (),
    ) -> None:
        self._recorders = recorders
        self._engine, self._display, self._inbox, self._clock = engine, display, inbox, clock
        self._labels = labels
        self._log = LimitedLog(logging.getLogger("performer.stage"))
        self._last_events: deque[Event] = deque(maxlen=LAST_EVENTS)
        self._message = ""
        self._before_s: float | None = None
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
            if not display.paced:
                clock.sleep_until(now_s + 1.0 / display.refresh_hz)

    def one_frame(self, now_s: float) -> None:
        """Take what arrived, make the frame of `now_s`, present it, and measure."""
        dt_s = now_s - self._before_s if self._before_s is not None else 0.0
        self._before_s = now_s
        events: list[Event] = [*self._inbox.drain(), *self._display.poll()]
        for event in events:
            self._note(event)
        frame = self._engine.frame(now_s, dt_s, events)
        self._display.present(frame.image, self.status)
        presented_s = self._clock.now()
        self.meter.frame(now_s, presented_s)
        for event in frame.shows:
            self.meter.shown(event.source, event.time_s, presented_s)
        for recorder in self._recorders:
            is_on = bool(self._engine.controls.target(recorder.parameter))
            recorder.frame(is_on, now_s, events, frame.image)

    def _note(self, event: Event) -> None:
        """Remember an event for the HUD; log what was refused, and which parts come and go."""
        if isinstance(event, Refusal):
            self._message = f"{event.origin}: {event.reason}"
            self._log.warning(event.time_s, "refused, %s", self._message)
        elif isinstance(event, PortEvent):
            self._message = f"MIDI {event.port} {'is here' if event.present else 'is gone'}"
            logging.getLogger("performer.stage").info(self._message)
        elif isinstance(event, ModelEvent):
            self._labels = replace(self._labels, model=event.name)
            self._message = f"took {event.name}"
            logging.getLogger("performer.stage").info(self._message)
            event = event.without_tensors()  # else kept alive for nothing
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
            model=labels.model,
            patch=labels.patch,
            canvas=engine.canvas,
            midi_ports=labels.midi_ports(),
            osc_address=labels.osc_address,
            last_events=tuple(describe(event) for event in self._last_events),
            values=engine.values,
            message=engine.message or self._trouble() or self._message,
            frozen=bool(engine.controls.target("freeze")),
            blackout=bool(engine.controls.target("blackout")),
            lamps=tuple(recorder.lamp for recorder in self._recorders if recorder.lamp),
            loop=self._loop(),
        )

    def _trouble(self) -> str:
        return next((recorder.trouble for recorder in self._recorders if recorder.trouble), "")

    def _loop(self) -> str:
        """The looper in a few words, "" when it does nothing."""
        target, lanes = self._engine.controls.target, self._engine.looper.lanes
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
        case KeyEvent():
            return f"key {event.key} {'down' if event.pressed else 'up'}"
        case PortEvent():
            return f"{event.port} {'in' if event.present else 'out'}"
        case ModelEvent():
            return f"model {event.name[:32]}"
        case Refusal():
            return f"refused {event.origin}: {event.reason[:32]}"
