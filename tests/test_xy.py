"""The XY pad: bilinear shares, what a corner names, and nothing while it is off."""

import numpy as np
import pytest

from performer.parameters import INDEX, TABLE
from performer.schema import Scene
from performer.xy import XYPad

CORNERS = [
    Scene(values={"hue": -100.0, "mirror": 1.0, "seed": 1.0}),
    Scene(values={"hue": 100.0, "psi": 1.5, "freeze": 1.0}),
    Scene(values={"hue": -100.0, "mirror": 2.0, "bpm": 300.0}),
    Scene(values={"psi": 0.5, "seed": 4.0}, whole=True, walk=2.0),
]
PAD = XYPad(CORNERS)


def table(**changes: float) -> np.ndarray:
    values = np.array([parameter.default for parameter in TABLE])
    for name, value in changes.items():
        values[INDEX[name.replace("__", ".")]] = value
    return values


@pytest.mark.parametrize(
    ("x", "y", "mix", "shares"),
    [
        (0.0, 0.0, 1.0, [1, 0, 0, 0]),
        (1.0, 0.0, 1.0, [0, 1, 0, 0]),
        (0.0, 1.0, 1.0, [0, 0, 1, 0]),
        (1.0, 1.0, 1.0, [0, 0, 0, 1]),
        (0.5, 0.5, 1.0, [0.25] * 4),
        (0.5, 0.0, 0.5, [0.25, 0.25, 0, 0]),
        (0.3, 0.7, 0.0, [0, 0, 0, 0]),
    ],
)
def test_shares(x: float, y: float, mix: float, shares: list[float]) -> None:
    assert PAD.shares(table(xy__x=x, xy__y=y, xy__mix=mix)).tolist() == pytest.approx(shares)


def blended(**changes: float) -> dict[str, float]:
    values = table(**changes)
    moved = PAD.apply(values, PAD.shares(values))
    return {parameter.name: float(moved[i]) for i, parameter in enumerate(TABLE)}


def test_values_are_mixed_and_what_a_corner_does_not_name_stays() -> None:
    assert blended(xy__x=0.5, xy__y=0.0, xy__mix=1.0)["hue"] == 0.0
    assert blended(xy__x=1.0, xy__y=0.0, xy__mix=0.5, hue=0.0)["hue"] == 50.0
    assert blended(xy__x=0.0, xy__y=0.0, xy__mix=1.0, psi=0.3)["psi"] == 0.3
    assert blended(xy__x=1.0, xy__y=1.0, xy__mix=1.0, hue=90.0)["hue"] == 0.0, "a whole scene"


def test_steps_are_the_strongest_corners_and_toggles_tempo_and_seeds_stay() -> None:
    left = blended(xy__x=0.2, xy__y=0.4, xy__mix=1.0)
    assert left["mirror"] == 1.0 and left["freeze"] == 0.0
    assert left["seed"] == 0.0 and left["bpm"] == 120.0
    assert blended(xy__x=0.2, xy__y=0.6, xy__mix=1.0)["mirror"] == 2.0
    assert blended(xy__x=0.2, xy__y=0.6, xy__mix=0.3)["mirror"] == 0.0


def test_pictures_of_the_corners_that_take_part() -> None:
    shares = PAD.shares(table(xy__x=1.0, xy__y=0.75, xy__mix=1.0))
    second, fourth = PAD.corners(shares)
    assert (second.share, dict(second.pictures), second.walk) == (0.25, {}, None)
    assert (fourth.share, fourth.pictures["seed"], fourth.walk) == (0.75, 4.0, 2.0)
    assert fourth.pictures.keys() == {"seed", "seed_b", "style.seed", "class"}
    assert PAD.strongest(shares)["seed"] == 4.0
    assert PAD.strongest(shares * 0.4) == {}


def test_no_pad_is_nothing() -> None:
    pad = XYPad([])
    shares = pad.shares(table(xy__mix=1.0))
    assert not shares.any() and pad.corners(shares) == () and pad.strongest(shares) == {}
