"""Painted images, and what a generator may make of them: worse, fewer, or the same again."""

from functools import cache

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from models.painting import paint

COUNT, SIDE_PX = 150, 32


@cache
def paintings() -> tuple[Tensor, Tensor]:
    """Two independent draws, uint8 (COUNT, 3, SIDE_PX, SIDE_PX) each."""
    drawn = [
        paint(index, seed=1, height_px=SIDE_PX, width_px=SIDE_PX) for index in range(2 * COUNT)
    ]
    images = torch.from_numpy(np.stack(drawn)).permute(0, 3, 1, 2).contiguous()
    return images[:COUNT], images[COUNT:]


def blurred(images: Tensor, factor: int = 4) -> Tensor:
    """Without detail finer than `factor` pixels."""
    coarse = F.avg_pool2d(images.float(), factor)
    return F.interpolate(coarse, images.shape[2:], mode="bilinear").round().byte()


def repeated(images: Tensor, modes: int, seed: int = 1) -> Tensor:
    """As many images, of which only the first `modes` occur, each time with a little grain."""
    random = torch.Generator().manual_seed(seed)
    chosen = images[torch.randint(modes, (len(images),), generator=random)]
    grain = torch.randn(chosen.shape, generator=random) * 2
    return (chosen + grain).round().clamp(0, 255).byte()


def shuffled(images: Tensor, seed: int = 7) -> Tensor:
    """The same images in another order."""
    return images[torch.randperm(len(images), generator=torch.Generator().manual_seed(seed))]
