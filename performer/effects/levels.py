"""Levels: what is black and what is white already."""

from performer.effects.base import Setting, Values
from performer.effects.tinting import PLAIN

NARROWEST = 0.1


class Levels:
    """The knobs `levels.black` and `levels.white`; where they meet, the picture is a stencil."""

    def tint(self, values: Values) -> tuple[Setting, float, float]:
        black, white = values["levels.black"], values["levels.white"]
        gain = 1.0 / max(white - black, NARROWEST)
        return PLAIN, gain, -black * gain
