"""Which channels of a layer answer alike: found by k-means on a model's own pictures."""

import torch
from torch import Tensor
from torch.nn import functional as F

GROUPS = 4
ROUNDS = 12


def groups_in(features: Tensor) -> Tensor:
    """The number of each channel's group, 1..GROUPS, (C,) int64, out of features (N, C, h, w).

    Channels are alike where their maps have the same form, however strong they are. Group 1 has
    the most channels. The same features always make the same groups.
    """
    maps = features.transpose(0, 1).flatten(1)
    points = F.normalize(maps - maps.mean(dim=1, keepdim=True), dim=1)
    centres = _first_centres(points)
    for _ in range(ROUNDS):
        labels = (points @ centres.t()).argmax(dim=1)
        sums = torch.zeros_like(centres).index_add_(0, labels, points)
        centres = F.normalize(sums, dim=1)
    sizes = torch.bincount(labels, minlength=len(centres))
    rank = sizes.argsort(descending=True, stable=True).argsort()
    return rank[labels] + 1


def _first_centres(points: Tensor) -> Tensor:
    """Points far from each other: the first is the one most like all others."""
    chosen = [int((points @ points.sum(dim=0)).argmax())]
    while len(chosen) < min(GROUPS, len(points)):
        nearest = (points @ points[chosen].t()).amax(dim=1)
        chosen.append(int(nearest.argmin()))
    return points[chosen]
