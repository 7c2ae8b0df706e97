"""A sketch: an engine's pictures without their finest level, for about half of the work."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

Draw = Callable[[Tensor, float], Tensor]


class Sketch:
    """Draws what another engine draws, a little softer, in the same size.

    In a network whose levels each add to the image (arXiv 1912.04958, section 4.1) that of the
    level below is a picture already. What the finest level adds on average is added.
    """

    @torch.inference_mode()
    def __init__(self, coarse: Draw, whole: Draw, samples: Sequence[Tensor]) -> None:
        """Both draw ws (num_ws, w_dim) to (1, 3, H, W); `samples` are some ws."""
        self._coarse = coarse
        lacks = [(whole(ws, 1.0) - coarse(ws, 1.0)).mean(dim=(2, 3)) for ws in samples]
        self._lacks = torch.stack(lacks).mean(dim=0)[:, :, None, None]

    @torch.inference_mode()
    def draw(self, ws: Tensor, noise: float) -> Tensor:
        """w of each layer (num_ws, w_dim) to an image (1, 3, H, W), most of it within -1..1."""
        return self._coarse(ws, noise) + self._lacks
