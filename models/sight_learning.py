"""Learns a model's sight from its pictures: where they are, and how long their short ways are."""

import time
from collections.abc import Callable
from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional as F

from models.sight import NEAR, POINTS, Sight, nearby, random_classes, shapes_of

PAIRS = 8000
LONGEST_S, TRIED = 1800.0, 32
SHORT_SIDE_PX = 16
BATCH, EPOCHS, RATE, DECAY = 128, 40, 2e-3, 0.3
PSI = (0.5, 1.1)  # the truncation of what it learns from
LEAST = 1e-6


class Drawing(Protocol):
    """What is needed of a generator that is ready to draw."""

    num_ws: int
    z_dim: int
    classes: int
    device: torch.device
    w_avg: Tensor

    def map(self, z: Tensor, shares: Tensor | None = None) -> Tensor: ...

    def draw(self, ws: Tensor, noise: float) -> Tensor: ...


def learn_sight(
    model: Drawing, pairs: int = PAIRS, stop: Callable[[], bool] = lambda: False
) -> Sight | None:
    """From `pairs` of neighbouring pictures of a model, without its noise.

    None where so many take longer to draw than `LONGEST_S`, or `stop()`. The same sight for the
    same model on the same machine.
    """
    random = torch.Generator().manual_seed(0)
    w = _neighbours(model, pairs, random)
    small = _small(model, w, stop)
    if small is None:
        return None
    points = _principal(small)
    scale = float(points.diff(dim=1).norm() / small.diff(dim=1).norm().clamp_min(LEAST))
    lengths = (small.diff(dim=1).norm(dim=2)[:, 0] * scale).clamp_min(LEAST)
    w, centre = w.cpu(), model.w_avg.cpu()
    spread = float((w - centre).std().clamp_min(LEAST))
    (weight, bias), *others = _learn((w - centre) / spread, points, lengths, random)
    weight = weight / spread
    return Sight(((weight, bias - weight @ centre), *others))


def _neighbours(model: Drawing, pairs: int, random: torch.Generator) -> Tensor:
    """Truncated w of places NEAR each other, (pairs, 2, w_dim), on the device."""
    z = nearby(model.z_dim, pairs, NEAR, random).to(model.device)
    shares = random_classes(model.classes, pairs, random)
    if shares is not None:
        shares = shares.repeat_interleave(2, dim=0).to(z)
    psi = torch.empty(pairs, 1, 1).uniform_(*PSI, generator=random).to(z)
    w = model.map(z.flatten(0, 1), shares).unflatten(0, (pairs, 2))
    return model.w_avg.lerp(w, psi).clone()


def _small(model: Drawing, w: Tensor, stop: Callable[[], bool]) -> Tensor | None:
    """The small pictures of w (pairs, 2, w_dim), flat, (pairs, 2, F), on the host."""
    small: list[Tensor] = []
    begin_s = time.monotonic()
    for pair in w:
        is_tried = len(small) == TRIED
        if stop() or (is_tried and time.monotonic() - begin_s > LONGEST_S * TRIED / len(w)):
            return None
        images = torch.cat(
            [model.draw(each.expand(model.num_ws, -1), 0.0).clone() for each in pair]
        )
        shorter_px = min(images.shape[2:])
        size = [round(SHORT_SIDE_PX * side / shorter_px) for side in images.shape[2:]]
        area = F.interpolate(images.float().clamp(-1.0, 1.0), size, mode="area")
        small.append(area.flatten(1).cpu())
    return torch.stack(small)


def _principal(small: Tensor) -> Tensor:
    """POINTS principal components of (pairs, 2, F), or all, of one scale: (pairs, 2, POINTS)."""
    flat = small.flatten(0, 1).double()
    flat = flat - flat.mean(dim=0)
    axes = torch.linalg.eigh(flat.t() @ flat)[1].flip(1)[:, :POINTS]
    points = F.pad(flat @ axes, (0, POINTS - axes.shape[1])).float().view(*small.shape[:2], POINTS)
    return points / points.std().clamp_min(LEAST)


def _learn(
    w: Tensor, points: Tensor, lengths: Tensor, random: torch.Generator
) -> tuple[tuple[Tensor, Tensor], ...]:
    """The layers that take w (pairs, 2, w_dim) to points whose `lengths` (pairs,) are right."""
    layers = [
        (torch.randn(shape, generator=random) / shape[1] ** 0.5, torch.zeros(shape[0]))
        for shape in shapes_of(w.shape[2])
    ]
    parameters = [each.requires_grad_() for layer in layers for each in layer]
    optimiser = torch.optim.AdamW(parameters, lr=RATE, weight_decay=DECAY)
    steps, sight = EPOCHS * len(w) // BATCH, Sight(tuple(layers))
    for step in range(steps):
        optimiser.param_groups[0]["lr"] = RATE * (1.0 - step / steps)
        chosen = torch.randint(len(w), (BATCH,), generator=random)
        optimiser.zero_grad()
        _loss(sight(w[chosen]), points[chosen], lengths[chosen]).backward()
        optimiser.step()
    return tuple((weight.detach(), bias.detach()) for weight, bias in layers)


def _loss(seen: Tensor, points: Tensor, lengths: Tensor) -> Tensor:
    """Where points are, which way they go, and above all how far, as a ratio."""
    ways, true_ways = seen.diff(dim=1), points.diff(dim=1)
    ratios = (ways.norm(dim=2)[:, 0] + LEAST).log() - lengths.log()
    place = (seen - points).square().mean() / points.var()
    way = (ways - true_ways).square().mean() / true_ways.var().clamp_min(LEAST)
    return place + way + 2.0 * ratios.square().mean()
