"""From parameter values to one w a layer: seeds, walk, truncation, directions, style."""

import math
from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence
from copy import copy
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from performer.bends import Bend
from performer.pace import EASE_S, SPACING, Walk
from performer.parameters import DIRECTIONS

SEEDS_KEPT = 256
WALK_SEED = 1_000_000
SETTLE = 6.0
ARRIVED = 4.0  # glides; what is left of the way by then is less than float32 can tell
TINY = 1e-4
PARALLEL = 1e-5
LAYER_GROUPS = ("coarse", "middle", "fine")
PUSHES = [
    [f"{layers}.{i}" for i in range(1, DIRECTIONS + 1)] for layers in ("direction", *LAYER_GROUPS)
]
SEEDS = ("seed", "seed_b", "style.seed")


class Drift(Protocol):
    """The way of a generator's weights to those of another."""

    def advance(self, progress: float) -> bool: ...


class Blend(Protocol):
    """A network between two of equal shapes."""

    def at(self, shares: Sequence[float]) -> "Pliant":
        """With so much of the second, 0..1 for each w; good until the next call."""
        ...


class Pliant(Protocol):
    """A network whose features can be bent, and whose weights can be blended with another's.

    `blend` is None where the other has other shapes.
    """

    def draw(self, ws: Tensor, noise: float, bends: Sequence[Bend] = ()) -> Tensor: ...

    def blend(self, other: "Pliant") -> Blend | None: ...


class Sketch(Protocol):
    """A network that draws about the same pictures in less time."""

    def draw(self, ws: Tensor, noise: float) -> Tensor: ...


