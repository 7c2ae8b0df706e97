"""Modulators: shapes, ranges, phases that never jump, and one walk at every frame rate."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from performer.modulators import MAXIMA, MINIMA, Modulators
from performer.parameters import INDEX, TABLE
from performer.schema import Modulator, Shape
from performer.waves import noise, periodic, steps

DEFAULTS = np.array([parameter.default for parameter in TABLE])
SHAPES = ["sine", "triangle", "saw", "square", "noise", "steps"]
VALUES = [parameter.name for parameter in TABLE if parameter.kind == "value"]

SPECS = st.lists(
    st.builds(
        Modulator,
        shape=st.sampled_from(SHAPES),
        parameter=st.sampled_from(VALUES),
        rate_hz=st.floats(0.0, 50.0),
        depth=st.floats(-1.0, 1.0),
        phase=st.floats(0.0, 1.0),
        seed=st.integers(0, 2**31 - 1),
    ),
    max_size=8,
)


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ("sine", [0, 1, 0, -1]),
        ("triangle", [0, 1, 0, -1]),
        ("saw", [0, 0.5, -1, -0.5]),
        ("square", [1, 1, -1, -1]),
    ],
)
def test_wave_at_each_quarter(shape: str, expected: list[float]) -> None:
    assert periodic(shape, np.array([0.0, 0.25, 0.5, 0.75])) == pytest.approx(expected, abs=1e-12)


@given(SPECS, st.lists(st.floats(0.0, 1.0), max_size=5))
def test_values_stay_finite_and_in_range(specs: list[Modulator], steps: list[float]) -> None:
    modulators = Modulators(specs)
    for dt_s in steps:
        modulators.advance(0.0, dt_s, 0.0)
    moved = modulators.apply(DEFAULTS)
    assert np.all((moved >= MINIMA) & (moved <= MAXIMA))
    assert all(parameter.clamp(v) == v for parameter, v in zip(TABLE, moved, strict=True))
    assert np.all(np.abs(modulators.waves()) <= 1.0)


@pytest.mark.parametrize("shape", SHAPES)
def test_every_frame_rate_draws_the_same(shape) -> None:
    spec = Modulator(shape=shape, parameter="hue", rate_hz=0.37, depth=0.3, phase=0.1, seed=5)
    slow, fast = Modulators([spec]), Modulators([spec])
    for _ in range(24):
        slow.advance(0.0, 1 / 24, 0.0)
    for _ in range(144):
        fast.advance(0.0, 1 / 144, 0.0)
    assert slow.apply(DEFAULTS) == pytest.approx(fast.apply(DEFAULTS), abs=1e-9)


def test_depth_is_a_share_of_the_range_around_the_value() -> None:
    modulators = Modulators([Modulator(shape="square", parameter="hue", rate_hz=1.0, depth=0.25)])
    values = DEFAULTS.copy()
    assert modulators.apply(values)[INDEX["hue"]] == 90.0
    assert np.array_equal(values, DEFAULTS)


def test_two_modulators_of_one_parameter_add_up() -> None:
    spec = Modulator(shape="square", parameter="direction.1", rate_hz=1.0, depth=0.1)
    assert Modulators([spec, spec]).apply(DEFAULTS)[INDEX["direction.1"]] == pytest.approx(2.0)


def test_a_new_rate_never_jumps() -> None:
    modulators = Modulators([Modulator(shape="sine", parameter="hue", rate_hz=0.3, depth=0.5)])
    modulators.advance(0.0, 7.7, 0.0)
    before = modulators.apply(DEFAULTS)
    modulators.replace([Modulator(shape="sine", parameter="hue", rate_hz=5.0, depth=0.5)])
    assert np.array_equal(modulators.apply(DEFAULTS), before)


def test_noise_is_smooth_wide_and_its_seeds_differ() -> None:
    turns = np.linspace(0.0, 200.0, 200_001)
    walk = noise(turns, np.full(len(turns), 3, np.uint64))
    other = noise(turns, np.full(len(turns), 4, np.uint64))
    slope = np.diff(walk) / 0.001
    assert np.abs(walk).max() <= 1.0
    assert walk.min() < -0.8 < 0.8 < walk.max()
    # Two steps of 2 apart, joined by smoothstep: slope at most 3, its change at most 12 per turn.
    assert np.abs(slope).max() <= 3.0 + 1e-6
    assert np.abs(np.diff(slope)).max() <= 0.013
    assert abs(np.corrcoef(walk, other)[0, 1]) < 0.3


def test_no_modulators_change_nothing() -> None:
    modulators = Modulators([])
    modulators.advance(0.0, 1.0, 0.0)
    assert np.array_equal(modulators.apply(DEFAULTS), DEFAULTS)


def in_time(shape: Shape, beats: float, **rest: float) -> Modulators:
    return Modulators([Modulator(shape=shape, parameter="hue", depth=0.5, beats=beats, **rest)])  # type: ignore[arg-type]


@pytest.mark.parametrize("beat", [0.0, 1.0, 5.5, 1000.25])
def test_a_phase_in_beats_is_the_musics(beat: float) -> None:
    modulators = in_time("saw", 4.0, phase=0.1)
    modulators.advance(0.0, 1 / 60, beat)
    assert modulators.waves() == pytest.approx(periodic("saw", np.array([0.1 + beat / 4])))


@pytest.mark.parametrize("shape", ["sine", "triangle", "saw", "noise"])
def test_a_leap_of_the_beat_is_a_glide_of_what_it_moves(shape: Shape) -> None:
    modulators, there = in_time(shape, 8.0), in_time(shape, 8.0)
    modulators.advance(0.0, 1 / 60, 13.7)
    before = modulators.waves()
    modulators.expect_leap()
    modulators.advance(0.0, 1 / 60, -0.4)
    assert modulators.waves() == pytest.approx(before, abs=0.02)
    for i in range(60):
        modulators.advance(0.0, 1 / 60, i / 30)
    there.advance(0.0, 1 / 60, 59 / 30)
    assert modulators.waves() == pytest.approx(there.waves(), abs=1e-3)


def test_another_length_in_beats_glides_there() -> None:
    modulators = in_time("sine", 8.0)
    modulators.advance(0.0, 1 / 60, 13.7)
    before = modulators.waves()
    modulators.replace([Modulator(shape="sine", parameter="hue", depth=0.5, beats=4.0)])
    assert modulators.waves() == pytest.approx(before)
    for _ in range(60):
        modulators.advance(0.0, 1 / 60, 13.7)
    assert modulators.waves() == pytest.approx(periodic("sine", np.array([13.7 / 4])), abs=1e-3)


FOLLOWER = Modulator(source="sound.bass", parameter="zoom", depth=0.2, release_s=9.0)
ENVELOPE = Modulator(trigger="next_seed", parameter="brightness", depth=0.2, hold_s=9.0)
FORMULA = Modulator(expression="psi / 2", parameter="contrast", depth=0.2)
LFO = Modulator(shape="sine", parameter="hue", depth=0.3, rate_hz=0.3)
LOUD = [1.0] * 6


@pytest.mark.parametrize("seed", [0, 1])
def test_steps_are_held_and_seeded(seed: int) -> None:
    seeds = np.full(1000, seed, np.uint64)
    held = steps(np.arange(1000) / 10, seeds).reshape(100, 10)
    assert np.all(held == held[:, :1])
    assert held.min() < -0.8 < 0.8 < held.max() and abs(held.mean()) < 0.2
    assert np.any(held.ravel() != steps(np.arange(1000) / 10, seeds + np.uint64(1)))


def test_what_is_inserted_above_disturbs_nothing() -> None:
    specs = [LFO, FOLLOWER, ENVELOPE, FORMULA]
    modulators = Modulators(specs)
    modulators.hear("next_seed", 0.0)
    for i in range(100):
        modulators.advance(i / 60, 1 / 60, i / 30, DEFAULTS, LOUD)
    before, moved = modulators.waves(), modulators.apply(DEFAULTS)
    kept = modulators.replace(
        [Modulator(shape="noise", parameter="psi", depth=0.1, beats=3), *specs]
    )
    assert kept == {1: 0, 2: 1, 3: 2, 4: 3}
    assert modulators.waves()[1:] == pytest.approx(before)
    assert np.delete(modulators.apply(DEFAULTS), INDEX["psi"]) == pytest.approx(
        np.delete(moved, INDEX["psi"])
    )
    modulators.advance(100 / 60, 1 / 60, 100 / 30, DEFAULTS, LOUD)
    assert modulators.waves()[1:] == pytest.approx(before, abs=0.05)


def test_a_name_is_known_again_whatever_else_changes() -> None:
    named = Modulator(name="sway", shape="saw", parameter="hue", depth=0.3, rate_hz=0.1)
    modulators = Modulators([LFO, named])
    modulators.advance(0.0, 2.0, 0.0)
    elsewhere = Modulator(name="sway", shape="saw", parameter="zoom", depth=0.1, rate_hz=0.2)
    assert modulators.replace([elsewhere]) == {0: 1}
    assert modulators.waves() == pytest.approx([0.4])


@pytest.mark.parametrize(
    ("factor", "value", "degrees"),
    [("amount", 0.5, 45.0), ("amount", 0.0, 0.0), ("1.depth", 1.5, 135.0), ("2.depth", 0.0, 90.0)],
)
def test_depths_are_parameters(factor: str, value: float, degrees: float) -> None:
    modulators = Modulators([Modulator(shape="square", parameter="hue", rate_hz=0.1, depth=0.25)])
    values = DEFAULTS.copy()
    values[INDEX[f"modulation.{factor}"]] = value
    modulators.advance(0.0, 1 / 60, 0.0, values)
    assert modulators.apply(values)[INDEX["hue"]] == pytest.approx(degrees)


@pytest.mark.parametrize(("rate", "turns"), [(0.0, 0.0), (0.5, 0.15), (1.0, 0.3), (3.0, 0.9)])
def test_the_rate_of_a_shape_is_a_parameter(rate: float, turns: float) -> None:
    modulators = Modulators([LFO])
    values = DEFAULTS.copy()
    values[INDEX["modulation.1.rate"]] = rate
    for _ in range(60):
        modulators.advance(0.0, 1 / 60, 0.0, values)
    assert modulators.waves() == pytest.approx(periodic("sine", np.array([turns])))


@pytest.mark.parametrize(("rate", "pace"), [(0.0, 0.25), (0.6, 0.5), (1.2, 1.0), (1.9, 2.0)])
def test_in_beats_the_rate_goes_in_halves_and_doubles_and_glides(rate: float, pace: float) -> None:
    modulators = in_time("sine", 8.0)
    modulators.advance(0.0, 1 / 60, 13.7)
    before = modulators.waves()
    values = DEFAULTS.copy()
    values[INDEX["modulation.1.rate"]] = rate
    modulators.advance(0.0, 1 / 60, 13.7, values)
    assert modulators.waves() == pytest.approx(before, abs=0.2)
    for _ in range(90):
        modulators.advance(0.0, 1 / 60, 13.7, values)
    there = periodic("sine", np.array([13.7 / 8 * pace]))
    assert modulators.waves() == pytest.approx(there, abs=1e-3)


def frames(modulators: Modulators, count: int, values: np.ndarray = DEFAULTS) -> np.ndarray:
    """What so many frames of a second each move the values to."""
    for i in range(count):
        modulators.advance(float(i), 1.0, 0.0, values, LOUD)
        moved = modulators.apply(values)
        modulators.settle(values, moved)
    return moved


def test_one_reads_what_another_gave_in_the_last_frame() -> None:
    first = Modulator(name="one", source="sound.level", parameter="psi", depth=0.1, attack_s=0.0)
    second = Modulator(expression="modulation.one / 2", parameter="hue", depth=0.5)
    third = Modulator(expression="(psi - 0.8) * 2", parameter="zoom", depth=1.0)
    modulators = Modulators([third, second, first])
    assert frames(modulators, 1)[INDEX["hue"]] == 0.0
    moved = frames(modulators, 1)
    assert moved[INDEX["hue"]] == pytest.approx(90.0)
    assert moved[INDEX["zoom"]] == pytest.approx(1.0 + 0.3 * 3.0)


def test_one_that_reads_itself_ends_nowhere_but_in_its_range() -> None:
    itself = Modulator(expression="modulation[1] + 0.3", parameter="hue", depth=1.0)
    own_depth = Modulator(expression="modulation[2].depth", parameter="modulation.2.depth", depth=1)
    moved = frames(Modulators([itself, own_depth]), 50)
    assert moved[INDEX["hue"]] == 180.0 and moved[INDEX["modulation.2.depth"]] == 2.0


def test_an_expression_of_what_a_hand_moves_is_of_this_frame() -> None:
    values = DEFAULTS.copy()
    values[INDEX["psi"]] = 1.0
    assert frames(Modulators([FORMULA]), 1, values)[INDEX["contrast"]] == pytest.approx(1.3)


def test_a_depth_goes_by_the_modulators_name() -> None:
    sway = Modulator(name="sway", shape="square", parameter="hue", depth=0.25, rate_hz=0.0)
    deeper = Modulator(
        source="sound.level", parameter="modulation.sway.depth", depth=0.5, attack_s=0
    )
    assert frames(Modulators([deeper, sway]), 2)[INDEX["hue"]] == pytest.approx(180.0)


def test_what_moves_what_is_told_in_words() -> None:
    named = Modulator(name="sway", shape="saw", parameter="zoom", depth=-0.1, beats=4.0)
    modulators = Modulators([LFO, FOLLOWER, ENVELOPE, FORMULA, named])
    values = DEFAULTS.copy()
    values[INDEX["modulation.amount"]] = 2.0
    modulators.advance(0.0, 1 / 60, 1.0, values)
    told = [(motion.source, motion.parameter, motion.depth) for motion in modulators.motions()]
    assert told == [
        ("sine 0.3 Hz", "hue", pytest.approx(0.6)),
        ("sound.bass", "zoom", pytest.approx(0.4)),
        ("next_seed", "brightness", pytest.approx(0.4)),
        ("psi / 2", "contrast", pytest.approx(0.4)),
        ("sway: saw 4 beats", "zoom", pytest.approx(-0.2)),
    ]
    assert modulators.motions()[4].output == pytest.approx(0.5)


ANYTHING = st.sampled_from(
    [
        "sound.bass * 9", "psi / (psi - psi)", "modulation[1] + modulation[2]",
        "turn(beat) * 1e300", "hue * hue", "modulation[1].depth * seed", "bar % 0.3",
        "-modulation.amount",
    ]
)  # fmt: skip
KINDS = st.one_of(
    st.fixed_dictionaries({"shape": st.sampled_from(SHAPES), "beats": st.floats(0.0625, 64.0)}),
    st.fixed_dictionaries(
        {
            "source": st.sampled_from(["sound.onset", "beat", "hue", "modulation.1"]),
            "gain": st.floats(0.0, 100.0),
            "attack_s": st.floats(0.0, 9.0),
        }
    ),
    st.fixed_dictionaries(
        {"trigger": st.sampled_from(["beat", "scene"]), "decay_s": st.floats(0.0, 9.0)}
    ),
    st.fixed_dictionaries({"expression": ANYTHING}),
)
ALL_KINDS = st.lists(
    st.builds(
        lambda kind, parameter, depth: Modulator(parameter=parameter, depth=depth, **kind),
        KINDS,
        st.sampled_from(VALUES),
        st.floats(-1.0, 1.0),
    ),
    min_size=2,
    max_size=8,
)
MOMENTS = st.lists(
    st.tuples(st.floats(0.0, 0.25), st.floats(-1e6, 1e6), st.booleans(), st.floats(0.0, 1.0)),
    max_size=8,
)


@given(ALL_KINDS, ALL_KINDS, MOMENTS)
def test_whatever_comes_all_stays_in_range(
    specs: list[Modulator], others: list[Modulator], moments: list[tuple[float, float, bool, float]]
) -> None:
    modulators, now_s, values = Modulators(specs), 0.0, DEFAULTS
    for dt_s, beat, strikes, loud in moments:
        now_s += dt_s
        if strikes:
            modulators.hear("scene.1", now_s)
            modulators.expect_leap()
            specs, others = others, specs
            modulators.replace(specs)
        values = np.clip(values + loud, MINIMA, MAXIMA)
        modulators.advance(now_s, dt_s, beat, values, [loud] * 6)
        moved = modulators.apply(values)
        modulators.settle(values, moved)
        assert np.all((moved >= MINIMA) & (moved <= MAXIMA))
        assert np.all(np.abs(modulators.waves()) <= 1.0)
        assert all(math.isfinite(motion.depth) for motion in modulators.motions())
