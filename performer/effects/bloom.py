"""Bloom: bright light spreads into what is around it."""

import torch
from torch import Tensor
from torch.nn import functional as F

from performer.effects.base import WHITE, Values

SHRINK = 8
THRESHOLD = 0.4
NARROW, WIDE = 0.02, 0.2


class Bloom:
    """The knobs `bloom.amount` and `bloom.size`.

    The glow is gathered at an eighth of the size; two products of matrices, each row a Gaussian,
    spread it and bring it back to the full size at once.
    """

    def __init__(self) -> None:
        self._kept: tuple[object, Tensor, Tensor] | None = None

    def apply(self, image: Tensor, values: Values, dt_s: float) -> Tensor:
        amount = values["bloom.amount"]
        if amount <= 0.0:
            return image
        size = [max(1, length // SHRINK) for length in image.shape[2:]]
        bright = (image - THRESHOLD * WHITE).clamp_(min=0.0)
        bright = F.interpolate(bright, size, mode="area")[0]
        down, across = self._spread(values["bloom.size"], image, bright)
        glow = (down @ (bright @ across)).mul_(3.0 * amount)
        # As two slides on one screen: light is added, but white stays white.
        return torch.addcmul(image + glow, image, glow, value=-1.0 / WHITE).clamp_(0.0, WHITE)

    def clear(self) -> None:
        """Nothing is held."""

    def _spread(self, size: float, image: Tensor, small: Tensor) -> tuple[Tensor, Tensor]:
        """(H, h) and (w, W): from each small pixel to the large ones."""
        height, width = image.shape[2:]
        asked = (size, height, width, image.device)
        if self._kept is None or self._kept[0] != asked:
            sigma = NARROW * (WIDE / NARROW) ** size * height
            down = gaussian(height, small.shape[1], sigma).to(image.device)
            across = gaussian(width, small.shape[2], sigma).T.contiguous().to(image.device)
            self._kept = (asked, down, across)
        return self._kept[1:]


def gaussian(large: int, small: int, sigma_px: float) -> Tensor:
    """(large, small): a Gaussian about each large pixel over the small ones; rows sum to 1."""
    step = large / small
    sigma_px = max(sigma_px, 0.6 * step)  # else the small pixels would show
    middles = (torch.arange(small) + 0.5) * step
    distance = torch.arange(large)[:, None] + 0.5 - middles
    return torch.softmax(-0.5 * (distance / sigma_px) ** 2, dim=1)
