"""Directions in W to push pictures along, ordered by how much they show that others do not."""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from models.architectures import AnyGenerator
from models.canvas import Canvas
from models.visibility import Visibility

COUNT_MAXIMUM = 16
SAMPLES = 10_000
LAYERS = ("coarse", "middle", "fine")
TRIED = 0.17  # of the distance between a w and the average one: about what a unit comes to
UNIT = 0.25  # of the way to another picture
NEW_SHARE = 0.5
SAME_COSINE = 0.5  # Two of one snapshot have 0.4 between them at most, two random ones 0.1.
PIXELS_MAXIMUM = 1 << 19
LEAST = 1e-6


class Effort(NamedTuple):
    """How much a search looks at.

    `references` tell how different any two pictures are, `random` pushes how much chance shows.
    Candidates are `principal` components and `semantic` factors of each of the LAYERS, seen in as
    many pictures as there are `latents`; those chosen are measured anew on `checks` others.
    """

    references: int
    random: int
    principal: int
    semantic: int
    latents: int
    checks: int

    @property
    def pictures(self) -> int:
        """How many pictures it draws at most."""
        candidates = self.principal + self.semantic * len(LAYERS)
        pushes = self.latents * (self.random + candidates)
        return self.references + 2 * (pushes + self.checks * min(candidates, COUNT_MAXIMUM))


EFFORTS = (
    Effort(32, 8, 16, 8, 3, 6),
    Effort(32, 8, 16, 8, 2, 4),
    Effort(32, 8, 16, 8, 1, 2),
    Effort(16, 4, 12, 6, 1, 0),
    Effort(10, 2, 7, 4, 1, 0),
    Effort(6, 2, 4, 2, 1, 0),
)


