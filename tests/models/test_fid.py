"""FID and KID on features whose distance is known."""

import pytest
import torch
from torch import Tensor

from models.fid import ROWS_AT_ONCE, distances, distances_of_halves, frechet_distance
from models.metrics import kid

LENGTH = 6


def normal(count: int, length: int = LENGTH, seed: int = 0) -> Tensor:
    random = torch.Generator().manual_seed(seed)
    return torch.randn(count, length, generator=random, dtype=torch.float64)


def gaussian(mean: Tensor, root: Tensor, count: int = 200, seed: int = 0) -> Tensor:
    """Points of exactly this mean, and of the covariance root' root."""
    white = normal(count, len(mean), seed)
    white = torch.linalg.qr(white - white.mean(dim=0)).Q * (count - 1) ** 0.5
    return white @ root + mean


def by_definition(x: Tensor, y: Tensor) -> float:
    """The formula as it stands, by the eigenvalues of the product of the covariances."""
    covariances = torch.cov(x.t()), torch.cov(y.t())
    root = torch.linalg.eigvals(covariances[0] @ covariances[1]).real.clamp_min(0).sqrt().sum()
    traces = sum(float(covariance.trace()) for covariance in covariances)
    return float((x.mean(dim=0) - y.mean(dim=0)).square().sum()) + traces - 2 * float(root)


def test_equal_covariances_leave_the_distance_of_the_means() -> None:
    x, shift = normal(50), torch.arange(6.0, dtype=torch.float64)
    assert frechet_distance(x, x + shift) == pytest.approx(55, rel=1e-12)
    assert frechet_distance(x.float(), (x + shift).float()) == pytest.approx(55, rel=1e-5)


def test_axes_of_known_lengths() -> None:
    """Of diagonal covariances it is the sum of (a - b)^2 over the standard deviations."""
    zero = torch.zeros(3, dtype=torch.float64)
    a, b = (torch.tensor(values).double() for values in ([1.0, 2.0, 0.0], [4.0, 2.5, 0.5]))
    x, y = gaussian(zero, a.diag()), gaussian(zero, b.diag(), count=90, seed=1)
    assert frechet_distance(x, y) == pytest.approx(9 + 0.25 + 0.25, rel=1e-10)


def test_scaling_all_by_two() -> None:
    x = normal(100)
    x = x - x.mean(dim=0)
    spread = float(torch.cov(x.t()).trace())
    assert frechet_distance(x, 2 * x) == pytest.approx(spread, rel=1e-12)


@pytest.mark.parametrize("counts", [(30, 40), (5, 40), (4, 3), (2 * ROWS_AT_ONCE + 5, 50)])
def test_it_is_the_formula(counts: tuple[int, int]) -> None:
    """With fewer points than features, and with more than are held at once."""
    mixture = normal(LENGTH, seed=2)
    x, y = normal(counts[0]) @ mixture + 3, normal(counts[1], seed=1).abs()
    assert frechet_distance(x, y) == pytest.approx(by_definition(x, y), rel=1e-6)
    assert frechet_distance(y, x) == pytest.approx(frechet_distance(x, y), rel=1e-10)


@pytest.mark.parametrize("count", [5, 300])
def test_a_set_is_at_no_distance_from_itself(count: int) -> None:
    features = normal(count, 64).abs().float()
    mixed = features[torch.randperm(count, generator=torch.Generator().manual_seed(1))]
    assert 0 <= frechet_distance(features, mixed) < 1e-9
    assert frechet_distance(features, features + 0.01) == pytest.approx(64e-4, rel=1e-3)


def test_distances_hold_both() -> None:
    x, y = normal(30).float(), normal(40, seed=1).float() + 1
    found = distances(x, y)
    assert (found.fid, found.kid) == (frechet_distance(x, y), kid(x, y))


def test_halves_are_of_one_kind_and_fewer_are_further_apart() -> None:
    few, many = (distances_of_halves(normal(count, 32).float()) for count in (100, 4000))
    assert 0 < many.fid < 0.5 < 5 < few.fid
    assert abs(many.kid) < 0.05
    assert distances_of_halves(normal(101, 32).float(), seed=3).fid > 5


def test_halves_share_no_image() -> None:
    """Of four corners each two are at the distance 1 + 1 + 1, whichever they are."""
    assert distances_of_halves(torch.eye(4)).fid == pytest.approx(3)
