"""From parameter values to one w a layer: seeds, walk, truncation, directions, style."""

import math
from collections import OrderedDict
from collections.abc import Mapping
from typing import Protocol

import torch
from torch import Tensor

from performer.parameters import DIRECTIONS

SEEDS_KEPT = 256
WALK_SEED = 1_000_000
SETTLE = 6.0
TINY = 1e-4
PARALLEL = 1e-5
LAYER_GROUPS = ("coarse", "middle", "fine")


class Drift(Protocol):
    """The way of a generator's weights to those of another."""

    def advance(self, progress: float) -> bool: ...


class Generator(Protocol):
    """What the instrument needs of a network.

    `drift` is the way of its weights to those of a like network, None where there is none. The
    drift's `advance` moves them to `progress` 0..1 of the way, and tells whether they are there.
    """

    device: torch.device
    height_px: int
    width_px: int
    num_ws: int
    z_dim: int
    classes: int
    w_avg: Tensor

    def map(self, z: Tensor, shares: Tensor | None = None) -> Tensor: ...

    def draw(self, ws: Tensor, noise: float) -> Tensor: ...

    def directions(self, count: int) -> Tensor: ...

    def drift(self, goal: "Generator") -> Drift | None: ...


class SeedTable:
    """The latent of each seed: whole numbers are random draws, those between are morphs."""

    def __init__(self, z_dim: int) -> None:
        self._z_dim = z_dim
        self._kept: OrderedDict[int, Tensor] = OrderedDict()

    def whole(self, seed: int) -> Tensor:
        """z (z_dim,) of a whole seed, the same on every machine."""
        if seed not in self._kept:
            random = torch.Generator().manual_seed(seed)
            self._kept[seed] = torch.randn(self._z_dim, generator=random)
            if len(self._kept) > SEEDS_KEPT:
                self._kept.popitem(last=False)
        return self._kept[seed]

    def at(self, seed: float) -> Tensor:
        """z (z_dim,) at any seed."""
        below = math.floor(seed)
        share = seed - below
        if share == 0.0:
            return self.whole(below)
        return slerp(self.whole(below), self.whole(below + 1), share)

    def walk(self, phase: float) -> Tensor:
        """z (z_dim,) on an endless path without corners: a cubic B-spline over random draws."""
        below = math.floor(phase)
        t = phase - below
        weights = (
            (1 - t) ** 3 / 6,
            (3 * t**3 - 6 * t**2 + 4) / 6,
            (-3 * t**3 + 3 * t**2 + 3 * t + 1) / 6,
            t**3 / 6,
        )
        anchors = [self.whole(WALK_SEED + below + i) for i in range(4)]
        return normalise(
            sum((w * z for w, z in zip(weights, anchors, strict=True)), torch.zeros(1))
        )


def sent(values: Tensor, device: torch.device) -> Tensor:
    """Values of the host on the device, without waiting for what a card is computing."""
    if device.type == "cuda":
        return values.contiguous().pin_memory().to(device, non_blocking=True)
    return values.to(device)


def normalise(z: Tensor) -> Tensor:
    """Scale (..., z_dim) to the length that the mapping network expects; zero stays zero."""
    return z * (z.square().mean(dim=-1, keepdim=True) + 1e-12).rsqrt()


def slerp(a: Tensor, b: Tensor, share: float) -> Tensor:
    """From `a` (share 0) to `b` (share 1) on a great circle (Shoemake 1985), lengths mixed.

    Opposite vectors have many great circles: one is chosen, always the same. Where a vector is
    zero, or both have one direction, the way is a line.
    """
    length_a, length_b = a.norm(), b.norm()
    if min(float(length_a), float(length_b)) < TINY:
        return torch.lerp(a, b, share)
    unit_a, unit_b = a / length_a, b / length_b
    cosine = float((unit_a @ unit_b).clamp(-1.0, 1.0))
    across = unit_b - cosine * unit_a
    sine = float(across.norm())
    if sine < PARALLEL:
        if cosine > 0.0:
            return torch.lerp(a, b, share)
        axis = torch.zeros_like(a)
        axis[unit_a.abs().argmin()] = 1.0
        across = axis - (axis @ unit_a) * unit_a
        sine = 0.0
    # Near opposite vectors an arc cosine loses half of the digits.
    angle = share * math.atan2(sine, cosine)
    way = math.cos(angle) * unit_a + math.sin(angle) * across / across.norm()
    return way * torch.lerp(length_a, length_b, share)


class Glide:
    """A vector that follows its target without a corner: a critically damped spring.

    The motion is the exact solution, so it is the same at every frame rate.
    """

    def __init__(self) -> None:
        self.position: Tensor | None = None
        self.velocity: Tensor | None = None

    def follow(self, target: Tensor, glide_s: float, dt_s: float) -> Tensor:
        """Where the vector is after `dt_s`; it has arrived (98%) about `glide_s` later."""
        if self.position is None or self.velocity is None or glide_s < 1e-3:
            self.position, self.velocity = target, torch.zeros_like(target)
            return target
        omega = SETTLE / glide_s
        away = self.position - target
        drift = self.velocity + omega * away
        decay = math.exp(-omega * dt_s)
        self.position = target + (away + drift * dt_s) * decay
        self.velocity = (self.velocity - omega * drift * dt_s) * decay
        return self.position


