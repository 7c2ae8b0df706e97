"""The parameter table is consistent, and positions and values are inverse."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from performer.parameter import Curve, shape, unshape
from performer.parameters import BY_ADDRESS, BY_NAME, INDEX, TABLE

CURVES: list[Curve] = ["linear", "square", "root", "smooth"]
POSITIONS = st.floats(0.0, 1.0)


def test_names_addresses_and_keys_are_unique() -> None:
    keys = [parameter.key for parameter in TABLE if parameter.key]
    assert len(BY_NAME) == len(BY_ADDRESS) == len(INDEX) == len(TABLE)
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize("parameter", TABLE, ids=lambda parameter: parameter.name)
def test_each_row_makes_sense(parameter) -> None:
    assert parameter.minimum < parameter.maximum
    assert parameter.clamp(parameter.default) == parameter.default
    assert parameter.slew_s >= 0.0
    assert parameter.help.endswith(".")
    assert not parameter.step or parameter.slew_s == 0.0


@pytest.mark.parametrize("curve", CURVES)
@given(position=POSITIONS)
def test_unshape_inverts_shape(curve: Curve, position: float) -> None:
    assert unshape(curve, shape(curve, position)) == pytest.approx(position, abs=1e-6)
    assert (shape(curve, 0.0), shape(curve, 1.0)) == (0.0, 1.0)


@given(st.sampled_from(TABLE), POSITIONS)
def test_value_at_inverts_position_of(parameter, position: float) -> None:
    value = parameter.value_at(position)
    assert parameter.minimum <= value <= parameter.maximum
    assert parameter.value_at(parameter.position_of(value)) == pytest.approx(value, abs=1e-5)


@given(st.sampled_from(TABLE), st.floats(allow_nan=False, allow_infinity=False))
def test_clamp_stays_inside_and_is_idempotent(parameter, value: float) -> None:
    clamped = parameter.clamp(value)
    assert parameter.minimum <= clamped <= parameter.maximum
    assert parameter.clamp(clamped) == clamped
    assert math.isfinite(clamped)
