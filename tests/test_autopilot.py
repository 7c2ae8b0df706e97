"""The autopilot: plays when nobody is there, softly, and a touch ends it at once."""

from collections.abc import Callable

import numpy as np
import pytest

from performer.autopilot import FADE_S, Autopilot
from performer.engine import Engine
from performer.events import ClockEvent, Event, KeyEvent, MidiEvent, OscEvent, SoundEvent
from performer.performance import Performance
from performer.schema import Binding, Cue, Scene
from tests.tiny_model import still_patch

DT_S = 1 / 32
NAMES = ("hue", "psi")


class Swinging:
    """Gestures that swing each parameter once in two seconds, the second against the first."""

    names = NAMES

    def __init__(self) -> None:
        self.now_s = 0.0

    def step(self, dt_s: float) -> np.ndarray:
        self.now_s += dt_s
        swing = 0.4 * np.sin(np.pi * self.now_s)
        return np.array([0.5 + swing, 0.5 - swing])


def show(after_s: float = 2.0, **changes: object) -> Performance:
    patch = still_patch(**changes)
    made = Performance(patch, (), None, lambda: 0.0, Swinging())
    made.controls.set("autopilot.after", after_s)
    return made


def run(performance: Performance, seconds: float, *events: Event) -> np.ndarray:
    """The positions of `NAMES`, frame by frame, (frames, 2); events come before the first."""
    for event in events:
        performance.take(event)
    rows = []
    for _ in range(round(seconds / DT_S)):
        performance.advance(0.0, DT_S)
        hue, psi = map(performance.controls.target, NAMES)
        rows.append(((hue + 180) / 360, psi / 1.5))
    return np.array(rows)


def osc(address: str, value: float) -> OscEvent:
    return OscEvent(0.0, address, (value,))


def test_it_begins_after_the_time_and_softly_from_where_things_stand() -> None:
    performance = show()
    trace = run(performance, 20.0, osc("/hue", 90.0))
    assert not np.ptp(trace[: round(2 / DT_S) - 1], axis=0).any()
    assert performance.autopilot.is_playing
    steps = np.abs(np.diff(trace, axis=0)).max(axis=1)
    begin, fade = round(2 / DT_S), round(FADE_S / DT_S)
    assert steps[begin : begin + 16].max() < 0.1 * steps[begin + fade :].max()
    assert trace[begin + fade :].min() == pytest.approx(0.1, abs=0.01)
    assert trace[begin + fade :].max() == pytest.approx(0.9, abs=0.01)


@pytest.mark.parametrize(
    "touch",
    [
        osc("/hue", 30.0),
        osc("/zoom", 2.0),
        osc("/next_seed", 1.0),
        MidiEvent(0.0, "a", "cc", 1, 77, 0.3),
        KeyEvent(0.0, "n", True),
    ],
)
def test_any_touch_ends_it_and_all_stays_where_it_is(touch: Event) -> None:
    performance = show()
    before = run(performance, 15.3)[-1]
    rest = run(performance, 1.9, touch)
    assert not performance.autopilot.is_playing
    assert not np.ptp(rest, axis=0).any()
    moved = touch == osc("/hue", 30.0)
    assert rest[0] == pytest.approx([210 / 360 if moved else before[0], before[1]])
    again = run(performance, 1.0)
    assert performance.autopilot.is_playing
    assert np.abs(again - rest[0]).max() < 0.1
    assert np.ptp(run(performance, 10.0), axis=0).min() > 0.7


@pytest.mark.parametrize(
    "event",
    [
        ClockEvent(0.0, "a", "tick"),
        SoundEvent(0.0, 0.5, 0.5, 0.5, 0.5, 0.5, 0.1),
        osc("/nothing/of/ours", 1.0),
        OscEvent(0.0, "/hue", ("garbage",)),
    ],
)
def test_what_is_no_hand_does_not_end_it(event: Event) -> None:
    performance = show()
    run(performance, 15.0)
    run(performance, DT_S, event)
    assert performance.autopilot.is_playing


def test_it_is_off_without_gestures_when_switched_off_and_while_frozen() -> None:
    performance = show()
    assert not np.ptp(run(performance, 10.0, osc("/autopilot/on", 0.0)), axis=0).any()
    assert np.ptp(run(performance, 10.0, osc("/autopilot/on", 1.0)), axis=0).any()
    assert not np.ptp(run(performance, 10.0, osc("/freeze", 1.0)), axis=0).any()
    bare = Performance(still_patch(), (), None, lambda: 0.0)
    bare.controls.set("autopilot.after", 0.0)
    assert not np.ptp(run(bare, 5.0), axis=0).any()


def test_panic_leaves_it_ready() -> None:
    performance = show(after_s=3.0)
    run(performance, 20.0, osc("/autopilot/on", 1.0))
    rest = run(performance, 2.9, KeyEvent(0.0, "p", True))
    assert rest[-1] == pytest.approx([0.5, 0.8 / 1.5]) and not np.ptp(rest, axis=0).any()
    run(performance, 1.0)
    assert performance.autopilot.is_playing


def test_a_scene_that_a_cue_brings_is_taken_up_without_a_leap() -> None:
    scenes = {"1": Scene(morph_s=1.0, values={"hue": 170.0})}
    cues = (Cue(scene="1", follow_s=12.0), Cue(scene="1"))
    performance = show(scenes=scenes, cues=cues)
    trace = run(performance, 30.0, KeyEvent(0.0, "return", True))
    arrived = round(13 / DT_S)
    assert performance.autopilot.is_playing
    assert trace[arrived : arrived + 8, 0] == pytest.approx(350 / 360, abs=0.02)
    assert np.abs(np.diff(trace, axis=0)).max() < 0.1
    assert np.ptp(trace[-64:], axis=0).min() > 0.7


def test_a_loop_keeps_what_it_moves() -> None:
    performance = show(after_s=1.0)
    run(performance, 2.0, osc("/loop/record", 1.0), osc("/loop/beats", 1.0), osc("/hue", 36.0))
    run(performance, 0.1, osc("/loop/record", 0.0))
    trace = run(performance, 20.0)
    assert set(trace[:, 0]) == {0.6}
    assert np.ptp(trace[-64:, 1]) > 0.7


def test_a_knob_takes_over_where_the_gesture_left_it(make_engine: Callable[..., Engine]) -> None:
    bindings = (Binding(source="cc 1", parameter="hue", takeover="pickup"),)
    performance = show(bindings=bindings)
    left = run(performance, 15.3)[-1, 0]
    far = [MidiEvent(0.0, "a", "cc", 1, 1, value) for value in (1.0, 0.99)]
    assert run(performance, 0.1, *far)[-1, 0] == left
    crossing = [MidiEvent(0.0, "a", "cc", 1, 1, value) for value in (0.5, left, 0.2)]
    assert run(performance, 0.1, *crossing)[-1, 0] == pytest.approx(0.2)


def test_it_sets_only_what_the_gestures_name_and_in_range() -> None:
    class Wild(Swinging):
        def step(self, dt_s: float) -> np.ndarray:
            return np.array([7.0, -7.0])

    autopilot, targets = Autopilot(Wild()), {"hue": 0.0, "psi": 0.5}
    for _ in range(1000):
        moved = autopilot.advance(DT_S, targets.__getitem__, on=True, after_s=0.0)
        assert moved.keys() == targets.keys()
        targets |= moved
    assert targets == {"hue": 180.0, "psi": 0.0}
