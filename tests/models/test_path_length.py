"""Path length: the norm of J^T y against a known Jacobian, its mean, and when it is due."""

import pytest
import torch
from tiny import draws
from torch import Tensor

from models.path_length import PathLength, path_lengths


def linear(ws: Tensor, jacobian: Tensor) -> Tensor:
    """An image (N, 3, 2, 4) that is a linear function of ws (N, 2, 5)."""
    return torch.einsum("nlw,lwp->np", ws, jacobian).reshape(-1, 3, 2, 4)


def example(n: int = 6) -> tuple[Tensor, Tensor]:
    torch.manual_seed(0)
    jacobian = torch.randn(2, 5, 24, dtype=torch.float64)
    return torch.randn(n, 2, 5, dtype=torch.float64, requires_grad=True), jacobian


def test_the_length_is_the_norm_of_the_jacobian_times_noise() -> None:
    ws, jacobian = example()
    images = linear(ws, jacobian)
    noise = draws(6, seed=1).normal(3, 2, 4).flatten(1).double() / 8**0.5
    lengths = path_lengths(images, ws, draws(6, seed=1))
    for length, y in zip(lengths, noise, strict=True):
        squares = [float((jacobian[layer] @ y).square().sum()) for layer in range(2)]
        assert float(length) == pytest.approx((sum(squares) / 2) ** 0.5)


def test_the_penalty_is_the_weighted_deviation_from_the_running_mean() -> None:
    penalise = PathLength(weight=2.0).double()
    a = 0.0
    for seed in range(3):
        ws, jacobian = example()
        lengths = path_lengths(linear(ws, jacobian), ws, draws(6, seed))
        penalty = penalise(lengths)
        assert float(penalty) == pytest.approx(2 * 4 * float((lengths - a).square().mean()))
        penalise.observe(lengths.mean())
        a += 0.01 * (float(lengths.mean()) - a)
        assert float(penalise.mean) == pytest.approx(a)
    assert not penalise.mean.requires_grad


def test_descent_brings_lengths_towards_the_mean() -> None:
    ws, jacobian = example()
    scale = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
    penalise = PathLength(weight=2.0).double()
    for mean, sign in ((0.0, 1.0), (1000.0, -1.0)):
        penalise.mean.fill_(mean)
        (slope,) = torch.autograd.grad(
            penalise(path_lengths(linear(ws, jacobian * scale), ws, draws(6))), scale
        )
        assert float(slope) * sign > 0


@pytest.mark.parametrize(("weight", "steps"), [(0.0, []), (2.0, [0, 4, 8])])
def test_it_is_due_every_fourth_step_and_never_without_a_weight(
    weight: float, steps: list[int]
) -> None:
    penalise = PathLength(weight)
    assert [step for step in range(10) if penalise.due(step)] == steps
    assert list(penalise.state_dict()) == (["mean"] if weight else [])
