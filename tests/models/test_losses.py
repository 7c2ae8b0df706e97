"""The losses are the papers' formulas, finite where these overflow, and point the right way."""

import pytest
import torch
from torch import Tensor

from models.losses import LOSSES, r1_penalty


def logits(seed: int) -> Tensor:
    random = torch.Generator().manual_seed(seed)
    return torch.randn(32, 1, generator=random, dtype=torch.float64) * 3


def literal_discriminator(real: Tensor, fake: Tensor) -> Tensor:
    """L_D = -E[log D(x)] - E[log(1 - D(G(z)))]."""
    return -torch.log(torch.sigmoid(real)).mean() - torch.log(1 - torch.sigmoid(fake)).mean()


def literal_minimax(fake: Tensor) -> Tensor:
    """L_G = E[log(1 - D(G(z)))]."""
    return torch.log(1 - torch.sigmoid(fake)).mean()


def literal_nonsaturating(fake: Tensor) -> Tensor:
    """L_G = -E[log D(G(z))]."""
    return -torch.log(torch.sigmoid(fake)).mean()


LITERAL_GENERATOR = {"minimax": literal_minimax, "nonsaturating": literal_nonsaturating}


def test_both_losses_of_the_papers_are_there() -> None:
    assert set(LITERAL_GENERATOR) <= set(LOSSES)


@pytest.mark.parametrize("name", sorted(LITERAL_GENERATOR))
def test_a_loss_equals_its_literal_formula(name: str) -> None:
    real, fake = logits(1), logits(2)
    loss = LOSSES[name]
    torch.testing.assert_close(loss.discriminator(real, fake), literal_discriminator(real, fake))
    torch.testing.assert_close(loss.generator(fake), LITERAL_GENERATOR[name](fake))


@pytest.mark.parametrize("name", sorted(LITERAL_GENERATOR))
def test_a_loss_and_its_gradient_are_finite_for_any_logit(name: str) -> None:
    extreme = torch.tensor([[1e4], [-1e4]], requires_grad=True)
    assert not torch.isfinite(literal_discriminator(extreme, extreme))
    assert not torch.isfinite(LITERAL_GENERATOR[name](extreme))
    loss = LOSSES[name]
    for value in (loss.discriminator(extreme, extreme), loss.generator(extreme)):
        (gradient,) = torch.autograd.grad(value, extreme)
        assert torch.isfinite(value) and torch.isfinite(gradient).all()


@pytest.mark.parametrize("name", sorted(LITERAL_GENERATOR))
def test_descent_separates_real_from_fake_and_lifts_fakes(name: str) -> None:
    real, fake = logits(1).requires_grad_(), logits(2).requires_grad_()
    to_real, to_fake = torch.autograd.grad(LOSSES[name].discriminator(real, fake), (real, fake))
    assert (to_real < 0).all(), "the discriminator raises the logits of real images"
    assert (to_fake > 0).all(), "and lowers those of generated ones"
    (to_fake,) = torch.autograd.grad(LOSSES[name].generator(fake), fake)
    assert (to_fake < 0).all(), "the generator raises the logits of its images"


def test_only_the_nonsaturating_loss_still_pulls_when_the_discriminator_is_sure() -> None:
    pull = {}
    for name in LITERAL_GENERATOR:
        fake = torch.full((4, 1), -20.0, requires_grad=True)
        (gradient,) = torch.autograd.grad(LOSSES[name].generator(fake), fake)
        pull[name] = float(gradient.abs().sum())
    assert pull["nonsaturating"] > 0.99
    assert pull["minimax"] < 1e-6


def test_r1_equals_finite_differences() -> None:
    random = torch.Generator().manual_seed(0)
    images = torch.randn(3, 3, 2, 2, generator=random, dtype=torch.float64)
    weight = torch.randn(12, generator=random, dtype=torch.float64)

    def critic(x: Tensor) -> Tensor:
        return torch.tanh(x.flatten(1) @ weight)[:, None] + x.pow(3).sum(dim=(1, 2, 3))[:, None]

    step, squares = 1e-5, 0.0
    for index in torch.cartesian_prod(*(torch.arange(side) for side in images.shape)):
        nudge = torch.zeros_like(images)
        nudge[tuple(index)] = step
        slope = (critic(images + nudge) - critic(images - nudge)).sum() / (2 * step)
        squares += float(slope) ** 2
    images.requires_grad_()
    penalty = r1_penalty(critic(images), images)
    assert float(penalty.detach()) == pytest.approx(squares / 3, rel=1e-6)
    assert penalty.requires_grad, "it can be trained on"
