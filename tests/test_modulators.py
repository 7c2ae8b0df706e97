"""Modulators: shapes, ranges, phases that never jump, and one walk at every frame rate."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from performer.modulators import MAXIMA, MINIMA, Modulators, noise, wave
from performer.parameters import INDEX, TABLE
from performer.schema import Modulator, Shape

DEFAULTS = np.array([parameter.default for parameter in TABLE])
SHAPES = ["sine", "triangle", "saw", "square", "noise"]
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
    assert wave(shape, np.array([0.0, 0.25, 0.5, 0.75])) == pytest.approx(expected, abs=1e-12)


@given(SPECS, st.lists(st.floats(0.0, 1.0), max_size=5))
def test_values_stay_finite_and_in_range(specs: list[Modulator], steps: list[float]) -> None:
    modulators = Modulators(specs)
    for dt_s in steps:
        modulators.advance(dt_s, 0.0)
    moved = modulators.apply(DEFAULTS)
    assert np.all((moved >= MINIMA) & (moved <= MAXIMA))
    assert all(parameter.clamp(v) == v for parameter, v in zip(TABLE, moved, strict=True))
    assert np.all(np.abs(modulators.waves()) <= 1.0)


@pytest.mark.parametrize("shape", SHAPES)
def test_every_frame_rate_draws_the_same(shape) -> None:
    spec = Modulator(shape, "hue", rate_hz=0.37, depth=0.3, phase=0.1, seed=5)
    slow, fast = Modulators([spec]), Modulators([spec])
    for _ in range(24):
        slow.advance(1 / 24, 0.0)
    for _ in range(144):
        fast.advance(1 / 144, 0.0)
    assert slow.apply(DEFAULTS) == pytest.approx(fast.apply(DEFAULTS), abs=1e-9)


def test_depth_is_a_share_of_the_range_around_the_value() -> None:
    modulators = Modulators([Modulator("square", "hue", rate_hz=1.0, depth=0.25)])
    values = DEFAULTS.copy()
    assert modulators.apply(values)[INDEX["hue"]] == 90.0
    assert np.array_equal(values, DEFAULTS)


def test_two_modulators_of_one_parameter_add_up() -> None:
    spec = Modulator("square", "direction.1", rate_hz=1.0, depth=0.1)
    assert Modulators([spec, spec]).apply(DEFAULTS)[INDEX["direction.1"]] == pytest.approx(2.0)


def test_a_new_rate_never_jumps() -> None:
    modulators = Modulators([Modulator("sine", "hue", rate_hz=0.3, depth=0.5)])
    modulators.advance(7.7, 0.0)
    before = modulators.apply(DEFAULTS)
    modulators.replace([Modulator("sine", "hue", rate_hz=5.0, depth=0.5)])
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
    modulators.advance(1.0, 0.0)
    assert np.array_equal(modulators.apply(DEFAULTS), DEFAULTS)


def in_time(shape: Shape, beats: float, **rest: float) -> Modulators:
    return Modulators([Modulator(shape, "hue", depth=0.5, beats=beats, **rest)])  # type: ignore[arg-type]


@pytest.mark.parametrize("beat", [0.0, 1.0, 5.5, 1000.25])
def test_a_phase_in_beats_is_the_musics(beat: float) -> None:
    modulators = in_time("saw", 4.0, phase=0.1)
    modulators.advance(1 / 60, beat)
    assert modulators.waves() == pytest.approx(wave("saw", np.array([0.1 + beat / 4])))


@pytest.mark.parametrize("shape", ["sine", "triangle", "saw", "noise"])
def test_a_leap_of_the_beat_is_a_glide_of_what_it_moves(shape: Shape) -> None:
    modulators, there = in_time(shape, 8.0), in_time(shape, 8.0)
    modulators.advance(1 / 60, 13.7)
    before = modulators.waves()
    modulators.expect_leap()
    modulators.advance(1 / 60, -0.4)
    assert modulators.waves() == pytest.approx(before, abs=0.02)
    for i in range(60):
        modulators.advance(1 / 60, i / 30)
    there.advance(1 / 60, 59 / 30)
    assert modulators.waves() == pytest.approx(there.waves(), abs=1e-3)


def test_another_length_in_beats_glides_there() -> None:
    modulators = in_time("sine", 8.0)
    modulators.advance(1 / 60, 13.7)
    before = modulators.waves()
    modulators.replace([Modulator("sine", "hue", depth=0.5, beats=4.0)])
    assert modulators.waves() == pytest.approx(before)
    for _ in range(60):
        modulators.advance(1 / 60, 13.7)
    assert modulators.waves() == pytest.approx(wave("sine", np.array([13.7 / 4])), abs=1e-3)
