"""Blending two networks of equal shapes: some of the layers are one's, some the other's.

After Pinkney and Adler, "Resolution Dependent GAN Interpolation for Controllable Image Synthesis
Between Domains" (arXiv 2010.05334), live: the share of each range of layers is a knob's.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch

from models.drift import Layer

if TYPE_CHECKING:
    from models.runtime import Runtime


class Blend:
    """A third network between two, which neither of them notices."""

    def __init__(self, here: "Runtime", there: "Runtime") -> None:
        """Takes memory for the weights of one more."""
        self._mixed = here.twin()
        self._layers = [
            _Mixed(index, own, a, b)
            for (index, own), (_, a), (_, b) in zip(
                self._mixed.layers(), here.layers(), there.layers(), strict=True
            )
        ]

    @torch.inference_mode()
    def at(self, shares: Sequence[float]) -> "Runtime":
        """The network whose layers are `shares` 0..1 of the way, one share for each w.

        At 0 and 1 a layer is one of the two's to the bit. Only layers that changed cost anything.
        """
        for layer in self._layers:
            layer.go_to(shares[layer.index])
        return self._mixed


class _Mixed:
    """A layer between two, which may be moving themselves."""

    def __init__(self, index: int, own: Layer, here: Layer, there: Layer) -> None:
        self.index, self._own, self._ends = index, own, (here, there)
        self._state = (0.0, here.moves, there.moves)

    def go_to(self, share: float) -> None:
        here, there = self._ends
        state = share, here.moves, there.moves
        if state != self._state:
            self._state = state
            self._own.mix(here, there, share)
