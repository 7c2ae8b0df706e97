"""Going on after an interruption: the same look, from a state that may hold anything."""

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from performer.engine import Engine
from performer.events import OscEvent, RestoreEvent
from performer.parameters import BY_NAME, TABLE
from performer.schema import Cue, Modulator, Scene

MakeEngine = Callable[..., Engine]
DT_S = 1 / 60
MODULATORS = (
    Modulator(shape="sine", parameter="hue", rate_hz=0.3, depth=0.3),
    Modulator(shape="triangle", parameter="brightness", beats=4.0, depth=0.2),
    Modulator(shape="noise", parameter="psi", rate_hz=2.0, depth=0.3, seed=4),
)
PLAYED = {
    "start": {"walk.speed": 1.0, "walk.reach": 0.7, "glide": 0.0},
    "modulators": MODULATORS,
    "scenes": {"1": Scene(values={"contrast": 1.5})},
    "cues": (Cue(scene="1", follow_s=30.0), Cue(values={"zoom": 2.0})),
}


def osc(address: str, *args: float) -> OscEvent:
    return OscEvent(0.0, address, args)


def played(engine: Engine, seconds: float = 3.0) -> float:
    """Play what a hand might; the time at which it has stopped."""
    engine.frame(0.0, 0.0, (osc("/seed", 7), osc("/bpm", 97.0), osc("/cue/go")))
    engine.frame(DT_S, DT_S, (osc("/loop/record", 1), osc("/saturation", 0.4)))
    for i in range(2, round(seconds / DT_S)):
        engine.frame(i * DT_S, DT_S, (osc("/direction/1", 2.0 * math.sin(i / 9)),))
    engine.frame(seconds, DT_S, (osc("/hue", 60.0), osc("/loop/record", 0)))
    return seconds


def test_another_engine_goes_on_with_the_same_pictures(make_engine: MakeEngine) -> None:
    first, second = make_engine(**PLAYED), make_engine(**PLAYED)
    now_s = played(first)
    second.frame(0.0, 0.0, ())  # it was warmed up
    events: tuple[RestoreEvent, ...] = (first.performance.state(now_s),)
    for i in range(1, 120):
        a = first.frame(now_s + i * DT_S, DT_S, ())
        b = second.frame(100.0 + i * DT_S, DT_S, events)
        events = ()
        assert np.abs(a.image.astype(int) - b.image).max() <= 1, i
    np.testing.assert_allclose(first.values, second.values, atol=1e-5)
    assert first.image.std() > 5
    assert first.performance.cues.index == second.performance.cues.index == 0
    assert second.performance.looper.lanes == first.performance.looper.lanes > 0


def test_a_cue_follows_when_it_would_have(make_engine: MakeEngine) -> None:
    first, second = make_engine(**PLAYED), make_engine(**PLAYED)
    now_s = played(first)
    second.frame(0.0, DT_S, (first.performance.state(now_s),))
    for i in range(round((30.0 - now_s + 0.2) / 0.2)):
        second.frame(0.2 * i, 0.2, ())
    assert second.performance.cues.index == 1


def test_a_morph_that_was_under_way_has_arrived(make_engine: MakeEngine) -> None:
    scenes = {"1": Scene(values={"contrast": 2.0, "seed": 5.0}, morph_s=10.0, walk=3.0)}
    first, second = make_engine(scenes=scenes), make_engine(scenes=scenes)
    first.frame(0.0, 0.0, (osc("/scene/1"),))
    first.frame(1.0, 1.0, ())
    assert first.controls.target("contrast") < 1.5
    second.frame(0.0, 0.0, (first.performance.state(1.0),))
    assert second.controls.target("contrast") == 2.0 and second.controls.target("seed") == 5.0


def test_a_frozen_picture_is_that_picture(make_engine: MakeEngine) -> None:
    first, second = make_engine(**PLAYED), make_engine(**PLAYED)
    now_s = played(first)
    given = {0: (osc("/loop/play", 0),), 60: (osc("/freeze", 1),)}
    for i in range(90):
        first.frame(now_s + i * DT_S, DT_S, given.get(i, ()))
    second.frame(0.0, 0.0, ())
    for i in range(3):
        state = (first.performance.state(now_s),) if i == 0 else ()
        image = second.frame(i * DT_S, DT_S, state).image
    assert np.abs(image.astype(int) - first.image).mean() < 3


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(
    st.lists(st.tuples(st.sampled_from([p.name for p in TABLE]), st.floats(), st.floats())),
    st.tuples(*[st.floats()] * 5),
    st.integers(-(2**40), 2**40),
    st.lists(st.floats(), min_size=3, max_size=4),
    st.lists(st.tuples(st.sampled_from(["hue", "bpm", "nothing"]), st.binary(max_size=2048))),
)
def test_whatever_a_state_holds_the_show_goes_on(
    make_engine: MakeEngine,
    values: list[tuple[str, float, float]],
    numbers: tuple[float, ...],
    cue: int,
    turns: list[float],
    loops: list[tuple[str, bytes]],
) -> None:
    engine = make_engine(**PLAYED)
    walk, cue_s, cue_beats, beat, bpm = numbers
    loops.append(("psi", b"\xff" * 1024))
    event = RestoreEvent(
        *(0.0, tuple(values), walk, cue, cue_s, cue_beats, tuple(turns), beat, beat, bpm),
        tuple(loops),
    )
    for number in range(3):
        engine.frame(number * DT_S, DT_S, (event,) if number == 0 else ())
    assert engine.errors == 0
    for parameter, value in zip(TABLE, engine.values, strict=True):
        assert parameter.minimum <= value <= parameter.maximum


def test_what_the_patch_does_not_have_is_left_out(make_engine: MakeEngine) -> None:
    first, second = make_engine(**PLAYED), make_engine(start=PLAYED["start"])
    state = first.performance.state(played(first))
    state = replace(state, values=(*state.values, ("no.such", 1.0, 1.0)))
    second.frame(0.0, DT_S, (state,))
    assert second.errors == 0 and second.performance.cues.index == -1
    assert second.controls.target("hue") == BY_NAME["hue"].clamp(60.0)
