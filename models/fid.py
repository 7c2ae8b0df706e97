"""FID and KID: how far apart two sets of images are, from features that a network has of them."""

from dataclasses import dataclass

import torch
from torch import Tensor

from models.metrics import kid

ROWS_AT_ONCE = 4096


@dataclass(frozen=True, slots=True)
class Distances:
    """Between two sets of images; 0 where they are of one distribution."""

    fid: float  # never below 0, and the fewer images, the larger by chance alone
    kid: float  # below 0 by chance alone; its mean does not depend on the number of images


def distances(fake: Tensor, real: Tensor) -> Distances:
    """Between features (M, F) and (N, F), at least 2 of each."""
    return Distances(frechet_distance(fake, real), kid(fake, real))


def distances_of_halves(features: Tensor, seed: int = 0) -> Distances:
    """Between one half of (N, F) and the other, drawn by lot; N is at least 4."""
    order = torch.randperm(len(features), generator=torch.Generator().manual_seed(seed))
    half = len(features) // 2
    return distances(features[order[:half]], features[order[half : 2 * half]])


def frechet_distance(x: Tensor, y: Tensor) -> float:
    """|m_x - m_y|^2 + tr(S_x + S_y - 2 (S_x S_y)^(1/2)) of (M, F) and (N, F), in float64.

    Heusel et al. (arXiv 1706.08500), m the means and S the unbiased covariances. With S = R'R of
    each set, S_x S_y has the eigenvalues of (R_x R_y')(R_x R_y')', so that the trace of its root
    is the sum of the singular values of R_x R_y'.
    """
    (mean_x, root_x), (mean_y, root_y) = _moments(x), _moments(y)
    traces = root_x.square().sum() + root_y.square().sum()
    common = torch.linalg.svdvals(root_x @ root_y.t()).sum()
    distance = (mean_x - mean_y).square().sum() + traces - 2 * common
    return max(float(distance), 0.0)


def _moments(x: Tensor) -> tuple[Tensor, Tensor]:
    """Mean (F,) and R (at most F, F) with R'R the unbiased covariance of (N, F)."""
    mean = x.mean(dim=0, dtype=torch.float64)
    root = torch.empty(0, x.shape[1], dtype=torch.float64)
    # In parts, for all rows at once as float64 may be too much to hold.
    for part in x.split(ROWS_AT_ONCE):
        root = torch.linalg.qr(torch.cat([root, part.double() - mean]), mode="r").R
    return mean, root / (len(x) - 1) ** 0.5
