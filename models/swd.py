"""The sliced Wasserstein distance of 7x7 patches on a Laplacian pyramid (arXiv 1710.10196, 5)."""

import torch
from torch import Tensor
from torch.nn import functional as F

from models.features import in_parts

PATCH_PX = 7
COARSEST_PX = 16
PATCHES_PER_IMAGE = 32
DIRECTIONS = 128
BINOMIAL = (1 / 16, 4 / 16, 6 / 16, 4 / 16, 1 / 16)


def sliced_wasserstein(fake: Tensor, real: Tensor, seed: int = 0) -> float:
    """Mean over the pyramid's levels, of uint8 (N, 3, H, W) each, the same N.

    0 is the same distribution; 1 is one standard deviation of the real patches' values.
    """
    levels = zip(patches(fake, seed), patches(real, seed), strict=True)
    distances = [_level_distance(ours, theirs, seed) for ours, theirs in levels]
    return sum(distances) / len(distances)


def patches(images: Tensor, seed: int = 0) -> list[Tensor]:
    """For each level, fine to coarse, (N * PATCHES_PER_IMAGE, 3, 49) of uint8 (N, 3, H, W)."""
    parts = [[_cut(level, seed) for level in laplacian(part.float())] for part in in_parts(images)]
    return [torch.cat(level) for level in zip(*parts, strict=True)]


def laplacian(images: Tensor) -> list[Tensor]:
    """float (N, 3, H, W) to its bands, fine to coarse; the last one is the rest, not a band."""
    bands = []
    while _can_halve(images):
        coarse = _smooth(images)[:, :, ::2, ::2]
        spread = torch.zeros_like(images)
        spread[:, :, ::2, ::2] = coarse * 4
        bands.append(images - _smooth(spread))
        images = coarse
    return [*bands, images]


def _can_halve(images: Tensor) -> bool:
    height, width = images.shape[2:]
    return height % 2 == width % 2 == 0 and min(height, width) // 2 >= COARSEST_PX


def _smooth(x: Tensor) -> Tensor:
    """(N, C, H, W) through the binomial filter, first down, then across."""
    for dim, padding in ((2, (0, 0, 2, 2)), (3, (2, 2, 0, 0))):
        # Shifted sums: a convolution that knows each channel alone takes several times as long.
        padded, size = F.pad(x, padding, mode="reflect"), x.shape[dim]
        x = sum(
            (padded.narrow(dim, i, size) * tap for i, tap in enumerate(BINOMIAL)),
            torch.zeros(()),
        )
    return x


def _cut(level: Tensor, seed: int) -> Tensor:
    """Patches of (N, 3, H, W) as (N * PATCHES_PER_IMAGE, 3, 49).

    The same places in every image: the order of the images must not matter.
    """
    random = torch.Generator().manual_seed(seed)
    rows, columns = (
        torch.randint(side - PATCH_PX + 1, (PATCHES_PER_IMAGE,), generator=random)
        for side in level.shape[2:]
    )
    windows = level.unfold(2, PATCH_PX, 1).unfold(3, PATCH_PX, 1)
    return windows[:, :, rows, columns].transpose(1, 2).flatten(3).flatten(0, 1)


def _level_distance(fake: Tensor, real: Tensor, seed: int) -> float:
    """E over directions of the Wasserstein-1 distance of (M, 3, 49) projected onto each.

    Both are measured in the real set's units; each in its own, as in the paper's code, would
    make a loss of contrast invisible.
    """
    mean = real.mean(dim=(0, 2), keepdim=True)
    std = real.std(dim=(0, 2), keepdim=True).clamp_min(1.0)
    random = torch.Generator().manual_seed(seed)
    directions = F.normalize(torch.randn(DIRECTIONS, real[0].numel(), generator=random), dim=1)
    ours, theirs = (
        (directions @ ((x - mean) / std).flatten(1).t()).sort(dim=1).values for x in (fake, real)
    )
    return float((ours - theirs).abs().mean())
