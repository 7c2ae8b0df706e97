"""Visibility: pushes are measured in pictures, by both sides, the same on every canvas."""

import pytest
import torch
from tiny import generator
from torch import Tensor

from models.canvas import Canvas, canvas_of
from models.networks import Generator
from models.visibility import REFERENCES, Visibility

CANVASES = [canvas_of(8, 8), canvas_of(64, 36), canvas_of(16, 64)]


def latents(made: Generator, count: int = REFERENCES) -> Tensor:
    return made.mapping(torch.randn(count, 16, generator=torch.Generator().manual_seed(0)))


@pytest.mark.parametrize("canvas", CANVASES, ids=str)
def test_another_picture_is_one_away(canvas: Canvas) -> None:
    made = generator(canvas)
    w = latents(made)
    view = Visibility(made, w)
    ways = w.roll(1, dims=0) - w
    halves = [view.changes(way[None] / 2, (w[i] + way / 2)[None]) for i, way in enumerate(ways)]
    assert 2 * float(torch.cat(halves).norm(dim=1).mean()) == pytest.approx(1, abs=0.15)


def test_a_longer_push_shows_more_and_none_shows_nothing() -> None:
    made = generator(canvas_of(64, 36))
    w = latents(made)
    push = torch.randn(16, generator=torch.Generator().manual_seed(1))
    pushes = push * torch.tensor([0.0, 0.1, 0.2, 0.4])[:, None]
    effects = Visibility(made, w).changes(pushes, w[:4]).norm(dim=1)
    assert effects[0] == 0 and (effects.diff() > 0).all()


def test_the_other_way_is_the_same_change_turned() -> None:
    made = generator(canvas_of(64, 36))
    w = latents(made)
    push = torch.randn(1, 16, generator=torch.Generator().manual_seed(1))
    there, back = Visibility(made, w).changes(torch.cat([push, -push]), w[:4])
    assert torch.equal(there, -back)
