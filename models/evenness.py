"""How visibly a model's pictures change along a way through z, in units of what is usual."""

from copy import copy, deepcopy
from typing import Protocol

import torch
from torch import Tensor

from models.sight import NEAR, Sight, nearby, random_classes

PAIRS = 256
PSI = (0.05, 0.3, 0.6, 0.8, 1.0, 1.25, 1.5)
LEAST = 1e-9


class Mapper(Protocol):
    """A mapping network."""

    w_avg: Tensor

    def __call__(self, z: Tensor, shares: Tensor | None = None) -> Tensor: ...

    def cpu(self) -> "Mapper": ...


class Evenness:
    """Tells it on the host, whatever device draws, so that nobody waits for a card.

    Two w look as far apart as the model's sight says; without one, as they are apart.
    """

    def __init__(self, mapping: Mapper, z_dim: int, classes: int, sight: Sight | None) -> None:
        self._average = mapping.w_avg
        self._mapping, self._sight = mapping, sight
        self._is_copy = self._average.device.type != "cpu"
        if self._is_copy:
            self._mapping = deepcopy(mapping).cpu()
            self._average = self._average.cpu()
        random = torch.Generator().manual_seed(0)
        z = nearby(z_dim, PAIRS, NEAR, random).flatten(0, 1)
        shares = random_classes(classes, PAIRS, random)
        shares = None if shares is None else shares.repeat_interleave(2, dim=0)
        with torch.inference_mode():
            w = self._mapping(z, shares).unflatten(0, (PAIRS, 2))
            self._usual = [float(self._apart(w, psi).mean()) / NEAR for psi in PSI]

    def judged_by(self, other: "Evenness") -> "Evenness":
        """The mapping that moves to another's, judged by the other's sight and usual changes.

        A copy for the host does not move: then it is the other's.
        """
        if self._is_copy:
            return other
        evenness = copy(self)
        evenness._sight, evenness._usual = other._sight, other._usual
        return evenness

    @torch.inference_mode()
    def changes(self, z: Tensor, shares: Tensor | None, psi: float) -> Tensor:
        """How visibly each of z (N, z_dim) differs from the next one, (N - 1,), on the host.

        1 is as much as places a radian apart in z do on average at this psi. `shares` are of each
        class, (N, classes), or None.
        """
        psi = min(max(psi, PSI[0]), PSI[-1])
        return self._apart(self._mapping(z, shares), psi) / max(self._usual_at(psi), LEAST)

    def _usual_at(self, psi: float) -> float:
        above = next(i for i in range(1, len(PSI)) if psi <= PSI[i])
        share = (psi - PSI[above - 1]) / (PSI[above] - PSI[above - 1])
        return self._usual[above - 1] * (1.0 - share) + self._usual[above] * share

    def _apart(self, w: Tensor, psi: float) -> Tensor:
        """How far neighbours among w (..., K, w_dim) look apart, (..., K - 1)."""
        w = self._average.lerp(w, psi)
        return (w if self._sight is None else self._sight(w)).diff(dim=-2).norm(dim=-1)
