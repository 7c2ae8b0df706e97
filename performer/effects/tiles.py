"""Tiles: the whole picture many times side by side, each a mirror image of its neighbours."""

import torch
from torch import Tensor

from performer.effects.base import Setting, Values


def folded(places: Tensor, aspect: float) -> Tensor:
    """Places anywhere (2, H, W), mirrored at the picture's edges until they lie in it."""
    after = torch.empty_like(places)
    for plane, edge, target in zip(places, (aspect, 1.0), after, strict=True):
        turns = plane / (4.0 * edge) + 0.25
        turns -= turns.floor()
        torch.mul(turns.mul_(4.0).sub_(2.0).abs_().sub_(1.0), -edge, out=target)
    return after


class Tiles:
    """The knob `tiles`: how many side by side; those between whole numbers are cut."""

    def setting(self, values: Values, dt_s: float) -> Setting | None:
        return (values["tiles"],) if values["tiles"] > 1.0 else None

    def bend(self, places: Tensor, setting: Setting, aspect: float) -> Tensor:
        return folded(places * setting[0], aspect)
