"""The looper: gestures come back on the beat, and the hand is stronger."""

from collections.abc import Callable, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from performer.engine import Engine
from performer.events import Event, KeyEvent, MidiEvent, OscEvent
from performer.looper import CELLS, LONGEST_BEATS, Looper, loop_length
from performer.parameters import TABLE
from performer.schema import Binding, Scene

DT_S = 1 / 64  # exact, so that beats are
STILL = {"bpm": 60.0, "freeze": 1.0}  # only the first frame is drawn
MakeEngine = Callable[..., Engine]


def osc(address: str, value: float) -> OscEvent:
    return OscEvent(0.0, address, (value,))


def run(engine: Engine, seconds: float, name: str = "hue", *events: Event) -> list[float]:
    """The parameter's targets, frame by frame, from when the events came."""
    targets = []
    for number in range(round(seconds / DT_S)):
        engine.frame(0.0, DT_S, events if number == 0 else ())
        targets.append(engine.controls.target(name))
    return targets


@pytest.fixture
def engine(make_engine: MakeEngine) -> Engine:
    """At 60 bpm, a beat a second, with loops of four beats; knob 1 turns the hue."""
    return make_engine(
        start=STILL | {"loop.beats": 4.0},
        bindings=(Binding(source="cc 1", parameter="hue", takeover="pickup"),),
        scenes={"1": Scene(morph_s=0.0, values={"hue": -90.0})},
    )


def gesture(engine: Engine) -> None:
    """Two beats of waiting, then 10, and half a beat later 20; recorded from 0 to 4."""
    run(engine, 2.0, "hue", osc("/loop/record", 1.0))
    run(engine, 0.5, "hue", osc("/hue", 10.0))
    run(engine, 1.5, "hue", osc("/hue", 20.0))
    engine.frame(0.0, 0.0, (osc("/loop/record", 0.0),))


def test_a_gesture_comes_back_each_loop_on_its_beat(engine: Engine) -> None:
    gesture(engine)
    for _ in range(3):
        targets = run(engine, 4.0)
        assert targets[: 2 * 64] == [20.0] * 128
        assert targets[128 : 128 + 32] == [10.0] * 32
        assert targets[160:] == [20.0] * 96


@pytest.mark.parametrize("fps", [16, 32, 256])
def test_it_is_the_same_at_every_frame_rate(make_engine: MakeEngine, fps: int) -> None:
    engine = make_engine(start=STILL)

    def seconds(duration: float, *events: Event) -> float:
        for number in range(round(duration * fps)):
            engine.frame(0.0, 1 / fps, events if number == 0 else ())
        return engine.controls.target("hue")

    seconds(1.0, osc("/loop/record", 1.0), osc("/hue", 5.0))
    seconds(1.0, osc("/hue", 50.0))
    seconds(2.0, osc("/hue", 99.0))
    assert seconds(0.5, osc("/loop/record", 0.0)) == 5.0
    assert seconds(1.0) == 50.0
    assert seconds(1.0) == 99.0


def test_the_hand_takes_a_parameter_over_until_play_is_pressed_again(engine: Engine) -> None:
    gesture(engine)
    assert set(run(engine, 4.0, "hue", osc("/hue", 77.0))) == {77.0}
    engine.frame(0.0, 0.0, (KeyEvent(0.0, "i", True),))
    assert set(run(engine, 4.0)) == {77.0}
    assert set(run(engine, 4.0, "hue", KeyEvent(0.0, "i", True))) == {10.0, 20.0}


def test_a_knob_picks_a_moving_parameter_up_only_where_it_is(engine: Engine) -> None:
    gesture(engine)
    cc = [MidiEvent(0.0, "a", "cc", 1, 1, value) for value in (0.9, 0.85, 0.54, 0.56, 0.7)]
    assert set(run(engine, 0.25, "hue", *cc[:2])) == {20.0}
    targets = run(engine, 1.0, "hue", *cc[2:])
    assert targets == pytest.approx([72.0] * 64)


