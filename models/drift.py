"""The way of one network's weights to another's: a part of them moves in each frame."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

PART = 1 << 20  # weights that move in one frame; on a CPU they take half a millisecond


class Layer:
    """Weights that a network computes with; `moves` counts how often they moved."""

    weights: list[Tensor]
    moves: int = 0

    def approach(self, goal: Self, share: float) -> None:
        """Move the weights, in place, `share` 0..1 of the way that is left to the goal's."""
        for own, other in zip(self.weights, goal.weights, strict=True):
            own.lerp_(other, share)
        self.moves += 1
        self.fold()

    def mix(self, here: Self, there: Self, share: float) -> None:
        """Become what is `share` 0..1 of the way between two others."""
        for own, a, b in zip(self.weights, here.weights, there.weights, strict=True):
            torch.lerp(a, b, share, out=own)
        self.moves += 1
        self.fold()

    def fold(self) -> None:
        """Compute again what follows from the weights."""


class Plain(Layer):
    """A layer of which nothing is folded."""

    def __init__(self, weights: list[Tensor]) -> None:
        self.weights = weights


@dataclass(slots=True)
class _Part:
    """Layers with their goals, and how much of their way is behind them, 0..1."""

    layers: list[tuple[Layer, Layer]]
    progress: float = 0.0

    def move(self, progress: float) -> None:
        share = (progress - self.progress) / (1.0 - self.progress)
        for own, goal in self.layers:
            own.approach(goal, share)
        self.progress = progress


class Drift:
    """A straight way, on which the parts of a large network take turns."""

    def __init__(self, layers: Sequence[tuple[Layer, Layer]]) -> None:
        """Each layer that moves, with its goal of the same shapes, which must not change."""
        self._parts: deque[_Part] = deque()
        room = 0
        for own, goal in layers:
            if room <= 0:
                self._parts.append(_Part([]))
                room = PART
            self._parts[-1].layers.append((own, goal))
            room -= sum(tensor.numel() for tensor in own.weights)

    @torch.inference_mode()
    def advance(self, progress: float) -> bool:
        """Bring the next part to `progress` 0..1, which never falls; whether all are at the goal.

        From `progress` 1 on each call brings one part to its goal exactly.
        """
        part = self._parts.popleft()
        part.move(min(progress, 1.0))
        if progress < 1.0:
            self._parts.append(part)
        return not self._parts
