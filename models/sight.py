"""How far apart two w look: what the pace of a wander is kept even by.

A small network takes w to a point, so that the distance of two neighbours is about that of their
pictures.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

WIDTH, POINTS = 256, 64
SLOPE = 0.2
NEAR = 0.16  # of a radian in z: an eighth of a step of a wander is about that


@dataclass(frozen=True, slots=True)
class Sight:
    """A perceptron of three layers, each a weight (outputs, inputs) and a bias (outputs,)."""

    layers: tuple[tuple[Tensor, Tensor], ...]

    def __call__(self, w: Tensor) -> Tensor:
        """(..., w_dim) to points (..., POINTS)."""
        x = w
        for i, (weight, bias) in enumerate(self.layers):
            x = F.linear(F.leaky_relu(x, SLOPE) if i else x, weight, bias)
        return x

    def to(self, device: torch.device) -> "Sight":
        """The same on a device."""
        return Sight(tuple((weight.to(device), bias.to(device)) for weight, bias in self.layers))


def shapes_of(w_dim: int) -> tuple[tuple[int, int], ...]:
    """(outputs, inputs) of each layer."""
    return (WIDTH, w_dim), (WIDTH, WIDTH), (POINTS, WIDTH)


def nearby(z_dim: int, pairs: int, radians: float, random: torch.Generator) -> Tensor:
    """Pairs of z an angle apart, any way, (pairs, 2, z_dim)."""
    z, way = F.normalize(torch.randn(2, pairs, z_dim, generator=random), dim=2) * z_dim**0.5
    way = way - z * (z * way).mean(dim=1, keepdim=True)
    way = F.normalize(way, dim=1) * z_dim**0.5
    angle = torch.tensor(radians)
    return torch.stack([z, z * angle.cos() + way * angle.sin()], dim=1)


def random_classes(classes: int, count: int, random: torch.Generator) -> Tensor | None:
    """A class each, (count, classes); None of a model without classes."""
    if not classes:
        return None
    return F.one_hot(torch.randint(classes, (count,), generator=random), classes).float()
