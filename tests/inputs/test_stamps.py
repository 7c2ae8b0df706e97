"""When MIDI messages arrived, told from when they were found."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from performer.inputs.stamps import Arrival


def test_messages_found_late_are_dated_back() -> None:
    came = [5.0 + 0.02 * i for i in range(200)]
    rng = random.Random(1)
    arrival, errors_s = Arrival(), []
    for i, at_s in enumerate(came):
        late_s = 0.001 * rng.random() + (0.03 if i % 50 == 49 else 0.0)
        told_s = arrival.time_s(at_s + late_s, 0.02 if i else 0.0)
        errors_s.append(told_s - at_s)
    assert max(errors_s[10:]) < 2e-4 and min(errors_s) >= -1e-9


def test_after_a_pause_the_clocks_are_compared_anew() -> None:
    arrival = Arrival()
    arrival.time_s(1.0, 0.0)
    assert arrival.time_s(101.0, 99.9) == pytest.approx(101.0)


@given(st.lists(st.tuples(st.floats(0.0, 2.0), st.floats(0.0, 0.5)), max_size=80))
def test_times_rise_and_never_lie_in_the_future(gaps: list[tuple[float, float]]) -> None:
    arrival, came_s, found_s, before_s = Arrival(), 3.0, 0.0, 0.0
    for gap_s, late_s in gaps:
        came_s += gap_s
        found_s = max(found_s, came_s + late_s)
        told_s = arrival.time_s(found_s, gap_s)
        assert before_s - 1e-9 <= told_s <= found_s + 1e-9
        before_s = told_s
