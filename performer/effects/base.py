"""What an effect is: one that bends the picture, one that tints it, or any other."""

from collections.abc import Mapping
from typing import Protocol

from torch import Tensor

WHITE = 255.0

Values = Mapping[str, float]
Setting = tuple[float, ...]


class Effect(Protocol):
    """An image in, an image out; neither may be changed afterwards."""

    def apply(self, image: Tensor, values: Values, dt_s: float) -> Tensor:
        """(1, 3, H, W) float32 within 0..255 to the same; `dt_s` after the frame before."""
        ...

    def clear(self) -> None:
        """Forget all light of earlier frames."""
        ...


class Warp(Protocol):
    """An effect that only moves pixels: it says from where each of them comes.

    Places are (2, H, W) float32, x and y: the picture's middle is 0, its upper and lower edges lie
    at -1 and 1, the left and right ones at -aspect and aspect. Outside, the picture is mirrored.
    """

    def setting(self, values: Values, dt_s: float) -> Setting | None:
        """All on which `bend` depends, or None where the effect is off."""
        ...

    def bend(self, places: Tensor, setting: Setting, aspect: float) -> Tensor:
        """For each place of the warped picture, the place of the picture that is seen there."""
        ...


class Tint(Protocol):
    """An effect on each pixel's colour alone that is a matrix and an offset."""

    def tint(self, values: Values) -> tuple[Setting, float, float]:
        """Hue in degrees and saturation, then gain and offset, of colours within 0..1."""
        ...
