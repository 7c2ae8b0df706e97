"""The radial power spectrum: how much of an image is coarse and how much is fine.

As in Durall et al. (arXiv 2003.01826). Blur, grain and checkerboards show here first.
"""

import torch
from torch import Tensor

from models.features import in_parts

# Rounding to 8 bits adds this much power to each pixel: less than that was not in the file.
ROUNDING_POWER = 1 / 12


def spectrum_difference_db(fake: Tensor, real: Tensor) -> float:
    """Mean over the rings of |P_fake - P_real| in dB, of uint8 (N, 3, H, W) each."""
    return float((radial_spectrum_db(fake) - radial_spectrum_db(real)).abs().mean())


def radial_spectrum_db(images: Tensor) -> Tensor:
    """float64 (min(H, W) // 2,): power of uint8 (N, 3, H, W) in rings from coarse to fine.

    Ring k holds the frequencies within half a step of k / min(H, W) cycles a pixel.
    """
    height, width = images.shape[2:]
    # Without a window the jump from an image's right edge to its left one drowns fine detail.
    window = torch.outer(torch.hann_window(height), torch.hann_window(width))
    power = torch.zeros(height, width // 2 + 1, dtype=torch.float64)
    for part in in_parts(images):
        x = part.float()
        x = (x - x.mean(dim=(2, 3), keepdim=True)) * window
        power += torch.fft.rfft2(x).abs().square().sum(dim=(0, 1), dtype=torch.float64)
    power = power / (len(images) * 3 * window.square().sum()) + ROUNDING_POWER
    return 10 * torch.log10(_ring_means(power, height, width))


def _ring_means(power: Tensor, height: int, width: int) -> Tensor:
    """(H, W // 2 + 1) of an rfft2 to the mean of each ring but the constant one."""
    short = min(height, width)
    radius = torch.hypot(torch.fft.fftfreq(height)[:, None], torch.fft.rfftfreq(width)[None])
    ring = (radius * short).round().long().flatten()
    rings = slice(1, short // 2 + 1)
    sums = torch.bincount(ring, weights=power.flatten())
    return sums[rings] / torch.bincount(ring)[rings]
