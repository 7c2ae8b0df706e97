"""Kinship: snapshots of a run and what was trained on from them, but no strangers."""

import pytest
import torch
from tiny import CANVAS, generator, kin

from models.canvas import canvas_of
from models.kinship import are_kin
from models.networks import Widths


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_what_came_from_the_same_weights_is_kin(share: float) -> None:
    assert are_kin(kin(0.0), kin(share)) and are_kin(kin(share), kin(0.0))


@pytest.mark.parametrize("canvas", [CANVAS, canvas_of(16, 32)], ids=str)
@pytest.mark.parametrize("seed", range(1, 6))
def test_strangers_of_equal_shapes_are_not(seed: int, canvas: object) -> None:
    wide = Widths(channel_base=64, channel_max=16, z_dim=16, w_dim=16, mapping_layers=2)
    assert not are_kin(generator(canvas, wide, 0), generator(canvas, wide, seed))  # type: ignore[arg-type]


def test_a_model_that_trained_far_is_kin_still() -> None:
    torch.manual_seed(1)
    start, later = generator(), generator()
    for parameter in later.parameters():
        parameter += torch.randn_like(parameter) * 0.8 * parameter.std(correction=0)
    assert are_kin(start, later)
