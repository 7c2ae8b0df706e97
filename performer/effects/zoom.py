"""Zoom and turn: the picture magnified about its middle, and turned there."""

import math

from torch import Tensor

from performer.effects.base import Setting, Values


def turned(places: Tensor, degrees: float, scale: float = 1.0) -> Tensor:
    """Places (2, H, W) turned about the middle and scaled."""
    if degrees == 0.0:
        return places * scale
    cosine = scale * math.cos(math.radians(degrees))
    sine = scale * math.sin(math.radians(degrees))
    after = places * cosine
    after[0].sub_(places[1], alpha=sine)
    after[1].add_(places[0], alpha=sine)
    return after


class Zoom:
    """The knobs `zoom` and `turn`."""

    def setting(self, values: Values, dt_s: float) -> Setting | None:
        setting = (values["zoom"], values["turn"])
        return None if setting == (1.0, 0.0) else setting

    def bend(self, places: Tensor, setting: Setting, aspect: float) -> Tensor:
        zoom, turn = setting
        return turned(places, -turn, 1.0 / zoom)
