"""Displacement: the picture carried about by a slow, smooth current, as under moving water."""

import torch
from torch import Tensor

from performer.effects.base import Setting, Values
from performer.effects.warping import sample

LATTICE, SEED = 16, 20
FIELD = (36, 64)
REACH = 0.8
LARGEST, SMALLEST = 1.5, 9.0


class Displacement:
    """The knobs `displacement.amount`, `.size` (of the eddies) and `.speed`.

    The current is the curl of a noise, so it neither tears nor heaps up (Bridson, Hourihan and
    Nordenstam 2007). The noise is a cubic B-spline over a lattice of random numbers that repeats
    in space and time; being separable it is two small products of matrices.
    """

    def __init__(self) -> None:
        random = torch.Generator().manual_seed(SEED)
        self._noise = torch.randn(LATTICE, LATTICE, LATTICE, generator=random)
        self._phase = 0.0
        self._kept: tuple[object, tuple[Tensor, ...]] | None = None

    def setting(self, values: Values, dt_s: float) -> Setting | None:
        amount, size = values["displacement.amount"], values["displacement.size"]
        self._phase = (self._phase + values["displacement.speed"] * dt_s) % LATTICE
        return (amount, size, self._phase) if amount > 0.0 else None

    def bend(self, places: Tensor, setting: Setting, aspect: float) -> Tensor:
        amount, size, phase = setting
        cells = SMALLEST * (LARGEST / SMALLEST) ** size
        current = self._current(cells, phase, aspect) * (amount * REACH * 2.0 / cells)
        moved = sample(current.to(places.device), places)
        return places + moved[0]

    def _current(self, cells: float, phase: float, aspect: float) -> Tensor:
        """(1, 2, *FIELD): the current, of eddies of which `cells` fill the picture's height."""
        when = spline(torch.tensor([phase]))
        noise = (when @ self._noise.view(LATTICE, -1)).view(LATTICE, LATTICE)
        down, slope_down, across, slope_across = self._splines(cells, aspect)
        return torch.stack((slope_down @ noise @ across, -(down @ noise @ slope_across)))[None]

    def _splines(self, cells: float, aspect: float) -> tuple[Tensor, ...]:
        """Splines and their slopes, down (h, LATTICE) and across (LATTICE, w) the field; kept."""
        if self._kept is None or self._kept[0] != (cells, aspect):
            heights = (torch.arange(FIELD[0]) + 0.5) / FIELD[0] * cells
            widths = (torch.arange(FIELD[1]) + 0.5) / FIELD[1] * cells * aspect
            down, across = [(spline(at), spline(at, slope=True)) for at in (heights, widths)]
            self._kept = ((cells, aspect), (*down, across[0].T, across[1].T))
        return self._kept[1]


def spline(at: Tensor, slope: bool = False) -> Tensor:
    """(N, LATTICE): the weight of each lattice point in a cubic B-spline, or in its slope."""
    distance = (at[:, None] - torch.arange(LATTICE) + LATTICE / 2) % LATTICE - LATTICE / 2
    far = distance.abs()
    if slope:
        near, edge = (1.5 * far - 2.0) * far, -0.5 * (2.0 - far) ** 2
        weights = torch.where(far < 1.0, near, edge) * distance.sign()
    else:
        near, edge = 2.0 / 3.0 + (0.5 * far - 1.0) * far**2, (2.0 - far) ** 3 / 6.0
        weights = torch.where(far < 1.0, near, edge)
    return torch.where(far < 2.0, weights, 0.0)