class Latent:
    """The latent state of the instrument."""

    _pushes: Tensor

    def __init__(self, generator: Generator) -> None:
        self._phase = 0.0
        self._begin(generator)
        self._enter(generator, generator.directions(DIRECTIONS).cpu())

    def take(self, generator: Generator, directions: Tensor) -> None:
        """Go on in another generator; `directions` is (DIRECTIONS, w_dim), on the CPU.

        Seeds, glides and the walk stay where they are, unless its z are of another length.
        """
        if generator.z_dim != self._generator.z_dim:
            self._begin(generator)
        self._enter(generator, directions)

    def drift(self, directions: Tensor, share: float) -> None:
        """Move the directions `share` 0..1 of the way that is left to those of a like generator."""
        self._pushes = torch.lerp(self._pushes, directions, share)

    def _begin(self, generator: Generator) -> None:
        self._seeds = SeedTable(generator.z_dim)
        self._glides = {name: Glide() for name in ("seed", "seed_b", "style.seed")}

    def _enter(self, generator: Generator, directions: Tensor) -> None:
        self._generator, self._pushes = generator, directions
        self._class_glide = Glide()
        self._layers = torch.linspace(0.0, 1.0, generator.num_ws)
        self._groups = _layer_groups(generator.num_ws)

    def advance(self, values: Mapping[str, float], dt_s: float) -> Tensor:
        """Move by `dt_s` towards `values`; returns w of each layer (num_ws, w_dim), on the device.

        Glides, mixes and walks happen in z, which the mapping network normalises: every picture
        on the way is one that the model knows.
        """
        self._phase += values["walk.speed"] * dt_s
        first, second, style = (
            glide.follow(self._seeds.at(values[name]), values["glide"], dt_s)
            for name, glide in self._glides.items()
        )
        z = mix(first, second, values["seed_mix"])
        z = mix(z, self._seeds.walk(self._phase), values["walk.reach"])
        device = self._generator.device
        shares = self._class_shares(values, dt_s)
        z = sent(torch.stack([z, style]), device)
        w, w_style = self._generator.map(z, shares).unbind(dim=0)
        average, psi = self._generator.w_avg, values["psi"]
        pushed = sent(self._coefficients(values) @ self._pushes, device)
        ws = torch.lerp(average, w, psi)[None] + pushed
        share = sent(self._style_shares(values), device)[:, None]
        return torch.lerp(ws, torch.lerp(average, w_style, psi).expand_as(ws), share)

    def _class_shares(self, values: Mapping[str, float], dt_s: float) -> Tensor | None:
        """How much of each class (2, classes), gliding straight from one to the next."""
        if not self._generator.classes:
            return None
        shares = class_shares(values["class"], self._generator.classes)
        shares = self._class_glide.follow(shares, values["glide"], dt_s)
        return sent(shares.expand(2, -1), self._generator.device)

    def _coefficients(self, values: Mapping[str, float]) -> Tensor:
        """How far each layer goes along each direction, (num_ws, DIRECTIONS)."""
        numbers = range(1, DIRECTIONS + 1)
        everywhere = torch.tensor([values[f"direction.{i}"] for i in numbers])
        by_group = torch.tensor([[values[f"{g}.{i}"] for i in numbers] for g in LAYER_GROUPS])
        return everywhere + self._groups @ by_group

    def _style_shares(self, values: Mapping[str, float]) -> Tensor:
        """How much of the style each layer takes, (num_ws,); the range's edges are soft."""
        last = len(self._layers) - 1
        low, high = values["style.low"] * last, values["style.high"] * last
        index = self._layers * last
        inside = (index - low + 1.0).clamp(0, 1) * (high - index + 1.0).clamp(0, 1)
        return inside * values["style.mix"]


def mix(a: Tensor, b: Tensor, share: float) -> Tensor:
    """From z `a` (0) to z `b` (1), kept at the mapping network's length."""
    if share <= 0.0:
        return a
    if share >= 1.0:
        return b
    return normalise(slerp(normalise(a), normalise(b), share))


def class_shares(number: float, classes: int) -> Tensor:
    """How much of each class (classes,): a whole number is one class, those between are two."""
    return (1.0 - (torch.arange(classes) - min(number, classes - 1)).abs()).clamp_min(0.0)


def _layer_groups(num_ws: int) -> Tensor:
    """Which layers are coarse, middle and fine, (num_ws, 3) of zeros and ones."""
    group = torch.arange(num_ws) * len(LAYER_GROUPS) // num_ws
    return torch.nn.functional.one_hot(group, len(LAYER_GROUPS)).float()
