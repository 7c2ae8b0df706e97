"""The ear: the newest of all, the strongest onset, and silence when nothing comes any more."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from performer.ear import HEARD, Ear
from performer.events import SoundEvent


def heard(time_s: float, bass: float = 0.0, onset: float = 0.0) -> SoundEvent:
    return SoundEvent(time_s, 0.5, bass, 0.1, 0.2, 0.3, onset)


def test_the_newest_and_the_strongest_onset_since_the_last_look() -> None:
    ear = Ear()
    assert ear.look(0.0) is None
    for event in (heard(0.0, 0.9), heard(0.01, 0.8, 0.7), heard(0.02, 0.6, 0.2)):
        ear.take(event)
    assert ear.look(0.02) == [0.5, 0.6, 0.1, 0.2, 0.3, 0.7]
    assert ear.look(0.03) == [0.5, 0.6, 0.1, 0.2, 0.3, 0.0]


def test_a_device_that_tells_nothing_is_silent() -> None:
    ear = Ear()
    ear.take(heard(1.0, 0.9))
    assert ear.look(1.4) is not None and len(ear.meters(1.4)) == len(HEARD)
    assert ear.look(1.6) is None and ear.meters(1.6) == ()


def test_the_eye_sees_an_onset_fade_and_takes_nothing_away() -> None:
    ear = Ear()
    ear.take(heard(0.0, onset=0.8))
    assert ear.meters(0.0)[-1] == 0.8
    assert ear.meters(0.2)[-1] == pytest.approx(0.8 / math.e)
    look = ear.look(0.2)
    assert look is not None and look[-1] == 0.8


@given(st.lists(st.floats(), min_size=6, max_size=6))
def test_whatever_comes_is_a_number_from_0_to_1(values: list[float]) -> None:
    ear = Ear()
    ear.take(SoundEvent(0.0, *values))
    assert all(0.0 <= value <= 1.0 for value in (*(ear.look(0.0) or ()), *ear.meters(0.0)))