def test_overdub_replaces_what_it_passes_and_leaves_the_rest(engine: Engine) -> None:
    gesture(engine)
    run(engine, 1.0)
    run(engine, 0.25, "hue", osc("/loop/record", 1.0), osc("/hue", 50.0))
    held = run(engine, 0.75)
    assert held[:15] == [50.0] * 15 and held[-1] == 20.0  # let go: the old loop is back
    engine.frame(0.0, 0.0, (osc("/loop/record", 0.0),))
    targets = run(engine, 4.0)
    assert targets.count(10.0) == 32
    assert 30 <= targets.count(50.0) <= 34


def test_a_gesture_over_the_seam_and_longer_than_the_loop(engine: Engine) -> None:
    run(engine, 3.0, "psi", osc("/loop/record", 1.0))
    run(engine, 2.0, "psi", osc("/psi", 0.25))
    run(engine, 3.0, "psi", osc("/psi", 0.5))
    engine.frame(0.0, 0.0, (osc("/loop/record", 0.0),))
    targets = run(engine, 4.0, "psi")  # from the beginning of a loop
    assert targets[:64] == [0.25] * 64 and targets[64:192] == [0.5] * 128


def test_clear_panic_and_scenes(engine: Engine) -> None:
    gesture(engine)
    assert engine.performance.looper.lanes == 1
    run(engine, 0.5, "hue", osc("/scene/1", 1.0))
    assert engine.controls.target("hue") == 20.0  # a loop holds what it moves
    engine.frame(0.0, 0.0, (KeyEvent(0.0, "p", True),))
    assert set(run(engine, 4.0)) == {0.0}
    engine.frame(0.0, 0.0, (osc("/loop/clear", 1.0),))
    assert engine.performance.looper.lanes == 0
    run(engine, 0.1, "hue", osc("/loop/play", 0.0))
    assert set(run(engine, 4.0, "hue", osc("/loop/play", 1.0))) == {0.0}


def test_its_own_parameters_and_toggles_are_not_looped(engine: Engine) -> None:
    events = [osc("/loop/record", 1.0), osc("/loop/beats", 8.0), osc("/bpm", 90.0)]
    run(engine, 1.0, "hue", *events, osc("/record", 1.0), osc("/blackout", 1.0))
    assert engine.performance.looper.lanes == 0


@pytest.mark.parametrize(
    "beats, length", [(1, 1), (1.3, 1), (3, 4), (5, 4), (6, 8), (12, 16), (16, 16), (0, 1)]
)
def test_the_nearest_length(beats: float, length: int) -> None:
    assert loop_length(beats) == length


VALUES = [p for p in TABLE if p.kind == "value"]
BY_DEFAULT = {p.name: p.default for p in VALUES}.__getitem__
STEPS = st.lists(
    st.tuples(
        st.floats(-1e4, 1e6), st.sampled_from(VALUES), st.floats(0, 1), st.booleans(), st.booleans()
    ),
    max_size=60,
)


@given(STEPS)
def test_whatever_the_beat_does_targets_are_ones_that_were_there(steps: list) -> None:
    looper, targets = Looper(), {p.name: {p.default} for p in VALUES}
    current: Mapping[str, float] = {p.name: p.default for p in VALUES}
    for beat, parameter, position, record, play in steps:
        value = parameter.value_at(position)
        targets[parameter.name].add(value)
        current = {**current, parameter.name: value}
        looper.touch(parameter.name)
        moved = looper.advance(beat, current.__getitem__, beats=4.0, record=record, play=play)
        assert all(value in targets[name] for name, value in moved.items())
    assert looper.lanes <= len(VALUES)


def test_a_whole_table_of_the_longest_loops_is_small() -> None:
    looper = Looper()
    for number in range(2000):
        for parameter in VALUES:
            looper.touch(parameter.name)
        looper.advance(number / 50, BY_DEFAULT, beats=LONGEST_BEATS, record=True, play=True)
    size = sum(lane._cells.nbytes for lane in looper._lanes.values())
    assert size == looper.lanes * LONGEST_BEATS * CELLS * 8 < 3_000_000
