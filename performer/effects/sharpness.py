"""Sharpness: edges stand out, as a small picture on a large screen needs."""

import torch
from torch import Tensor
from torch.nn import functional as F

from performer.effects.base import WHITE, Values
from performer.effects.bloom import gaussian

SHRINK = 2
SIGMA = 0.014


class Sharpness:
    """The knob `sharpness`: an unsharp mask, its blur a share of the picture's height.

    The blur is gathered at half the size; two products of matrices, each row a Gaussian, spread it
    and bring it back to the full size at once.
    """

    def __init__(self) -> None:
        self._kept: tuple[object, Tensor, Tensor] | None = None

    def apply(self, image: Tensor, values: Values, dt_s: float) -> Tensor:
        amount = values["sharpness"]
        if amount <= 0.0:
            return image
        down, across = self._spread(image)
        small = halved(image[0])
        blurred = down @ (small @ across)
        return torch.lerp(blurred, image, 1.0 + amount).clamp_(0.0, WHITE)

    def clear(self) -> None:
        """Nothing is held."""

    def _spread(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """(H, h) and (w, W): from each small pixel to the large ones."""
        height, width = image.shape[2:]
        asked = (height, width, image.device)
        if self._kept is None or self._kept[0] != asked:
            sigma_px = SIGMA * height
            down = gaussian(height, -(-height // SHRINK), sigma_px).to(image.device)
            across = gaussian(width, -(-width // SHRINK), sigma_px).T.contiguous()
            self._kept = (asked, down, across.to(image.device))
        return self._kept[1:]


def halved(image: Tensor) -> Tensor:
    """(3, H, W) to half of both, rounded up: means of four pixels, at odd edges of fewer."""
    height, width = image.shape[1:]
    if height % SHRINK or width % SHRINK:
        return F.avg_pool2d(image, SHRINK, ceil_mode=True)
    rows = image[:, ::2] + image[:, 1::2]  # A fifth of the time that the pooling takes on a CPU.
    return (rows[:, :, ::2] + rows[:, :, 1::2]).mul_(0.25)
