"""Kaleidoscope: one wedge of the picture, mirrored around the middle."""

import math

import torch
from torch import Tensor

from performer.effects.base import Setting, Values
from performer.effects.zoom import turned

RIM = 0.3


class Kaleidoscope:
    """The knobs `kaleidoscope.size`, `.folds` (wedges and mirrored wedges) and `.turn`."""

    def __init__(self) -> None:
        self._kept: tuple[object, int, Tensor, Tensor] | None = None

    def setting(self, values: Values, dt_s: float) -> Setting | None:
        size = values["kaleidoscope.size"]
        folds, turn = values["kaleidoscope.folds"], values["kaleidoscope.turn"]
        return (size, folds, turn) if size > 0.0 else None

    def bend(self, places: Tensor, setting: Setting, aspect: float) -> Tensor:
        size, folds, turn = setting
        radius, wedge = self._wedge(places, round(folds))
        edge = size * (math.hypot(aspect, 1.0) + RIM)
        share = (edge - radius).mul_(1.0 / RIM).clamp_(0.0, 1.0)
        return torch.lerp(places, turned(wedge, turn), share)

    def _wedge(self, places: Tensor, folds: int) -> tuple[Tensor, Tensor]:
        """Radius (H, W) of places, and all of them folded into one wedge (2, H, W), kept."""
        if self._kept is None or self._kept[0] is not places or self._kept[1] != folds:
            half = math.pi / folds
            x, y = places
            # Upright, so that the wedges lie alike left and right.
            angle = torch.remainder(torch.atan2(x, y), 2.0 * half).sub_(half).abs_()
            angle.sub_(half / 2.0)
            radius = (x * x).addcmul_(y, y).sqrt_()
            wedge = torch.stack((torch.sin(angle), torch.cos(angle))).mul_(radius)
            self._kept = (places, folds, radius, wedge)
        return self._kept[2:]
