"""How much a push in W is seen: the same pictures pushed both ways, with nothing learnt to judge.

A picture is judged by itself made small, which tells composition and colour, and by its
random-convolution features, which tell texture.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

from models.architectures import AnyGenerator
from models.features import Standard, extract
from models.sampling import to_bytes

REFERENCES = 32
SHORT_SIDE_PX = 16
PIXELS_AT_ONCE = 1 << 17  # small batches stay in a processor's cache
APART_MINIMUM = 1e-3


class Visibility:
    """A generator's pictures as points, placed so that any two of them are about 1 apart."""

    def __init__(self, generator: AnyGenerator, w: Tensor) -> None:
        """`w` is (N, w_dim) of random draws; the pictures of the first REFERENCES set the scale."""
        self._generator = generator
        self.pixels = generator.canvas.height_px * generator.canvas.width_px
        small, features = self._look(w[:REFERENCES])
        self._standard = Standard.of(features)
        self._scales = _apart(small), _apart(self._standard(features))

    @torch.no_grad()
    def changes(self, pushes: Tensor, w: Tensor) -> Tensor:
        """What pushes (K, w_dim) change in the pictures of w (N, w_dim): (K, F), on the host.

        The length of a row is how far, on average, the push moves a picture: 1 is another one.
        """
        rows = [self._change(push, w) for push in pushes.to(w)]
        return torch.stack(rows) if rows else torch.zeros(0, 1)

    def _change(self, push: Tensor, w: Tensor) -> Tensor:
        # Half of the way from one side to the other: what both sides share is no direction.
        there, back = (self._points(*self._look(pushed)) for pushed in (w + push, w - push))
        return (there - back).flatten() / (2.0 * len(w) ** 0.5)

    def _look(self, w: Tensor) -> tuple[Tensor, Tensor]:
        """Small pictures and raw features of (N, w_dim), flat, on the host."""
        canvas, num_ws = self._generator.canvas, self._generator.num_ws
        parts = w.split(max(1, PIXELS_AT_ONCE // self.pixels))
        drawn = (self._generator.synthesis(p[:, None].expand(-1, num_ws, -1)) for p in parts)
        images = torch.cat([to_bytes(image) for image in drawn])
        shorter_px = min(canvas.height_px, canvas.width_px)
        size = [round(SHORT_SIDE_PX * side / shorter_px) for side in images.shape[2:]]
        return F.interpolate(images.float(), size, mode="area").flatten(1), extract(images)

    def _points(self, small: Tensor, features: Tensor) -> Tensor:
        """(N, F); both kinds count the same."""
        scales = [scale * 2**0.5 for scale in self._scales]
        return torch.cat([small / scales[0], self._standard(features) / scales[1]], dim=1)


def _apart(points: Tensor) -> float:
    """The mean distance between two of (N, F) points."""
    count = len(points)
    mean = float(torch.cdist(points, points).sum()) / (count * (count - 1))
    return max(mean, APART_MINIMUM)