class Generator(Protocol):
    """What the instrument needs of a network.

    `pliant` draws the same pictures, bent or blended; None where no engine can. `sketch` draws them
    softer and sooner; None where nothing was prepared for that.

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

    @property
    def pliant(self) -> Pliant | None: ...

    @property
    def sketch(self) -> Sketch | None: ...

    def map(self, z: Tensor, shares: Tensor | None = None) -> Tensor: ...

    def draw(self, ws: Tensor, noise: float) -> Tensor: ...

    def changes(self, z: Tensor, shares: Tensor | None, psi: float) -> Tensor:
        """How visibly each of z (N, z_dim) differs from the next one, (N - 1,), on the host.

        1 is as much as places a radian apart in z do on average at this psi.
        """
        ...

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
        anchors = [self.whole(WALK_SEED + below + i) for i in range(4)]
        weights = spline_weights(phase - below)
        return normalise(
            sum((w * z for w, z in zip(weights, anchors, strict=True)), torch.zeros(1))
        )

    def around(self, phase: float) -> Tensor:
        """z (3, z_dim) of the walk SPACING before a phase, there, and SPACING after."""
        first = math.floor(phase - SPACING)
        anchors = torch.stack([self.whole(WALK_SEED + first + i) for i in range(5)])
        rows = []
        for place in (phase - SPACING, phase, phase + SPACING):
            later = math.floor(place) - first
            weights = spline_weights(place - math.floor(place))
            rows.append([0.0] * later + list(weights) + [0.0] * (1 - later))
        return normalise(torch.tensor(rows) @ anchors)


def spline_weights(t: float) -> tuple[float, float, float, float]:
    """Those of the four anchors of a uniform cubic B-spline, 0..1 of the way between two."""
    return (
        (1 - t) ** 3 / 6,
        (3 * t**3 - 6 * t**2 + 4) / 6,
        (-3 * t**3 + 3 * t**2 + 3 * t + 1) / 6,
        t**3 / 6,
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
        self._target: Tensor | None = None
        self._glides = 0.0

    def follow(self, target: Tensor, glide_s: float, dt_s: float) -> Tensor:
        """Where the vector is after `dt_s`; it has arrived (98%) about `glide_s` later."""
        if self.position is None or self.velocity is None or glide_s < 1e-3:
            self.position, self.velocity = target, torch.zeros_like(target)
            return target
        if target is not self._target:
            self._target, self._glides = target, 0.0
        if self.position is target:
            return target
        self._glides += dt_s / glide_s
        if self._glides > ARRIVED:
            self.position, self.velocity = target, torch.zeros_like(target)
            return target
        omega = SETTLE / glide_s
        away = self.position - target
        drift = self.velocity + omega * away
        decay = math.exp(-omega * dt_s)
        self.position = target + (away + drift * dt_s) * decay
        self.velocity = (self.velocity - omega * drift * dt_s) * decay
        return self.position


class Corner(Protocol):
    """A picture that takes part in the whole by its `share` 0..1.

    `pictures` are its seeds and class, where they are not the parameters'; `walk` is where its
    wander begins, None where the parameters' is.
    """

    @property
    def share(self) -> float: ...

    @property
    def pictures(self) -> Mapping[str, float]: ...

    @property
    def walk(self) -> float | None: ...


class Voice:
    """A picture in motion: where its seeds and its class glide, and where its walk stands."""

    def __init__(self, phase: float = 0.0) -> None:
        self.walk = Walk(phase)
        self.plain_s = 0.0  # until its walk keeps an even pace, the last EASE_S of it more and more
        self.glides = {name: Glide() for name in SEEDS}
        self.class_glide = Glide()
        self.held: Mapping[str, float] = {}

    def branch(self, **held: float) -> "Voice":
        """Another that goes on from here by itself, at the `held` seeds and class."""
        voice = Voice(self.walk.phase)
        voice.plain_s = self.plain_s
        voice.glides = {name: copy(glide) for name, glide in self.glides.items()}
        voice.class_glide = copy(self.class_glide)
        voice.held = held
        return voice

    def twin(self) -> "Voice":
        """Another that moves as this one does."""
        return self.branch(**self.held)

    def renew(self, names: Collection[str]) -> None:
        """Let these begin at their next values instead of gliding there."""
        self.glides |= {name: Glide() for name in names if name in SEEDS}
        if "class" in names:
            self.class_glide = Glide()


_CornerKey = tuple[float, frozenset[tuple[str, float]]]


class Latent:
    """The latent state of the instrument."""

    _pushes: Tensor
    _leaving: Voice | None
    _remnant: Tensor | None
    _offset: Tensor | None
    _held: dict[str, float]

    def __init__(
        self, generator: Generator, directions: Tensor | None = None, walk: float = 0.0
    ) -> None:
        """`directions` are the generator's, (DIRECTIONS, w_dim) on the CPU, where they are there.

        The wander begins at `walk`.
        """
        if directions is None:
            directions = generator.directions(DIRECTIONS).cpu()
        self._begin(generator, walk)
        self._enter(generator, directions)

    @property
    def walk(self) -> float:
        """Where the wander stands, in steps."""
        return self._voice.walk.phase

    def apart(self, walk: float | None) -> "Latent":
        """Another that shares nothing that moves; its wander stands at `walk`, or as here."""
        latent = copy(self)
        latent._voice = Voice(self.walk if walk is None else walk)
        latent._leaving = None
        return latent

    def alongside(self, other: "Latent") -> "Latent":
        """Another in the generator of `other`, of equal shapes, that moves as this one does."""
        latent = copy(self)
        latent._voice = self._voice.twin()
        latent._leaving = None if self._leaving is None else self._leaving.twin()
        latent._generator, latent._pushes = other._generator, other._pushes
        latent._remnant = latent._offset = None
        return latent

    def rest(self, values: Mapping[str, float], dt_s: float) -> None:
        """Let `dt_s` pass unseen: the wander goes on, and all else is at its goal at once."""
        self._voice.renew((*SEEDS, "class"))
        self._follow(self._voice, values, dt_s)
        self._voice.renew((*SEEDS, "class"))
        self._leaving, self._held = None, {}

    def take(self, generator: Generator, directions: Tensor) -> None:
        """Go on in another generator; `directions` is (DIRECTIONS, w_dim), on the CPU.

        Seeds, glides and the walk stay where they are, unless its z are of another length.
        """
        if generator.z_dim != self._generator.z_dim:
            self._begin(generator, self.walk)
        self._enter(generator, directions)

    def drift(self, directions: Tensor, share: float) -> None:
        """Move the directions `share` 0..1 of the way that is left to those of a like generator."""
        self._pushes = torch.lerp(self._pushes, directions, share)

    def morph(self, names: Collection[str], walk: float | None, plain_s: float = 0.0) -> None:
        """Leave the present w for that of other seeds and classes, which `names` names.

        How far it is, `advance` is told. What is left behind goes on moving, so no frame stands
        still; a morph that interrupts another one starts at the w between both. From `walk` on
        the wander goes `walk.speed` steps a second for `plain_s`, to be where it is expected.
        """
        if self._held:
            self._leaving = self._voice.branch(**self._held)
            self._remnant = self._offset
            self._held = {}  # a second morph before the next frame leaves the same look
        self._voice.renew(names)
        if walk is not None:
            self._voice.walk = Walk(walk)
            self._voice.plain_s = plain_s + EASE_S if plain_s > 0.0 else 0.0

    def _begin(self, generator: Generator, phase: float = 0.0) -> None:
        self._seeds = SeedTable(generator.z_dim)
        self._voice = Voice(phase)

    def _enter(self, generator: Generator, directions: Tensor) -> None:
        self._generator, self._pushes = generator, directions
        self._voice.renew(["class"])
        self._leaving = self._remnant = self._offset = None
        self._held = {}
        self._corners: dict[_CornerKey, Walk] = {}
        self._layers = torch.linspace(0.0, 1.0, generator.num_ws)
        self._groups = layer_groups(generator.num_ws)

    def advance(
        self,
        values: Mapping[str, float],
        dt_s: float,
        share: float = 1.0,
        corners: Sequence[Corner] = (),
    ) -> Tensor:
        """Move by `dt_s` towards `values`; returns w of each layer (num_ws, w_dim), on the device.

        `share` 0..1 is how far the latest morph is. Glides, mixes and walks happen in z, which
        the mapping network normalises: every picture on the way is one that the model knows.
        Morphs and corners are mixed in w, where a line between two pictures is the good way
        (arXiv 1812.04948, section 4.1).
        """
        if share >= 1.0:
            self._leaving = None
        w, w_style = self._mixed(values, dt_s, share, corners).unbind(dim=0)
        self._held = {name: values[name] for name in (*SEEDS, "class")}
        device = self._generator.device
        average, psi = self._generator.w_avg, values["psi"]
        pushed = sent(self._coefficients(values) @ self._pushes, device)
        ws = torch.lerp(average, w, psi)[None] + pushed
        if values["style.mix"] <= 0.0:
            return ws
        taken = sent(self._style_shares(values), device)[:, None]
        return torch.lerp(ws, torch.lerp(average, w_style, psi).expand_as(ws), taken)

    def _mixed(
        self, values: Mapping[str, float], dt_s: float, share: float, corners: Sequence[Corner]
    ) -> Tensor:
        """The w of the picture and of its style, (2, w_dim), of all that takes part."""
        voices = [self._voice] if self._leaving is None else [self._voice, self._leaving]
        pictures = [self._follow(voice, values, dt_s) for voice in voices]
        before, self._corners = self._corners, {}
        pictures += [self._corner(c, values, pictures[0], dt_s, before) for c in corners]
        pairs = self._map(pictures)
        w = pairs[0]
        if self._leaving is not None:
            left = pairs[1] if self._remnant is None else pairs[1] + self._remnant
            w = torch.lerp(left, w, share)
            self._offset = w - pairs[0]
        else:
            self._remnant = self._offset = None
        whole = w
        for corner, pair in zip(corners, pairs[len(voices) :], strict=True):
            whole = whole + corner.share * (pair - w)
        return whole

    def _follow(self, voice: Voice, values: Mapping[str, float], dt_s: float) -> "_Picture":
        """A voice after another `dt_s`."""
        goals = {**values, **voice.held}
        seeds = [
            glide.follow(self._seeds.at(goals[name]), values["glide"], dt_s)
            for name, glide in voice.glides.items()
        ]
        shares = self._class_shares(goals["class"])
        if shares is not None:
            shares = voice.class_glide.follow(shares, values["glide"], dt_s)
        voice.plain_s = max(voice.plain_s - dt_s, 0.0)
        evenness = 1.0 - min(voice.plain_s / EASE_S, 1.0)
        self._walk_on(voice.walk, seeds, shares, values, dt_s, evenness)
        return _Picture(seeds, self._z(seeds, voice.walk.phase, values), shares)

    def _walk_on(
        self,
        walk: Walk,
        seeds: Sequence[Tensor],
        shares: Tensor | None,
        values: Mapping[str, float],
        dt_s: float,
        evenness: float = 1.0,
    ) -> None:
        """Let a walk go on by `dt_s`: in equal times it changes the picture about equally.

        Only what moves by the walk counts, so a hand on a knob does not hold it up.
        """
        steps, reach, psi = values["walk.speed"] * dt_s, values["walk.reach"], values["psi"]
        if steps == 0.0 or reach <= 0.0 or evenness <= 0.0:
            walk.phase += steps
            return
        if not walk.has_seen(reach, psi):
            z = mix(seeds[0], seeds[1], values["seed_mix"])
            places = mix_all(z, self._seeds.around(walk.phase), reach)
            classes = None if shares is None else shares.expand(len(places), -1)
            walk.see(reach, psi, self._generator.changes(places, classes, psi).tolist())
        walk.go(steps, evenness)

    def _corner(
        self,
        corner: Corner,
        values: Mapping[str, float],
        playing: "_Picture",
        dt_s: float,
        before: "dict[_CornerKey, Walk]",
    ) -> "_Picture":
        """A corner's picture, whose unnamed seeds are those of the picture that plays.

        `before` are the walks of the corners before these `dt_s`; two of one scene have one.
        """
        seeds = [
            self._seeds.at(corner.pictures[name]) if name in corner.pictures else seed
            for name, seed in zip(SEEDS, playing.seeds, strict=True)
        ]
        number = corner.pictures.get("class")
        shares = playing.shares if number is None else self._class_shares(number)
        walk = self._voice.walk
        if corner.walk is not None:
            key = corner.walk, frozenset(corner.pictures.items())
            if key not in self._corners:
                self._corners[key] = before.get(key) or Walk(corner.walk)
                self._walk_on(self._corners[key], seeds, shares, values, dt_s)
            walk = self._corners[key]
        return _Picture(seeds, self._z(seeds, walk.phase, values), shares)

    def _z(self, seeds: Sequence[Tensor], walk: float, values: Mapping[str, float]) -> Tensor:
        """z of a picture and of its style, (2, z_dim)."""
        first, second, style = seeds
        z = mix(first, second, values["seed_mix"])
        return torch.stack([mix(z, self._seeds.walk(walk), values["walk.reach"]), style])

    def _map(self, pictures: "Sequence[_Picture]") -> tuple[Tensor, ...]:
        """w of each picture and its style, (2, w_dim), on the device."""
        device = self._generator.device
        z = sent(torch.cat([picture.z for picture in pictures]), device)
        classes = [p.shares.expand(2, -1) for p in pictures if p.shares is not None]
        shares = sent(torch.cat(classes), device) if classes else None
        return self._generator.map(z, shares).split(2)

    def _class_shares(self, number: float) -> Tensor | None:
        """How much of each class (classes,), None of a model without them."""
        classes = self._generator.classes
        return class_shares(number, classes) if classes else None

    def _coefficients(self, values: Mapping[str, float]) -> Tensor:
        """How far each layer goes along each direction, (num_ws, DIRECTIONS)."""
        everywhere, *by_group = [[values[name] for name in names] for names in PUSHES]
        return torch.tensor(everywhere) + self._groups @ torch.tensor(by_group)

    def _style_shares(self, values: Mapping[str, float]) -> Tensor:
        """How much of the style each layer takes, (num_ws,); the range's edges are soft."""
        last = len(self._layers) - 1
        low, high = values["style.low"] * last, values["style.high"] * last
        index = self._layers * last
        inside = (index - low + 1.0).clamp(0, 1) * (high - index + 1.0).clamp(0, 1)
        return inside * values["style.mix"]


