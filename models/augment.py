"""Differentiable augmentation of real and generated images alike; DiffAugment is written here.

Zhao et al. (arXiv 2006.10738). With few images the discriminator would learn them by heart; it
must not see the same pixels twice. DiffAugment leaves colour alone: artists choose their colours.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.ada import Ada
from models.draws import Draws


def translate(images: Tensor, draws: Draws, share: float = 0.125) -> Tensor:
    """Shift each (N, 3, H, W) image by up to `share` of its sides; what enters is zero."""
    n, _, h, w = images.shape
    pad_h, pad_w = max(1, round(h * share)), max(1, round(w * share))
    dy, dx = draws.integers(0, 2 * pad_h + 1), draws.integers(0, 2 * pad_w + 1)
    padded = F.pad(images, (pad_w, pad_w, pad_h, pad_h)).permute(0, 2, 3, 1)
    rows = dy[:, None, None] + torch.arange(h, device=images.device)[None, :, None]
    columns = dx[:, None, None] + torch.arange(w, device=images.device)[None, None, :]
    batch = torch.arange(n, device=images.device)[:, None, None]
    return padded[batch, rows, columns].permute(0, 3, 1, 2)


def cutout(images: Tensor, draws: Draws, share: float = 0.5) -> Tensor:
    """Blank a box of `share` of the sides at a random place of each (N, 3, H, W) image."""
    h, w = images.shape[2:]
    y = torch.arange(h, device=images.device)[None, :] + 0.5
    x = torch.arange(w, device=images.device)[None, :] + 0.5
    centre_y, centre_x = draws.uniform(1) * h, draws.uniform(1) * w
    outside_y = (y - centre_y).abs() > h * share / 2
    outside_x = (x - centre_x).abs() > w * share / 2
    keep = outside_y[:, :, None] | outside_x[:, None, :]
    return images * keep[:, None].to(images.dtype)


def none(images: Tensor, draws: Draws) -> Tensor:
    """Leave (N, 3, H, W) images as they are."""
    return images


def diffaugment(images: Tensor, draws: Draws) -> Tensor:
    """Translation, then cutout, of (N, 3, H, W) images."""
    return cutout(translate(images, draws), draws)


class Fixed(nn.Module):
    """An augmentation of constant strength, with nothing to save."""

    strength = 0.0  # of the adaptive part, which it has not

    def __init__(self, function: Callable[[Tensor, Draws], Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, images: Tensor, draws: Draws) -> Tensor:
        """(N, 3, H, W) in -1..1, augmented."""
        return self.function(images, draws)

    def observe(self, sign: Tensor, images: int) -> None:
        """Leave aside how sure the discriminator was, which an adaptive one learns from."""


# Made from the target and the thousands of images of `Ada`.
AUGMENTATIONS: dict[str, Callable[[float, float], Fixed | Ada]] = {
    "none": lambda target, kimg: Fixed(none),
    "diffaugment": lambda target, kimg: Fixed(diffaugment),
    "ada": Ada,
}
