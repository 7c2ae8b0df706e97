"""Corner pin and edge blend as numbers: perspective keeps lines straight, light adds up to one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from performer.outputs.blending import blend_mask
from performer.outputs.fit import fitted, mirrored, whole_of
from performer.outputs.layout import STRAIGHT, Blend, is_convex
from performer.outputs.warp import CELLS, mesh, perspective

SQUARE = np.array(STRAIGHT).T
near = st.floats(0.0, 0.3, allow_nan=False)
far = st.floats(0.7, 1.0, allow_nan=False)
CORNERS = st.tuples(
    st.tuples(near, near), st.tuples(far, near), st.tuples(far, far), st.tuples(near, far)
).filter(is_convex)


@given(CORNERS)
def test_the_corners_go_where_they_are_asked_to(corners) -> None:
    x, y, w = perspective(corners) @ np.vstack([SQUARE, np.ones(4)])
    assert np.allclose(np.stack([x / w, y / w], 1), corners, atol=1e-9)
    assert (w > 0).all(), "nothing is turned through infinity"


@given(CORNERS)
def test_what_is_straight_stays_straight(corners) -> None:
    places = mesh(corners, (1, 1)).places.reshape(CELLS + 1, CELLS + 1, 2).astype(float)
    for line in (places[7], places[:, 30], places[np.arange(CELLS + 1), np.arange(CELLS + 1)]):
        along = line[-1] - line[0]
        off = np.cross(np.column_stack([along[None].repeat(len(line), 0), np.zeros(len(line))]),
                       np.column_stack([line - line[0], np.zeros(len(line))]))[:, 2]  # fmt: skip
        assert abs(off).max() < 1e-5


def test_straight_corners_change_nothing() -> None:
    made = mesh(STRAIGHT, (640, 360))
    assert np.allclose(made.places, made.texture * [640, 360], atol=1e-3)
    assert made.indices.max() == len(made.places) - 1
    assert len(made.indices) == 6 * CELLS**2


@pytest.mark.parametrize("gamma", [1.0, 2.2, 2.6])
def test_the_light_of_two_edges_adds_up(gamma: float) -> None:
    left = blend_mask(Blend(right=0.25, gamma=gamma), (800, 2))
    right = blend_mask(Blend(left=0.25, gamma=gamma), (800, 2))
    light = [(1.0 - mask[0] / 255.0) ** gamma for mask in (left[:, 600:], right[:, :200])]
    assert np.allclose(light[0] + light[1], 1.0, atol=0.012), "but for the 8 bits of the mask"
    assert not left[:, :600].any() and not right[:, 200:].any()


def test_every_edge_is_dark_outside() -> None:
    mask = blend_mask(Blend(0.3, 0.3, 0.3, 0.3), (100, 60)).astype(int)
    assert mask.shape == (60, 100)
    assert mask[30, 50] == 0 and mask[30, 0] > 200 and mask[30, -1] > 200
    assert mask[0, 50] > 200 and mask[-1, 50] > 200
    assert (np.diff(mask[30, :50]) <= 0).all() and (mask == mask[::-1, ::-1]).all()


def test_the_whole_is_laid_so_that_its_part_fills_the_area() -> None:
    area = fitted((0.5 * 256, 144), (1000, 900), "stretch")
    assert area == (0, 0, 1000, 900)
    assert whole_of(area, (0.5, 0.0, 1.0, 1.0)) == (-1000, 0, 2000, 900)
    assert mirrored((0.0, 0.1, 0.25, 1.0), True, False) == (0.75, 0.1, 1.0, 1.0)
    assert mirrored((0.0, 0.0, 0.25, 0.5), False, True) == (0.0, 0.5, 0.25, 1.0)
