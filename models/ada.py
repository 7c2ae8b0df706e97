"""Adaptive discriminator augmentation: just as much as keeps the discriminator from memorising.

Written from Karras et al., "Training Generative Adversarial Networks with Limited Data"
(arXiv 2006.06676), section 3 and appendix B: blitting, geometry and colour, each transform applied
to an image with probability p. Transforms are homogeneous matrices; an image is sampled once.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.draws import Draws

P_MAXIMUM = 0.8  # Above it, augmentation begins to show in the generated images.
EVERY_STEPS = 4
SHIFT_SHARE = 0.125
SCALE_OCTAVES = 0.2
BRIGHTNESS = 0.2
CONTRAST_OCTAVES, SATURATION_OCTAVES = 0.5, 1.0


def homogeneous(linear: Tensor) -> Tensor:
    """(N, k, k) linear maps as (N, k + 1, k + 1)."""
    matrix = F.pad(linear, (0, 1, 0, 1))
    matrix[:, -1, -1] = 1.0
    return matrix


def shift(offset: Tensor) -> Tensor:
    """(N, k) offsets as translations (N, k + 1, k + 1)."""
    k = offset.shape[1]
    matrix = torch.eye(k + 1, device=offset.device, dtype=offset.dtype).repeat(len(offset), 1, 1)
    matrix[:, :k, k] = offset
    return matrix


def scale(factors: Tensor) -> Tensor:
    """(N, k) factors along the axes as (N, k + 1, k + 1)."""
    return homogeneous(torch.diag_embed(factors))


def turn(angle: Tensor) -> Tensor:
    """(N,) angles in radians as rotations (N, 3, 3) of x towards y."""
    cos, sin = angle.cos(), angle.sin()
    rows = torch.stack([torch.stack([cos, -sin], 1), torch.stack([sin, cos], 1)], 1)
    return homogeneous(rows)


def luma_axis(like: Tensor) -> Tensor:
    """v v^T (3, 3) for v = (1, 1, 1) / sqrt(3), the axis of greys."""
    return torch.full((3, 3), 1.0 / 3.0, device=like.device, dtype=like.dtype)


def luma_flip(flip: Tensor) -> Tensor:
    """Where (N,) is 1, dark and light are exchanged: I - 2 v v^T, as (N, 4, 4)."""
    identity = torch.eye(3, device=flip.device, dtype=flip.dtype)
    return homogeneous(identity - 2.0 * flip[:, None, None] * luma_axis(flip))


def hue(angle: Tensor) -> Tensor:
    """(N,) angles in radians as rotations (N, 4, 4) about v (Rodrigues' formula)."""
    v = 1.0 / math.sqrt(3.0)
    cross = angle.new_tensor([[0.0, -v, v], [v, 0.0, -v], [-v, v, 0.0]])
    identity = torch.eye(3, device=angle.device, dtype=angle.dtype)
    cos, sin = angle.cos()[:, None, None], angle.sin()[:, None, None]
    return homogeneous(cos * identity + (1.0 - cos) * luma_axis(angle) + sin * cross)


def saturation(factor: Tensor) -> Tensor:
    """(N,) factors by which colours leave grey: v v^T + (I - v v^T) s, as (N, 4, 4)."""
    grey = luma_axis(factor)
    identity = torch.eye(3, device=factor.device, dtype=factor.dtype)
    return homogeneous(grey + (identity - grey) * factor[:, None, None])


def sometimes(matrices: Tensor, p: Tensor, draws: Draws) -> Tensor:
    """Each of (N, k, k) matrices with probability p, else the identity."""
    chosen = draws.uniform(1, 1) < p
    return torch.where(chosen, matrices, torch.eye(matrices.shape[1], device=matrices.device))


def draw_geometry(draws: Draws, height_px: int, width_px: int, p: Tensor) -> Tensor:
    """Blitting, then geometry: (N, 3, 3) from an output pixel to where it is read.

    Pixels are counted from the centre, x to the right. Every transform is as likely as its
    inverse, so drawing the inverse chain is the paper's chain read from its end.
    """
    sides = torch.tensor([width_px, height_px], device=p.device, dtype=torch.float32)
    # On other than a square canvas a quarter turn would show mostly mirrored padding.
    quarters = 4 if height_px == width_px else 1
    return chain([*draw_blits(draws, sides, quarters, p), *draw_affine(draws, sides, p)])


def draw_blits(draws: Draws, sides: Tensor, quarters: int, p: Tensor) -> list[Tensor]:
    """Mirroring, one of `quarters` turns, whole pixels; `sides` (2,) are width and height in px."""
    flips = torch.ones(len(draws), 2, device=p.device)
    flips[:, 0] -= 2.0 * draws.integers(0, 2)
    turns = draws.integers(0, quarters) * (math.pi / 2.0)
    pixels = ((draws.uniform(2) * 2.0 - 1.0) * SHIFT_SHARE * sides).round()
    blits = (scale(flips), turn(turns), shift(pixels))
    return [sometimes(matrices, p, draws) for matrices in blits]


def draw_affine(draws: Draws, sides: Tensor, p: Tensor) -> list[Tensor]:
    """Scale, rotation, stretch, rotation again and fractions of pixels; `sides` as above."""
    octaves, stretch = (draws.normal(2) * SCALE_OCTAVES).split(1, dim=1)
    before, after = ((draws.uniform(2) * 2.0 - 1.0) * math.pi).unbind(dim=1)
    drift = draws.normal(2) * SHIFT_SHARE * sides
    # Of two chances to rotate, one or both come true with probability p.
    p_turn = 1.0 - (1.0 - p).sqrt()
    return [
        sometimes(scale(octaves.exp2().expand(-1, 2)), p, draws),
        sometimes(turn(before), p_turn, draws),
        sometimes(scale(torch.cat([stretch, -stretch], dim=1).exp2()), p, draws),
        sometimes(turn(after), p_turn, draws),
        sometimes(shift(drift), p, draws),
    ]


def draw_colour(draws: Draws, p: Tensor) -> Tensor:
    """Brightness, contrast, luma flip, hue and saturation, in this order, as (N, 4, 4)."""
    brightness = draws.normal(1) * BRIGHTNESS
    contrast = (draws.normal(1) * CONTRAST_OCTAVES).exp2()
    steps = (
        shift(brightness.expand(-1, 3)),
        scale(contrast.expand(-1, 3)),
        luma_flip(draws.integers(0, 2).float()),
        hue((draws.uniform() * 2.0 - 1.0) * math.pi),
        saturation((draws.normal() * SATURATION_OCTAVES).exp2()),
    )
    return chain([sometimes(matrices, p, draws) for matrices in reversed(steps)])


def chain(matrices: list[Tensor]) -> Tensor:
    """The product of (N, k, k) matrices: the last one acts first."""
    product = matrices[0]
    for matrix in matrices[1:]:
        product = product @ matrix
    return product


def warp(images: Tensor, matrices: Tensor) -> Tensor:
    """Read every pixel of (N, 3, H, W) where (N, 3, 3) sends it; beyond the edge is a mirror.

    Images whose matrix is the identity come back bit by bit.
    """
    height, width = images.shape[2:]
    half = images.new_tensor([width / 2.0, height / 2.0, 1.0])
    matrices = matrices.to(images.dtype)
    theta = (matrices * half[None, None, :] / half[None, :, None])[:, :2]
    grid = F.affine_grid(theta, list(images.shape), align_corners=False)
    moved = F.grid_sample(images, grid, padding_mode="reflection", align_corners=False)
    still = (matrices == torch.eye(3, device=images.device)).all(dim=2).all(dim=1)
    return torch.where(still[:, None, None, None], images, moved)


def recolour(images: Tensor, matrices: Tensor) -> Tensor:
    """(N, 4, 4) colour matrices applied to (N, 3, H, W) in -1..1."""
    matrices = matrices.to(images.dtype)
    pixels = matrices[:, :3, :3] @ images.flatten(2) + matrices[:, :3, 3:]
    return pixels.unflatten(2, images.shape[2:])


class Ada(nn.Module):
    """The augmentation, and the controller that sets its p from the discriminator's logits.

    r = E[sign D(x)] on real images: 0 is a discriminator that guesses, 1 one that knows them all.
    """

    p: Tensor
    signs: Tensor
    steps: Tensor

    def __init__(self, target: float, kimg: float) -> None:
        """Hold r at `target`; `kimg` thousand images take p from 0 to 1 at its fastest."""
        super().__init__()
        self.target, self.kimg = target, kimg
        for name in ("p", "signs", "steps"):
            self.register_buffer(name, torch.zeros([]))

    @property
    def strength(self) -> float:
        """p as a number, 0..`P_MAXIMUM`."""
        return float(self.p)

    def forward(self, images: Tensor, draws: Draws) -> Tensor:
        """(N, 3, H, W) in -1..1, each image augmented on its own."""
        height, width = images.shape[2:]
        moved = warp(images, draw_geometry(draws, height, width, self.p))
        return recolour(moved, draw_colour(draws, self.p))

    @torch.no_grad()
    def observe(self, sign: Tensor, images: int) -> None:
        """Take note of E[sign D(x)] (scalar) of a step's real images; every few steps p moves."""
        self.signs += sign
        self.steps += 1.0
        if int(self.steps) < EVERY_STEPS:
            return
        excess = self.signs / self.steps - self.target
        shown = images * EVERY_STEPS
        self.p.add_(excess.sign() * shown / (self.kimg * 1000.0)).clamp_(0.0, P_MAXIMUM)
        self.signs.zero_()
        self.steps.zero_()
