"""Blending one deck's model towards another's, layer range by layer range: weights and latents."""

from collections.abc import Collection, Mapping, Sequence

import torch
from torch import Tensor

from performer.latent import LAYER_GROUPS, Blend, Corner, Generator, Latent, Pliant, layer_groups

UNSEEN = 1e-3


class Blender:
    """Holds the network between two, and what moves in the second as it does in the first.

    Each layer takes a w of its own model, for that of another says little to it.
    """

    def __init__(self) -> None:
        self._pair: tuple[Generator, Generator] | None = None
        self._blend: Blend | None = None
        self._latent: Latent | None = None
        self._shares = torch.zeros(0)
        self.is_refused = False

    def prepare(
        self,
        latent: Latent,
        here: Generator,
        other: tuple[Generator, Latent] | None,
        shares: Tensor,
    ) -> bool:
        """Before `latent` moves: get ready for the other model, if any layer is to have of it.

        `shares` (3,) are those of the coarse, middle and fine layers. Tells whether the other
        model was another one in the picture before, so that this one would jump.
        """
        self._shares, asked = shares, float(shares.max()) > UNSEEN
        self.is_refused = False
        if other is None:
            self._pair = self._blend = None
        if other is None or not asked:
            self._latent = None
            return False
        there, theirs = other
        jumps = self._latent is not None and self._pair is not None and self._pair[1] is not there
        if self._pair is None or self._pair[0] is not here or self._pair[1] is not there:
            self._pair, self._latent = (here, there), None
            self._blend = _between(here.pliant, there.pliant)
        self.is_refused = self._blend is None
        if self._latent is None and self._blend is not None:
            self._latent = latent.alongside(theirs)
        return jumps

    def morph(self, names: Collection[str], walk: float | None, plain_s: float = 0.0) -> None:
        """As `Latent.morph`."""
        if self._latent is not None:
            self._latent.morph(names, walk, plain_s)

    def apply(
        self,
        ws: Tensor,
        values: Mapping[str, float],
        dt_s: float,
        share: float,
        corners: Sequence[Corner],
    ) -> tuple[Pliant, Tensor] | None:
        """The network between, and its ws (num_ws, w_dim), where `ws` are the first model's.

        None where all is the first model's.
        """
        if self._latent is None or self._blend is None:
            return None
        theirs = self._latent.advance(values, dt_s, share, corners)
        shares = layer_groups(len(ws)) @ self._shares
        mixed = torch.lerp(ws, theirs, shares[:, None].to(ws.device))
        return self._blend.at(shares.tolist()), mixed


def _between(here: Pliant | None, there: Pliant | None) -> Blend | None:
    return None if here is None or there is None else here.blend(there)


def shares_of(values: Mapping[str, float]) -> Tensor:
    """How much of the other model the coarse, middle and fine layers have, (3,)."""
    return torch.tensor([values[f"blend.{group}"] for group in LAYER_GROUPS])
