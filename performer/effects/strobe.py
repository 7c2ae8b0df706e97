"""Strobe: the picture goes dark and comes back, many times a second."""

import math

from torch import Tensor

from performer.effects.base import Values


class Strobe:
    """The knobs `strobe.amount` (how dark) and `strobe.rate`; each turn is half light."""

    def __init__(self) -> None:
        self._phase = 0.0

    def apply(self, image: Tensor, values: Values, dt_s: float) -> Tensor:
        amount = values["strobe.amount"]
        if amount <= 0.0:
            self._phase = 0.0
            return image
        before, self._phase = self._phase, self._phase + values["strobe.rate"] * dt_s
        return image * (1.0 - amount * (1.0 - light(before, self._phase)))

    def clear(self) -> None:
        self._phase = 0.0


def light(begin: float, end: float) -> float:
    """The share 0..1 of the way from one phase to another at which there is light.

    A frame shows the average of its time, else a rate near the frames' would beat with them.
    """
    if end <= begin:
        return float(begin % 1.0 < 0.5)
    return (_lit(end) - _lit(begin)) / (end - begin)


def _lit(phase: float) -> float:
    whole = math.floor(phase)
    return whole * 0.5 + min(phase - whole, 0.5)