class _Picture(NamedTuple):
    """Three z (z_dim,), the z that follow from them, (2, z_dim), and the class (classes,)."""

    seeds: Sequence[Tensor]
    z: Tensor
    shares: Tensor | None


def mix(a: Tensor, b: Tensor, share: float) -> Tensor:
    """From z `a` (0) to z `b` (1), kept at the mapping network's length."""
    if share <= 0.0:
        return a
    if share >= 1.0:
        return b
    return normalise(slerp(normalise(a), normalise(b), share))


def mix_all(a: Tensor, ways: Tensor, share: float) -> Tensor:
    """`mix` of z `a` (z_dim,) with each of `ways` (N, z_dim), of which no two are opposite."""
    if share >= 1.0:
        return ways
    start = torch.nn.functional.normalize(a, dim=0)
    ends = torch.nn.functional.normalize(ways, dim=1)
    cosines = (ends @ start).clamp(-1.0, 1.0)[:, None]
    across = torch.nn.functional.normalize(ends - cosines * start, dim=1)
    angles = share * cosines.acos()
    return normalise(angles.cos() * start + angles.sin() * across)


def class_shares(number: float, classes: int) -> Tensor:
    """How much of each class (classes,): a whole number is one class, those between are two."""
    return (1.0 - (torch.arange(classes) - min(number, classes - 1)).abs()).clamp_min(0.0)


def layer_groups(num_ws: int) -> Tensor:
    """Which layers are coarse, middle and fine, (num_ws, 3) of zeros and ones."""
    group = torch.arange(num_ws) * len(LAYER_GROUPS) // num_ws
    return torch.nn.functional.one_hot(group, len(LAYER_GROUPS)).float()
