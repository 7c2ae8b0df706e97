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


def discriminator_hinge(real: Tensor, fake: Tensor) -> Tensor:
    """L_D = E[max(0, 1 - D(x))] + E[max(0, 1 + D(G(z)))] (arXiv 1705.02894; 1802.05957, eq. 16).

    Logits beyond 1 on the right side pull no more.
    """
    return F.relu(1.0 - real).mean() + F.relu(1.0 + fake).mean()


def discriminator_relativistic(real: Tensor, fake: Tensor) -> Tensor:
    """L_D = E[softplus(-(D(x) - D(G(z))))]: each real image against one generated image.

    Relativistic pairing (arXiv 1807.00734) as in R3GAN (arXiv 2501.05441, section 2).
    """
    return F.softplus(fake - real).mean()


def generator_minimax(fake: Tensor, real: Tensor) -> Tensor:
    """L_G = E[log(1 - D(G(z)))]: the original objective (arXiv 1406.2661), equation 1."""
    return -F.softplus(fake).mean()


def generator_nonsaturating(fake: Tensor, real: Tensor) -> Tensor:
    """L_G = -E[log D(G(z))]: the non-saturating form (arXiv 1406.2661, section 3)."""
    return F.softplus(-fake).mean()


def generator_hinge(fake: Tensor, real: Tensor) -> Tensor:
    """L_G = -E[D(G(z))] (arXiv 1705.02894; 1802.05957, equation 17)."""
    return -fake.mean()


def generator_relativistic(fake: Tensor, real: Tensor) -> Tensor:
    """L_G = E[softplus(-(D(G(z)) - D(x)))]: the pairs of the discriminator, turned round.

    R3GAN (arXiv 2501.05441, section 2).
    """
    return F.softplus(real - fake).mean()


def gradient_penalty(logits: Tensor, examples: Tensor) -> Tensor:
    """E[|grad_x D(x)|^2] over examples (N, ...) that require grad.

    R1 on real images, R2 on generated ones (arXiv 1801.04406, equations 9 and 10).
    """
    (gradient,) = torch.autograd.grad(logits.sum(), examples, create_graph=True)
    return gradient.square().sum(dim=tuple(range(1, gradient.ndim))).mean()


@dataclass(frozen=True, slots=True)
class Loss:
    """A pair of losses under one name: `discriminator(real, fake)` and `generator(fake, real)`.

    `paired` losses know only differences of logits: their generator needs those of as many real
    images, while the others' look at `fake` alone and may be given any tensor for `real`.
    `penalise_fake` asks for R2 beside R1.
    """

    discriminator: Callable[[Tensor, Tensor], Tensor]
    generator: Callable[[Tensor, Tensor], Tensor]
    paired: bool = False
    penalise_fake: bool = False

    def margin(self, real: Tensor, fake: Tensor) -> Tensor:
        """Logits (N, 1), positive where the discriminator is right about a real image."""
        return real - fake if self.paired else real


LOSSES = {
    "nonsaturating": Loss(discriminator_cross_entropy, generator_nonsaturating),
    "minimax": Loss(discriminator_cross_entropy, generator_minimax),
    "hinge": Loss(discriminator_hinge, generator_hinge),
    "rp": Loss(discriminator_relativistic, generator_relativistic, paired=True, penalise_fake=True),
}
