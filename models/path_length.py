"""Path-length regularisation: a step in w changes the image as much anywhere in w.

Karras et al., "Analyzing and Improving the Image Quality of StyleGAN" (arXiv 1912.04958),
section 3.2. What w does becomes smooth, which is what one plays.
"""

import math

import torch
from torch import Tensor, nn

from models.draws import Draws

EVERY_STEPS = 4
EVERY_ROWS = 2
MEAN_BETA = 0.01


def path_lengths(images: Tensor, ws: Tensor, draws: Draws) -> Tensor:
    """|J_w^T y| of each image (N, 3, H, W) drawn from ws (N, num_ws, w_dim) that require grad.

    y is normal noise, divided by sqrt(H W) so that lengths are alike on every canvas. Each layer
    has its own w; (N,) is the root mean square over the layers.
    """
    noise = draws.normal(*images.shape[1:]) / math.sqrt(images.shape[2] * images.shape[3])
    (gradient,) = torch.autograd.grad((images * noise).sum(), ws, create_graph=True)
    return gradient.square().sum(dim=2).mean(dim=1).sqrt()


class PathLength(nn.Module):
    """E[(|J_w^T y| - a)^2], where `a` is the running mean of the lengths."""

    mean: Tensor

    def __init__(self, weight: float) -> None:
        """`weight` 0 is a run without it, which has nothing to save."""
        super().__init__()
        self.weight = weight
        self.register_buffer("mean", torch.zeros([]), persistent=weight > 0)

    def due(self, step: int) -> bool:
        """Whether a step is one of those that pay for the others."""
        return self.weight > 0 and step % EVERY_STEPS == 0

    def forward(self, lengths: Tensor) -> Tensor:
        """The weighted penalty (scalar) of (N,) path lengths."""
        return self.weight * EVERY_STEPS * (lengths - self.mean).square().mean()

    @torch.no_grad()
    def observe(self, mean_length: Tensor) -> None:
        """Move the running mean towards the mean length (scalar) of a step."""
        self.mean.lerp_(mean_length, MEAN_BETA)
