"""The adversarial losses, one pure function each, on logits (N, 1); positive means real."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F


def discriminator_cross_entropy(real: Tensor, fake: Tensor) -> Tensor:
    """L_D = -E[log D(x)] - E[log(1 - D(G(z)))], D = sigmoid(logit).

    Goodfellow et al. (arXiv 1406.2661), equation 1; softplus keeps it finite for any logit.
    """
    return F.softplus(-real).mean() + F.softplus(fake).mean()


def generator_minimax(fake: Tensor) -> Tensor:
    """L_G = E[log(1 - D(G(z)))]: the original objective (arXiv 1406.2661), equation 1."""
    return -F.softplus(fake).mean()


def generator_nonsaturating(fake: Tensor) -> Tensor:
    """L_G = -E[log D(G(z))]: the non-saturating form (arXiv 1406.2661, section 3)."""
    return F.softplus(-fake).mean()


def r1_penalty(logits: Tensor, images: Tensor) -> Tensor:
    """R1 = E[|grad_x D(x)|^2] on real images (N, 3, H, W) that require grad (arXiv 1801.04406)."""
    (gradient,) = torch.autograd.grad(logits.sum(), images, create_graph=True)
    return gradient.square().sum(dim=(1, 2, 3)).mean()


@dataclass(frozen=True, slots=True)
class Loss:
    """A pair of losses under one name."""

    discriminator: Callable[[Tensor, Tensor], Tensor]
    generator: Callable[[Tensor], Tensor]


LOSSES = {
    "minimax": Loss(discriminator_cross_entropy, generator_minimax),
    "nonsaturating": Loss(discriminator_cross_entropy, generator_nonsaturating),
}
