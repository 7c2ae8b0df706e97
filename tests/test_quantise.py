"""Triggers that wait: for which frame, and that the screen shows them on the beat."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from performer.clock import ManualClock
from performer.engine import Engine
from performer.events import ClockEvent, Event, Inbox, KeyEvent, MidiEvent, OscEvent
from performer.outputs.base import Image
from performer.outputs.memory import MemoryDisplay
from performer.quantise import Quantiser
from performer.schema import Binding, Scene
from performer.stage import Labels, Stage

MakeEngine = Callable[..., Engine]
DT_S = 1 / 60
STILL = {"walk.speed": 0.0, "walk.reach": 0.0, "glide": 0.0}


class SlowDisplay(MemoryDisplay):
    """A display on which a frame is seen `delay_s` after it is handed over; it keeps them all."""

    def __init__(self, clock: ManualClock, delay_s: float, keys: list[tuple[float, str, bool]]):
        super().__init__(clock, keys=keys)
        self.delay_s = delay_s
        self.seen: list[tuple[float, Image]] = []

    def present(self, image: Image, status: object) -> None:
        self._clock.sleep_until(self._clock.now() + self.delay_s)
        super().present(image, status)  # type: ignore[arg-type]
        self.seen.append((self._clock.now(), image.copy()))


@pytest.mark.parametrize(
    ("delay_s", "bpm", "clocked"),
    [
        (0.002, 128.0, False),
        (0.04, 97.3, False),
        (0.04, 97.3, True),
        (0.04, 128.0, True),
        (0.09, 120.0, False),
        (0.09, 128.0, True),
    ],
)
def test_the_frame_seen_nearest_the_beat_shows_the_change(
    make_engine: MakeEngine, delay_s: float, bpm: float, clocked: bool
) -> None:
    scene = Scene(values={"mirror": 1.0})
    engine = make_engine(start=STILL | {"bpm": bpm, "quantise": 4.0}, scenes={"1": scene})
    clock, inbox = ManualClock(50.0), Inbox()
    asked_s, due_s = 50.0 + 9.3 * 60 / bpm, 50.0 + 12 * 60 / bpm
    display = SlowDisplay(clock, delay_s, [(asked_s, "1", True)])
    if clocked:
        inbox.put(ClockEvent(49.999, "a", "start"))
        for i in range(14 * 24):
            inbox.put(ClockEvent(50.0 + i * 60 / bpm / 24, "a", "tick"))
    stage = Stage(engine, display, Future(inbox, clock), clock, LABELS)
    stage.play(seconds=13 * 60 / bpm)
    first = display.seen[0][1]
    changed_s = next(at_s for at_s, image in display.seen if np.any(image != first))
    nearest_s = min((at_s for at_s, _ in display.seen), key=lambda at_s: abs(at_s - due_s))
    frame_s = max(delay_s, 1 / 60)
    # Where two frames are equally near, either is right.
    assert changed_s == nearest_s or abs(changed_s - due_s) < 0.52 * frame_s


LABELS = Labels("CPU", "tiny", "still", tuple, "off")


class Future(Inbox):
    """An inbox filled before the show, which hands each event over when its time has come."""

    def __init__(self, filled: Inbox, clock: ManualClock) -> None:
        super().__init__()
        self._waiting, self._clock = filled.drain(), clock

    def drain(self) -> list[Event]:
        due = [event for event in self._waiting if event.time_s <= self._clock.now()]
        del self._waiting[: len(due)]
        return due


def press(engine: Engine, now_s: float, *events: Event) -> bool:
    """One frame; whether it says that it shows an event."""
    return bool(engine.frame(now_s, DT_S, events).shows)


def seed(engine: Engine) -> float:
    return engine.controls.target("seed")


def test_a_trigger_waits_for_its_beat_and_only_once(make_engine: MakeEngine) -> None:
    engine = make_engine(start=STILL | {"quantise": 1.0})
    assert not press(engine, 0.0, *[KeyEvent(0.0, "n", True)] * 3)
    seeds = [seed(engine)]
    for _ in range(60):
        press(engine, 0.0)
        seeds.append(seed(engine))
    # 120 bpm: the beat falls half a second on, at the 30th frame.
    assert [i for i in range(60) if seeds[i + 1] != seeds[i]] in ([28], [29])
    assert seeds[-1] == 1.0


def test_without_quantise_and_for_what_does_not_wait_it_is_at_once(
    make_engine: MakeEngine,
) -> None:
    engine = make_engine(start=STILL)
    assert press(engine, 0.0, KeyEvent(0.0, "n", True)) and seed(engine) == 1.0
    engine = make_engine(start=STILL | {"quantise": 4.0})
    press(engine, 0.0, OscEvent(0.0, "/seed", (7.0,)), KeyEvent(0.0, "n", True))
    assert press(engine, 0.0, KeyEvent(0.0, "p", True)) and seed(engine) == 0.0
    for _ in range(300):
        press(engine, 0.0)
    assert seed(engine) == 0.0, "panic forgets what waits"


def test_a_binding_has_its_own_waiting(make_engine: MakeEngine) -> None:
    bindings = (
        Binding("note 1", "next_seed", quantise=0.0),
        Binding("note 2", "next_seed", quantise=2.0),
    )
    engine = make_engine(start=STILL | {"quantise": 16.0}, bindings=bindings)
    press(engine, 0.0, MidiEvent(0.0, "a", "note", 1, 1, 1.0))
    assert seed(engine) == 1.0
    press(engine, 0.0, MidiEvent(0.0, "a", "note", 1, 2, 1.0))
    for _ in range(62):
        press(engine, 0.0)
    assert seed(engine) == 2.0


def test_what_waits_comes_when_the_clock_starts() -> None:
    quantiser = Quantiser()
    for i in range(60):
        quantiser.advance(DT_S, 9.0 + i / 60, 120.0)
    quantiser.wait("scene.1", 4.0)
    assert quantiser.due() == []
    quantiser.advance(DT_S, 0.1, 120.0, leapt=True)
    assert quantiser.due() == ["scene.1"] and quantiser.due() == []
    quantiser.wait("scene.1", 4.0)
    quantiser.advance(DT_S, 14.5, 120.0, leapt=True)
    assert quantiser.due() == []


@given(st.lists(st.floats(0.001, 0.1), min_size=20, max_size=200), st.sampled_from([1, 3, 4]))
def test_every_beat_lands_on_one_frame(steps_s: list[float], beats: int) -> None:
    quantiser, beat, landed = Quantiser(), 0.2, 0
    for step_s in steps_s:
        beat += step_s * 2
        quantiser.advance(step_s, beat, 120.0)
        landed += quantiser.lands_on(beats)
    assert landed in (beat // beats, (beat + 0.1) // beats)
