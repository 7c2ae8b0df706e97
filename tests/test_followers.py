"""Followers: exact exponentials, the same at every frame rate."""

import math

import numpy as np
import pytest

from performer.modulators import Modulators
from performer.parameters import INDEX, TABLE
from performer.schema import Modulator

DEFAULTS = np.array([parameter.default for parameter in TABLE])
RATES_HZ = (24, 60, 144)


def sound(bass: float) -> list[float]:
    return [0.0, bass, 0.0, 0.0, 0.0, 0.0]


def follower(**fields: object) -> Modulators:
    fields = {"source": "sound.bass", "parameter": "hue", "depth": 0.5} | fields
    return Modulators([Modulator(**fields)])  # type: ignore[arg-type]


def play(modulators: Modulators, rate_hz: int, seconds: float, bass: float) -> float:
    for _ in range(round(rate_hz * seconds)):
        modulators.advance(0.0, 1 / rate_hz, 0.0, DEFAULTS, sound(bass))
    return float(modulators.waves()[0])


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_attack_and_release_are_exponentials(rate_hz: int) -> None:
    modulators = follower(attack_s=0.5, release_s=0.25)
    risen = 0.8 * (1 - math.exp(-1.0 / 0.5))
    assert play(modulators, rate_hz, 1.0, 0.8) == pytest.approx(risen)
    assert play(modulators, rate_hz, 0.5, 0.0) == pytest.approx(risen * math.exp(-0.5 / 0.25))


@pytest.mark.parametrize(
    ("heard", "gain", "threshold", "given"),
    [
        (0.5, 1.0, 0.0, 0.5),
        (0.5, 3.0, 0.0, 1.0),
        (0.5, 1.0, 0.5, 0.0),
        (0.75, 1.0, 0.5, 0.5),
        (0.75, 0.5, 0.5, 0.25),
        (1.0, 1.0, 0.9, 1.0),
    ],
)
def test_what_is_over_the_threshold_times_the_gain(
    heard: float, gain: float, threshold: float, given: float
) -> None:
    modulators = follower(attack_s=0.0, release_s=0.0, gain=gain, threshold=threshold)
    assert play(modulators, 60, 1 / 60, heard) == pytest.approx(given)


def test_depth_is_a_share_of_the_range() -> None:
    modulators = follower(attack_s=0.0, depth=-0.25)
    play(modulators, 60, 1 / 60, 0.5)
    assert modulators.apply(DEFAULTS)[INDEX["hue"]] == pytest.approx(-45.0)


@pytest.mark.parametrize(
    ("source", "moved", "given"),
    [("psi", 1.2, 0.8), ("hue", -90.0, 0.25), ("mirror", 3.0, 1.0), ("freeze", 1.0, 1.0)],
)
def test_a_parameter_is_followed_as_a_share_of_its_range(
    source: str, moved: float, given: float
) -> None:
    modulators = follower(source=source, parameter="zoom", attack_s=0.0)
    values = DEFAULTS.copy()
    values[INDEX[source]] = moved
    modulators.advance(0.0, 1 / 60, 0.0, values)
    assert modulators.waves()[0] == pytest.approx(given)


@pytest.mark.parametrize(("source", "given"), [("beat", 0.5), ("bar", 0.625)])
def test_the_beat_and_the_bar_are_sources(source: str, given: float) -> None:
    modulators = follower(source=source, attack_s=0.0)
    modulators.advance(0.0, 1 / 60, 6.5)
    assert modulators.waves()[0] == pytest.approx(given)


@pytest.mark.parametrize("rate", [0.0, 0.5, 2.0])
def test_its_rate_makes_its_time_pass_faster(rate: float) -> None:
    modulators = follower(attack_s=0.5)
    values = DEFAULTS.copy()
    values[INDEX["modulation.1.rate"]] = rate
    for _ in range(60):
        modulators.advance(0.0, 1 / 60, 0.0, values, sound(1.0))
    assert modulators.waves()[0] == pytest.approx(1 - math.exp(-rate / 0.5))
