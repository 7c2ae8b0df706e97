"""Directions in W to push pictures along, ordered by how much they show that others do not."""

from collections.abc import Sequence
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
    many pictures as there are `latents`; those chosen are measured anew on `checks` others. In a
    network without styles `probes` tell where the `principal` candidates lie.
    """

    references: int
    random: int
    principal: int
    semantic: int
    latents: int
    checks: int
    probes: int = 0

    @property
    def pictures(self) -> int:
        """How many pictures it draws at most."""
        candidates = self.principal + self.semantic * len(LAYERS)
        pushes = self.latents * (self.random + self.probes + candidates)
        return self.references + 2 * (pushes + self.checks * min(candidates, COUNT_MAXIMUM))


EFFORTS = (
    Effort(32, 8, 16, 8, 3, 6),
    Effort(32, 8, 16, 8, 2, 4),
    Effort(32, 8, 16, 8, 1, 2),
    Effort(16, 4, 12, 6, 1, 0),
    Effort(10, 2, 7, 4, 1, 0),
    Effort(6, 2, 4, 2, 1, 0),
)
# Few probes in several pictures find more that holds in others than many probes in one.
EFFORTS_WITHOUT_STYLES = (
    Effort(32, 8, 16, 0, 4, 6, 64),
    Effort(32, 8, 16, 0, 4, 4, 32),
    Effort(32, 8, 16, 0, 2, 2, 32),
    Effort(16, 4, 12, 0, 2, 0, 12),
    Effort(10, 2, 7, 0, 1, 0, 12),
    Effort(6, 2, 4, 0, 1, 0, 6),
)


def efforts_of(generator: AnyGenerator) -> Sequence[Effort]:
    """What a search in this generator may look at, from the most to the least."""
    return EFFORTS if _styles(generator) else EFFORTS_WITHOUT_STYLES


def usual_effort(canvas: Canvas, efforts: Sequence[Effort] = EFFORTS) -> Effort:
    """As much as is worth its time, less for large pictures."""
    latents = max(1, PIXELS_MAXIMUM // (canvas.height_px * canvas.width_px))
    return next(effort for effort in efforts if effort.latents <= latents)


def effort_within(
    pictures: float, canvas: Canvas, efforts: Sequence[Effort] = EFFORTS
) -> Effort | None:
    """The usual effort, or the largest that draws no more than so many pictures; else None."""
    usual = efforts.index(usual_effort(canvas, efforts))
    return next((effort for effort in efforts[usual:] if effort.pictures <= pictures), None)


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
    effort = effort or usual_effort(generator.canvas, efforts_of(generator))
    w, latents = _sample_w(generator), effort.latents
    visibility = Visibility(generator, w[: effort.references])
    length = TRIED * float((w - w.mean(dim=0)).square().sum(dim=1).mean().sqrt())
    random = visibility.changes(_random_axes(w, effort.random) * length, w[:latents])
    usual = random.norm(dim=1).mean().clamp_min(LEAST)
    if effort.probes:
        probes = _probes(w, effort.probes)
        seen = visibility.changes(probes * length, w[-latents:])
        axes, origins = _most_visible(probes, seen, effort.principal)
    else:
        axes, origins = _candidates(generator, w, effort)
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
    axes = torch.randn(count, w.shape[1], generator=random)
    return F.normalize(axes * _varies(w), dim=1)


def _varies(w: Tensor) -> Tensor:
    """Ones where w differs from draw to draw, zeros where it holds a class, (w_dim,)."""
    return (w.std(dim=0) > LEAST).float().cpu()


def _probes(w: Tensor, count: int) -> Tensor:
    """Random axes of length 1 at right angles to each other, (count or w's dimensions, w_dim)."""
    varies = _varies(w)
    columns = _random_axes(w, min(count, int(varies.sum()))).t()
    return torch.linalg.qr(columns)[0].t()


def _most_visible(probes: Tensor, changes: Tensor, count: int) -> tuple[Tensor, list[str]]:
    """The mixtures of probes (K, w_dim) that change most, (count, w_dim) or fewer, with names.

    Nearly so, for a mixture changes what its parts do, mixed: the eigenvectors of J^T J for the
    Jacobian J of the pictures' points (Wang and Ponce, arXiv 2101.06006).
    """
    changes = changes.double()
    mixtures = torch.linalg.eigh(changes @ changes.t())[1].t().flip(0)[:count]
    axes = _largest_positive(mixtures @ probes.double())
    return axes, [f"Jacobian {i + 1}" for i in range(len(axes))]


def _candidates(generator: AnyGenerator, w: Tensor, effort: Effort) -> tuple[Tensor, list[str]]:
    """Axes of length 1, (K, w_dim), and how each was found."""
    affine = _styles(generator)
    found = {"PCA": F.normalize(_principal_components(w, effort.principal), dim=1)}
    for i, layers in enumerate(LAYERS):
        start, end = (len(affine) * j // len(LAYERS) for j in (i, i + 1))
        found[f"SeFa {layers}"] = _closed_form_factors(affine[start:end], effort.semantic)
    origins = [f"{name} {i + 1}" for name, axes in found.items() for i in range(len(axes))]
    return torch.cat(list(found.values())), origins


def _styles(generator: AnyGenerator) -> list[Tensor]:
    """The affine weights (outputs, w_dim) of each layer that takes a style from w."""
    modules = generator.synthesis.named_modules()
    return [module.weight for name, module in modules if name.endswith("affine")]


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
