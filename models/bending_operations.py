"""What a bend does to features: at the amount 0 nothing, and from there on without a step."""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

LOUDER = 4.0  # times, at the full amount
NEARER = 3.0
GRAIN = 1.5  # standard deviations
TOGETHER = 0.25


class Place(NamedTuple):
    """Where it happens: all features of the layer (1, C, H, W), which channels, and their noise."""

    whole: Tensor
    members: Tensor
    noise: Callable[[], Tensor]


Operation = Callable[[Tensor, float, Place], Tensor]


def scale(x: Tensor, amount: float, place: Place) -> Tensor:
    """Louder, or with a negative amount softer."""
    return x * LOUDER**amount


def ablate(x: Tensor, amount: float, place: Place) -> Tensor:
    """Taken away, one channel after the other; negative: the last ones first."""
    return x * (1.0 - _shares(x, amount))


def invert(x: Tensor, amount: float, place: Place) -> Tensor:
    """Mirrored about its mean, one channel after the other: what was there is missing."""
    return torch.lerp(x, 2.0 * _mean(x) - x, _shares(x, amount))


def threshold(x: Tensor, amount: float, place: Place) -> Tensor:
    """What is above the mean to one value, all else to another; negative: only the peaks count."""
    mean, spread = _mean(x), _spread(x)
    level = mean + spread if amount < 0.0 else mean
    return torch.lerp(x, mean + (x - level).sign() * spread, abs(amount))


def noise(x: Tensor, amount: float, place: Place) -> Tensor:
    """A pattern that is always the same, on top; negative turns it over."""
    return x + (GRAIN * amount) * _spread(x) * place.noise()


def swap(x: Tensor, amount: float, place: Place) -> Tensor:
    """One channel after the other takes the part of another one, half of all channels away."""
    channels = place.whole.shape[1]
    others = place.whole[:, (place.members + channels // 2) % channels]
    return torch.lerp(x, others, _shares(x, amount))


def translate_x(x: Tensor, amount: float, place: Place) -> Tensor:
    """To the right by half a picture; what comes in is mirrored."""
    return _moved(x, (1.0, 0.0, -amount), (0.0, 1.0, 0.0))


def translate_y(x: Tensor, amount: float, place: Place) -> Tensor:
    """Up by half a picture."""
    return _moved(x, (1.0, 0.0, 0.0), (0.0, 1.0, amount))


def rotate(x: Tensor, amount: float, place: Place) -> Tensor:
    """Clockwise by half a turn."""
    aspect = x.shape[3] / x.shape[2]
    cosine, sine = math.cos(math.pi * amount), math.sin(math.pi * amount)
    return _moved(x, (cosine, sine / aspect, 0.0), (-sine * aspect, cosine, 0.0))


def zoom(x: Tensor, amount: float, place: Place) -> Tensor:
    """Larger about the middle, or with a negative amount smaller."""
    factor = NEARER**-amount
    return _moved(x, (factor, 0.0, 0.0), (0.0, factor, 0.0))


class Kind(NamedTuple):
    """An operation and its name."""

    name: str
    operation: Operation


KINDS = (
    Kind("scale", scale),
    Kind("ablate", ablate),
    Kind("invert", invert),
    Kind("threshold", threshold),
    Kind("noise", noise),
    Kind("swap", swap),
    Kind("translate x", translate_x),
    Kind("translate y", translate_y),
    Kind("rotate", rotate),
    Kind("zoom", zoom),
)


def _shares(x: Tensor, amount: float) -> Tensor:
    """How far each channel is, (1, C, 1, 1): they set out in turn, a quarter of them at once.

    All of them half way would be a flat picture where they go through nothing.
    """
    turn = torch.arange(x.shape[1], device=x.device) / x.shape[1]
    shares = ((abs(amount) * (1.0 + TOGETHER) - turn) / TOGETHER).clamp(0.0, 1.0)
    return (shares if amount > 0.0 else shares.flip(0))[None, :, None, None].to(x.dtype)


def _mean(x: Tensor) -> Tensor:
    return x.mean(dim=(2, 3), keepdim=True)


def _spread(x: Tensor) -> Tensor:
    """The standard deviation of each channel."""
    return x.float().std(dim=(2, 3), keepdim=True, correction=0).to(x.dtype)


def _moved(x: Tensor, across: Sequence[float], down: Sequence[float]) -> Tensor:
    """Each place takes the value from where the rows of an affine matrix say, mirrored outside."""
    matrix = torch.tensor([[across, down]], device=x.device)
    grid = F.affine_grid(matrix, list(x.shape), align_corners=False)
    y = F.grid_sample(x.float(), grid, padding_mode="reflection", align_corners=False)
    return y.to(x.dtype)
