"""Endless encoders: what each encoding tells, how far it goes, and that it stays in range."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from performer.control import Control
from performer.inputs.midi_messages import normalise_7bit
from performer.parameters import BY_NAME
from performer.relative import ENCODINGS, GAIN, LARGEST, STEP, gain, raw_7bit, steps
from performer.schema import Binding


def test_the_byte_comes_back() -> None:
    assert [raw_7bit(normalise_7bit(raw)) for raw in range(128)] == list(range(128))


@pytest.mark.parametrize(
    ("encoding", "up", "down", "fast"),
    [
        ("twos", 1, 127, (5, 123)),
        ("offset", 65, 63, (69, 59)),
        ("offset16", 17, 15, (21, 11)),
        ("signed", 1, 65, (5, 69)),
        ("signed2", 65, 1, (69, 5)),
    ],
)
def test_each_encoding(encoding, up: int, down: int, fast: tuple[int, int]) -> None:
    assert [steps(encoding, raw) for raw in (up, down, *fast)] == [1, -1, 5, -5]


@given(st.sampled_from(ENCODINGS), st.integers(0, 127))
def test_no_byte_tells_more_than_a_few_steps(encoding, raw: int) -> None:
    assert abs(steps(encoding, raw)) <= LARGEST


def test_fast_steps_count_more_but_never_much() -> None:
    assert [gain(s) for s in (-1.0, 0.0, 0.0001, 0.025, 0.05, 9.0)] == [1, 1, GAIN, 2, 1, 1]


def turned(control: Control, raws: list[int], target: float, pause_s: float = 1.0) -> float:
    for i, raw in enumerate(raws):
        target = control.turn("twos", normalise_7bit(raw), i * pause_s, target)
    return target


def test_a_turn_moves_the_target_from_where_it_is() -> None:
    control = Control(Binding("cc 1", "psi", relative="twos"))
    assert turned(control, [1], 0.75) == pytest.approx(0.75 + 1.5 * STEP)
    assert turned(control, [127, 127], 0.3) == pytest.approx(0.3 - 3.0 * STEP)


def test_it_stops_at_the_ends_and_comes_back_at_once() -> None:
    control = Control(Binding("cc 1", "psi", range=(1.0, 0.5), relative="twos"))
    assert turned(control, [8] * 200, 0.9) == 0.5
    assert turned(control, [127], 0.5) > 0.5


def test_a_parameter_of_steps_goes_one_by_one() -> None:
    control = Control(Binding("cc 1", "mirror", relative="twos"))
    assert [turned(control, [1] * n, 0.0, pause_s=0.001) for n in (1, 2, 5)] == [1.0, 2.0, 3.0]


@given(st.lists(st.integers(0, 127), max_size=40), st.sampled_from(["psi", "hue", "walk.speed"]))
def test_any_turning_stays_in_range(raws: list[int], name: str) -> None:
    row = BY_NAME[name]
    control = Control(Binding("cc 1", name, relative="twos"))
    assert row.minimum <= turned(control, raws, row.default, pause_s=0.01) <= row.maximum
