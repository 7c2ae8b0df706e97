"""Gamma: the mid tones lighter or darker, black and white as they are."""

from torch import Tensor

from performer.effects.base import WHITE, Values


class Gamma:
    """The knob `gamma`: above 1 the mid tones are lighter."""

    def apply(self, image: Tensor, values: Values, dt_s: float) -> Tensor:
        if values["gamma"] == 1.0:
            return image
        return (image / WHITE).pow_(1.0 / values["gamma"]).mul_(WHITE)

    def clear(self) -> None:
        """Nothing is held."""