def usual_effort(canvas: Canvas) -> Effort:
    """As much as is worth its time, less for large pictures."""
    latents = max(1, PIXELS_MAXIMUM // (canvas.height_px * canvas.width_px))
    return next(effort for effort in EFFORTS if effort.latents <= latents)


def effort_within(pictures: float, canvas: Canvas) -> Effort | None:
    """The usual effort, or the largest that draws no more than so many pictures; else None."""
    usual = EFFORTS.index(usual_effort(canvas))
    return next((effort for effort in EFFORTS[usual:] if effort.pictures <= pictures), None)


@dataclass(frozen=True, slots=True)
class Directions:
    """What was found in a model, COUNT_MAXIMUM directions at most.

    `pushes` is float32 (count, w_dim) on the host: a row moves a picture by UNIT. `ratios` say
    how many times as much as a random push of that length, `origins` how each was found.
    """

    pushes: Tensor
    ratios: tuple[float, ...]
    origins: tuple[str, ...]


@torch.no_grad()
def find_directions(generator: AnyGenerator, effort: Effort | None = None) -> Directions:
    """The directions of a generator in evaluation mode, the same ones for the same effort.

    Raises `torch.linalg.LinAlgError` when w is not numbers.
    """
    effort = effort or usual_effort(generator.canvas)
    w, latents = _sample_w(generator), effort.latents
    visibility = Visibility(generator, w[: effort.references])
    axes, origins = _candidates(generator, w, effort)
    length = TRIED * float((w - w.mean(dim=0)).square().sum(dim=1).mean().sqrt())
    random = visibility.changes(_random_axes(w, effort.random) * length, w[:latents])
    usual = random.norm(dim=1).mean().clamp_min(LEAST)
    changes = visibility.changes(axes * length, w[:latents])
    effects = changes.norm(dim=1)
    visible = (effects > usual).nonzero()[:, 0]
    chosen = visible[most_different(changes[visible], COUNT_MAXIMUM)]
    pushes = axes[chosen] * (length * UNIT / effects[chosen])[:, None]
    if effort.checks:
        # On other pictures: the choice fell on what was strong by chance, too.
        found = visibility.changes(pushes, w[latents : latents + effort.checks]).norm(dim=1)
        pushes *= (UNIT / found).clamp(0.5, 2.0)[:, None]
    ratios = tuple((effects[chosen] / usual).tolist())
    return Directions(pushes, ratios, tuple(origins[i] for i in chosen))


@torch.no_grad()
def principal_directions(generator: AnyGenerator, count: int) -> Tensor:
    """PCA of W: float32 (count, w_dim) or fewer on the host, rows one standard deviation long."""
    return _principal_components(_sample_w(generator), count)


def directions_of(generator: AnyGenerator, stored: Tensor | None, count: int) -> Tensor:
    """A model's `stored` directions, (count, w_dim), or PCA of W where its file has none.

    Always the same for the same model; where there are fewer, the rest is zero.
    """
    pushes = principal_directions(generator, count) if stored is None else stored[:count]
    return F.pad(pushes, (0, 0, 0, count - len(pushes)))


def align(found: Directions, before: Tensor) -> Directions:
    """Give what is still recognisably the same its number and its sign of `before` (M, w_dim).

    Snapshots of one run can then follow each other under a knob. What is new fills the gaps.
    """
    count = len(found.pushes)
    cosines = F.normalize(found.pushes, dim=1) @ F.normalize(before[:count], dim=1).t()
    places: dict[int, int] = {}
    signs = torch.ones(count, 1)
    left = cosines.abs()
    while left.numel() and left.max() > SAME_COSINE:
        new, old = divmod(int(left.argmax()), left.shape[1])
        places[old] = new
        signs[new] = cosines[new, old].sign()
        left[new], left[:, old] = 0.0, 0.0
    rest = iter(sorted(set(range(count)) - set(places.values())))
    order = [places[i] if i in places else next(rest) for i in range(count)]
    return Directions(
        (found.pushes * signs)[order],
        tuple(found.ratios[i] for i in order),
        tuple(found.origins[i] for i in order),
    )


def most_different(changes: Tensor, count: int) -> list[int]:
    """The indices of up to `count` of the changes (K, F), the one that adds most always next.

    What those before show already is taken away from the others (Gram-Schmidt). A change of
    which less than NEW_SHARE is left is a near-duplicate, and dropped.
    """
    new, whole = changes.clone(), changes.norm(dim=1)
    chosen: list[int] = []
    while len(chosen) < min(count, len(changes)):
        left = new.norm(dim=1)
        left[left < NEW_SHARE * whole] = 0.0
        best = int(left.argmax())
        if left[best] == 0.0:
            break
        chosen.append(best)
        axis = F.normalize(new[best], dim=0)
        new -= torch.outer(new @ axis, axis)
    return chosen


def _sample_w(generator: AnyGenerator) -> Tensor:
    """The same SAMPLES of w for the same model, (SAMPLES, w_dim)."""
    random = torch.Generator().manual_seed(0)
    z = torch.randn(SAMPLES, generator.widths.z_dim, generator=random)
    w: Tensor = generator.mapping(z.to(generator.mapping.w_avg.device))
    return w


def _random_axes(w: Tensor, count: int) -> Tensor:
    """(count, w_dim) of length 1."""
    random = torch.Generator().manual_seed(1)
    return F.normalize(torch.randn(count, w.shape[1], generator=random), dim=1)


def _candidates(generator: AnyGenerator, w: Tensor, effort: Effort) -> tuple[Tensor, list[str]]:
    """Axes of length 1, (K, w_dim), and how each was found."""
    modules = generator.synthesis.named_modules()
    affine = [module.weight for name, module in modules if name.endswith("affine")]
    found = {"PCA": F.normalize(_principal_components(w, effort.principal), dim=1)}
    for i, layers in enumerate(LAYERS):
        start, end = (len(affine) * j // len(LAYERS) for j in (i, i + 1))
        found[f"SeFa {layers}"] = _closed_form_factors(affine[start:end], effort.semantic)
    origins = [f"{name} {i + 1}" for name, axes in found.items() for i in range(len(axes))]
    return torch.cat(list(found.values())), origins


def _principal_components(w: Tensor, count: int) -> Tensor:
    """GANSpace (arXiv 2004.02546): (count, w_dim) or fewer, rows one standard deviation long."""
    centred = (w - w.mean(dim=0)).cpu().double()
    variances, vectors = torch.linalg.eigh(centred.t() @ centred / (len(w) - 1))
    return _largest_positive((vectors * variances.clamp_min(0).sqrt()).t().flip(0)[:count])


def _closed_form_factors(weights: list[Tensor], count: int) -> Tensor:
    """SeFa (arXiv 2007.06600): eigenvectors of A^T A, (count, w_dim) or fewer.

    A is the affine weights (outputs, w_dim) of some layers on top of each other, each output's
    scaled to the length 1.
    """
    stacked = F.normalize(torch.cat([weight.cpu().double() for weight in weights]), dim=1)
    return _largest_positive(torch.linalg.eigh(stacked.t() @ stacked)[1].t().flip(0)[:count])


def _largest_positive(axes: Tensor) -> Tensor:
    """Eigenvectors' arbitrary signs settled: the largest entry of each row is positive."""
    largest = axes.gather(1, axes.abs().argmax(dim=1, keepdim=True))
    return (axes * largest.sign()).float()
