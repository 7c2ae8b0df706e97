"""Low-pass filters and resampling: how StyleGAN3 keeps its signals free of aliases.

Appendix C of arXiv 2106.12423; the window and its two formulas are J. F. Kaiser's (1974).
"""

import math

import torch
from torch import Tensor
from torch.nn import functional as F


def kaiser_window(taps: int, half_width: float, rate: float) -> Tensor:
    """The window (taps,), float64, whose transition band is 2 `half_width` at a sampling rate."""
    width = 2.0 * half_width / (rate / 2.0)
    attenuation_db = 2.285 * (taps - 1) * math.pi * width + 7.95
    return torch.kaiser_window(
        taps, periodic=False, beta=_kaiser_beta(attenuation_db), dtype=torch.float64
    )


def _kaiser_beta(attenuation_db: float) -> float:
    if attenuation_db > 50.0:
        return 0.1102 * (attenuation_db - 8.7)
    if attenuation_db > 21.0:
        over = attenuation_db - 21.0
        return 0.5842 * over**0.4 + 0.07886 * over
    return 0.0


def lowpass(taps: int, cutoff: float, half_width: float, rate: float) -> Tensor:
    """A windowed sinc (taps,), float32, symmetric, its sum 1."""
    place = torch.arange(taps, dtype=torch.float64) - (taps - 1) / 2
    kernel = torch.sinc(2.0 * cutoff / rate * place) * kaiser_window(taps, half_width, rate)
    return (kernel / kernel.sum()).float()


def radial_lowpass(taps: int, cutoff: float, half_width: float, rate: float) -> Tensor:
    """A windowed jinc (taps, taps) for an even `taps`, float32, its sum 1: blind to direction."""
    place = (torch.arange(taps, dtype=torch.float64) - (taps - 1) / 2) / rate
    radius = torch.hypot(place[:, None], place[None])
    window = kaiser_window(taps, half_width, rate)
    kernel = torch.special.bessel_j1(2.0 * math.pi * cutoff * radius) / radius
    kernel = kernel * torch.outer(window, window)
    return (kernel / kernel.sum()).float()


def upsample(x: Tensor, kernel: Tensor, up: int) -> Tensor:
    """(N, C, H, W) through the kernel (taps,) to `up` times the rate.

    The whole response is returned, with (H - 1) * up + taps rows; the mean is kept.
    """
    channels, taps = x.shape[1], len(kernel)
    weight = (kernel * up).to(x.dtype).expand(channels, 1, taps)
    x = F.conv_transpose2d(x, weight[..., None], stride=(up, 1), groups=channels)
    return F.conv_transpose2d(x, weight[:, :, None], stride=(1, up), groups=channels)


def downsample(x: Tensor, kernel: Tensor, down: int) -> Tensor:
    """(N, C, H, W) through the kernel (taps,) or (taps, taps), every `down`-th sample of it."""
    channels, taps = x.shape[1], kernel.shape[-1]
    if kernel.ndim == 2:
        weight = kernel.to(x.dtype).expand(channels, 1, taps, taps)
        return F.conv2d(x, weight, stride=down, groups=channels)
    weight = kernel.to(x.dtype).expand(channels, 1, taps)
    x = F.conv2d(x, weight[:, :, None], stride=(1, down), groups=channels)
    return F.conv2d(x, weight[..., None], stride=(down, 1), groups=channels)


def middle(x: Tensor, surplus: int) -> Tensor:
    """(N, C, H, W) without `surplus` rows and columns, half of them on each side."""
    before = surplus // 2
    height, width = (side - surplus for side in x.shape[2:])
    return x[:, :, before : before + height, before : before + width]
