"""Trails: bright light lingers, as on phosphor."""

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from performer.effects.base import Values

SHORTEST_S = 1e-3


def fitted(held: Tensor, image: Tensor) -> Tensor:
    """An earlier image in the size of this one, which may be of a model with another canvas."""
    if held.shape == image.shape:
        return held
    return F.interpolate(held, image.shape[2:], mode="bilinear", align_corners=False)


class Trails:
    """The knob `trails`: the time constant with which light fades."""

    def __init__(self) -> None:
        self._held: Tensor | None = None

    def apply(self, image: Tensor, values: Values, dt_s: float) -> Tensor:
        trails_s = values["trails"]
        if trails_s < SHORTEST_S:
            self._held = None
            return image
        if self._held is not None:
            held = fitted(self._held, image)
            image = torch.maximum(image, held * math.exp(-dt_s / trails_s))
        self._held = image
        return image

    def clear(self) -> None:
        self._held = None
