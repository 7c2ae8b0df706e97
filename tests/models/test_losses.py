"""The losses are the papers' formulas, finite where these overflow, and point the right way."""

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from models.losses import LOSSES, gradient_penalty

Literal = Callable[[Tensor, Tensor], Tensor]


def logits(seed: int) -> Tensor:
    random = torch.Generator().manual_seed(seed)
    return torch.randn(32, 1, generator=random, dtype=torch.float64) * 3


def literal_discriminator(real: Tensor, fake: Tensor) -> Tensor:
    """L_D = -E[log D(x)] - E[log(1 - D(G(z)))]."""
    return -torch.log(torch.sigmoid(real)).mean() - torch.log(1 - torch.sigmoid(fake)).mean()


def literal_hinge(real: Tensor, fake: Tensor) -> Tensor:
    """L_D = E[max(0, 1 - D(x))] + E[max(0, 1 + D(G(z)))]."""
    zero = torch.zeros_like(real)
    return torch.maximum(zero, 1 - real).mean() + torch.maximum(zero, 1 + fake).mean()


def literal_pairs(better: Tensor, worse: Tensor) -> Tensor:
    """E[-log sigmoid(better - worse)], pair by pair."""
    terms = [
        -math.log(1 / (1 + math.exp(float(w - b)))) for b, w in zip(better, worse, strict=True)
    ]
    return torch.tensor(sum(terms) / len(terms), dtype=better.dtype)


LITERAL: dict[str, tuple[Literal, Literal]] = {
    # L_G = -E[log D(G(z))]
    "nonsaturating": (literal_discriminator, lambda f, r: -torch.log(torch.sigmoid(f)).mean()),
    # L_G = E[log(1 - D(G(z)))]
    "minimax": (literal_discriminator, lambda f, r: torch.log(1 - torch.sigmoid(f)).mean()),
    "hinge": (literal_hinge, lambda f, r: -f.mean()),
    "rp": (literal_pairs, literal_pairs),
}


def test_every_loss_has_its_literal_formula_here() -> None:
    assert set(LITERAL) == set(LOSSES)


@pytest.mark.parametrize("name", sorted(LOSSES))
def test_a_loss_equals_its_literal_formula(name: str) -> None:
    real, fake = logits(1), logits(2)
    discriminator, generator = LITERAL[name]
    torch.testing.assert_close(LOSSES[name].discriminator(real, fake), discriminator(real, fake))
    torch.testing.assert_close(LOSSES[name].generator(fake, real), generator(fake, real))


def test_where_the_literal_formula_overflows() -> None:
    extreme = torch.tensor([[1e4], [-1e4]])
    assert not torch.isfinite(literal_discriminator(extreme, extreme))


@pytest.mark.parametrize("name", sorted(LOSSES))
def test_a_loss_and_its_gradient_are_finite_for_any_logit(name: str) -> None:
    real = torch.tensor([[1e4], [-1e4], [1e4], [-1e4]], requires_grad=True)
    fake = torch.tensor([[1e4], [1e4], [-1e4], [-1e4]], requires_grad=True)
    loss = LOSSES[name]
    for value in (loss.discriminator(real, fake), loss.generator(fake, real)):
        gradient = torch.autograd.grad(value, (real, fake), allow_unused=True)[1]
        assert torch.isfinite(value) and torch.isfinite(gradient).all()


@pytest.mark.parametrize("name", sorted(LOSSES))
def test_descent_separates_real_from_fake_and_lifts_fakes(name: str) -> None:
    # Within 1 of zero the hinge pulls on every logit, too.
    real, fake = ((logits(seed) / 20).requires_grad_() for seed in (1, 2))
    to_real, to_fake = torch.autograd.grad(LOSSES[name].discriminator(real, fake), (real, fake))
    assert (to_real < 0).all(), "the discriminator raises the logits of real images"
    assert (to_fake > 0).all(), "and lowers those of generated ones"
    (to_fake,) = torch.autograd.grad(LOSSES[name].generator(fake, real), fake)
    assert (to_fake < 0).all(), "the generator raises the logits of its images"


def test_the_hinge_leaves_logits_beyond_one_alone() -> None:
    real = torch.tensor([[1.5], [0.5]], requires_grad=True)
    fake = torch.tensor([[-1.5], [-0.5]], requires_grad=True)
    to_real, to_fake = torch.autograd.grad(LOSSES["hinge"].discriminator(real, fake), (real, fake))
    assert to_real.tolist() == [[0.0], [-0.5]] and to_fake.tolist() == [[0.0], [0.5]]


@pytest.mark.parametrize("name", sorted(LOSSES))
def test_only_a_paired_loss_looks_at_real_logits_and_at_nothing_but_differences(name: str) -> None:
    real, fake = logits(1), logits(2)
    loss = LOSSES[name]
    if loss.paired:
        moved = loss.generator(fake + 7, real + 7), loss.discriminator(real + 7, fake + 7)
        torch.testing.assert_close(
            moved, (loss.generator(fake, real), loss.discriminator(real, fake))
        )
        assert torch.equal(loss.margin(real, fake), real - fake)
    else:
        assert torch.equal(loss.generator(fake, torch.zeros(0)), loss.generator(fake, real))
        assert torch.equal(loss.margin(real, fake), real)


def test_relativistic_pairing_asks_for_r2() -> None:
    assert [name for name, loss in LOSSES.items() if loss.penalise_fake] == ["rp"]


def test_only_the_nonsaturating_loss_still_pulls_when_the_discriminator_is_sure() -> None:
    pull = {}
    for name in ("minimax", "nonsaturating"):
        fake = torch.full((4, 1), -20.0, requires_grad=True)
        (gradient,) = torch.autograd.grad(LOSSES[name].generator(fake, fake.detach()), fake)
        pull[name] = float(gradient.abs().sum())
    assert pull["nonsaturating"] > 0.99
    assert pull["minimax"] < 1e-6


def test_the_gradient_penalty_equals_finite_differences() -> None:
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
    penalty = gradient_penalty(critic(images), images)
    assert float(penalty.detach()) == pytest.approx(squares / 3, rel=1e-6)
    assert penalty.requires_grad, "it can be trained on"
