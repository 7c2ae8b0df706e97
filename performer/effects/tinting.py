"""All tints that follow each other, as one product of matrix and colours."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from performer.effects.base import WHITE, Setting, Tint, Values

# The YIQ axes of colour (NTSC, 1953): turning I and Q turns the hue.
TO_YIQ = torch.tensor([[0.299, 0.587, 0.114], [0.596, -0.274, -0.322], [0.211, -0.523, 0.312]])
FROM_YIQ = torch.linalg.inv(TO_YIQ)
PLAIN = (0.0, 1.0)


def chroma(hue: float, saturation: float) -> Tensor:
    """The matrix (3, 3) that turns RGB colours by `hue` degrees; grey stays grey."""
    turn = math.radians(hue)
    cosine, sine = saturation * math.cos(turn), saturation * math.sin(turn)
    matrix = torch.tensor([[1.0, 0.0, 0.0], [0.0, cosine, -sine], [0.0, sine, cosine]])
    return FROM_YIQ @ matrix @ TO_YIQ


def product(matrix: Tensor, image: Tensor) -> Tensor:
    """The colours of an image (1, 3, H, W), each multiplied by a matrix (3, 3)."""
    # A 1x1 convolution waits for all threads, which costs more than it saves.
    return (matrix @ image.reshape(3, -1)).view(image.shape)


class Tinting:
    """Tints as one gain and offset, and one matrix where hue or saturation are asked for.

    Grey is an eigenvector of every such matrix, so gains and offsets may be gathered apart.
    """

    def __init__(self, tints: Sequence[Tint], *, is_first: bool) -> None:
        """`is_first`: of the whole chain; it takes the generator's -1..1."""
        self._tints, self._is_first = tuple(tints), is_first
        self._kept: tuple[object, Tensor] | None = None

    def apply(self, image: Tensor, values: Values, dt_s: float) -> Tensor:
        """The image tinted, within 0..255."""
        gain, offset = (0.5, 0.5) if self._is_first else (1.0 / WHITE, 0.0)
        turns = []
        for each in self._tints:
            turn, factor, added = each.tint(values)
            gain, offset = gain * factor, offset * factor + added
            if turn != PLAIN:
                turns.append(turn)
        if not (self._is_first or turns or (gain, offset) != (1.0 / WHITE, 0.0)):
            return image
        gain, offset = gain * WHITE, offset * WHITE
        if not turns:
            return (image * gain).add_(offset).clamp_(0.0, WHITE)
        matrix = self._matrix(tuple(turns), gain, image)
        return product(matrix, image).add_(offset).clamp_(0.0, WHITE)

    def clear(self) -> None:
        """A tint holds no light."""

    def _matrix(self, turns: tuple[Setting, ...], gain: float, image: Tensor) -> Tensor:
        asked = (turns, gain, image.device)
        if self._kept is None or self._kept[0] != asked:
            matrix = torch.eye(3) * gain
            for turn in turns:
                matrix = chroma(*turn) @ matrix
            self._kept = (asked, matrix.to(image.device))
        return self._kept[1]
