"""How good generated images are against the training set, each number with a real set's floor."""

from dataclasses import dataclass

import torch
from torch import Tensor

from models.features import CPU, Standard, extract
from models.spectrum import spectrum_difference_db
from models.swd import sliced_wasserstein

IMAGES_MINIMUM = 10
TRAINING_MAXIMUM = 10_000
COMPARED_MAXIMUM = 2_000
PIXELWISE_MAXIMUM = 500
FLOOR_MAXIMUM = 1_000
IMAGES_AT_ONCE = 64
DISTANCE_MINIMUM = 0.01  # less is rounding: copies in different batches differ by that
ROWS_AT_ONCE = 1024
TITLES = {  # of each measure, and what it tells an artist
    "kid": ("rconv-KID", "How unlike your images they are as a whole; 0 is best."),
    "coverage": ("coverage", "The share of your images that some picture is nearest to."),
    "fake_to_train": ("NN(fake->train)/LOO", "Distance to your nearest image; near 0 is a copy."),
    "fake_to_fake": ("NN(fake->fake)/LOO", "Distance between pictures; near 0 all look alike."),
    "swd": ("patch SWD", "How unlike the details are, coarse and fine."),
    "spectrum_db": ("spectrum, dB", "Blur, grain or checkerboards make this large."),
}


class MetricsError(ValueError):
    """Sets of images that cannot be compared, in one sentence."""


@dataclass(frozen=True, slots=True)
class Measures:
    """What one set of generated images scores; an independent draw of real ones in brackets."""

    kid: float  # rconv-KID (0)
    coverage: float  # share of training images that a fake is nearest to (about .5)
    fake_to_train: float  # NN(fake->train) / LOO (1)
    fake_to_fake: float  # NN(fake->fake) / LOO (1)
    swd: float  # sliced Wasserstein distance of patches (small)
    spectrum_db: float  # mean difference of the radial power spectra (small)


class Reference:
    """A training set, its features taken once, that generated images are measured against."""

    def __init__(self, images: Tensor, *, seed: int = 0, device: torch.device = CPU) -> None:
        """`images` is uint8 (N, 3, H, W); raises `MetricsError`."""
        _check_count(images, "training images")
        self.images, self.seed, self.device = images, seed, device
        self.order = _shuffled(len(images), seed)[:TRAINING_MAXIMUM]
        raw, mirrored = self._extract(mirror=False), self._extract(mirror=True)
        self.standard = Standard.of(raw)
        self.features, self.mirrored = self.standard(raw), self.standard(mirrored)
        self.loo = own_distance(self.features, self.mirrored)

    def _extract(self, *, mirror: bool) -> Tensor:
        parts = (self.images[part] for part in self.order.split(IMAGES_AT_ONCE))
        return torch.cat([extract(x.flip(3) if mirror else x, self.device) for x in parts])

    def measure(self, fakes: Tensor) -> Measures:
        """Measure uint8 (M, 3, H, W), the first COMPARED_MAXIMUM of them.

        Coverage, KID and NN(fake->fake) compare sets of one size, for their values depend on it.
        NN(fake->train) asks all training images, mirrored too: a copy may be one of any.
        """
        self._check(fakes)
        fakes = fakes[:COMPARED_MAXIMUM]
        size = min(len(fakes), len(self.features))
        every = self.standard(extract(fakes, self.device))
        fake, real = every[:size], self.features[:size]
        pixelwise = min(size, PIXELWISE_MAXIMUM)
        drawn, shown = fakes[:pixelwise], self.images[self.order[:pixelwise]]
        to_train = nearest(every, torch.cat([self.features, self.mirrored]))[0].median()
        return Measures(
            kid=kid(fake, real),
            coverage=coverage(fake, real),
            fake_to_train=float(to_train) / self.loo,
            fake_to_fake=median_to_other(fake) / own_distance(real),
            swd=sliced_wasserstein(drawn, shown, self.seed),
            spectrum_db=spectrum_difference_db(drawn, shown),
        )

    def _check(self, fakes: Tensor) -> None:
        _check_count(fakes, "generated images")
        ours, theirs = fakes.shape[2:], self.images.shape[2:]
        if ours != theirs:
            raise MetricsError(
                f"the generated images are {ours[1]}x{ours[0]} pixels and the training images "
                f"{theirs[1]}x{theirs[0]}; only images of one size can be compared"
            )


def floor(images: Tensor, *, seed: int = 0, device: torch.device = CPU) -> Measures:
    """The measures of one half of uint8 (N, 3, H, W) against the other: as good as it gets.

    Raises `MetricsError` below twice IMAGES_MINIMUM images.
    """
    if len(images) < 2 * IMAGES_MINIMUM:
        raise MetricsError(
            f"{len(images)} training images are too few to compare one half with the other; "
            f"at least {2 * IMAGES_MINIMUM} are needed"
        )
    half = min(len(images) // 2, FLOOR_MAXIMUM)
    order = _shuffled(len(images), seed)
    first, second = images[order[:half]], images[order[half : 2 * half]]
    return Reference(first, seed=seed, device=device).measure(second)


def kid(fake: Tensor, real: Tensor) -> float:
    """Unbiased MMD^2 of (M, F) and (N, F) with k(x, y) = (x.y / F + 1)^3.

    Binkowski et al. (arXiv 1801.01401), equation 4 and section 3.1: the mean of k within each
    set, itself left out, minus twice the mean between both; below 0 by chance alone.
    """
    m, n = len(fake), len(real)
    between = _kernel_sum(fake, real) / (m * n)
    return _kernel_sum(fake) / (m * (m - 1)) + _kernel_sum(real) / (n * (n - 1)) - 2 * between


def coverage(fake: Tensor, real: Tensor) -> float:
    """Share 0..1 of (N, F) real points that are the nearest real one of any (M, F) fake."""
    return len(nearest(fake, real)[1].unique()) / len(real)


def own_distance(features: Tensor, mirrored: Tensor | None = None) -> float:
    """LOO: the median distance of a training set's (N, F) points to their nearest other one.

    With `mirrored`, the same images turned, an other one may be nearest either way round.
    Raises `MetricsError` when they are copies, for then nothing can be measured by it.
    """
    distance = median_to_other(features, mirrored)
    if not distance > DISTANCE_MINIMUM:
        raise MetricsError(
            "half of the training images or more are copies of another one; "
            "leave each in the folder once"
        )
    return distance


def median_to_other(points: Tensor, mirrored: Tensor | None = None) -> float:
    """The median distance of (N, F) points to their nearest other one, or its mirror image."""
    distances = nearest(points, points, but_own=True)[0]
    if mirrored is not None:
        distances = distances.minimum(nearest(points, mirrored, but_own=True)[0])
    return float(distances.median())


def nearest(points: Tensor, among: Tensor, *, but_own: bool = False) -> tuple[Tensor, Tensor]:
    """Distance (N,) and index (N,) of each (N, F) point's nearest `among` (M, F).

    `but_own` leaves out the one of its own number.
    """
    indices = []
    for start in range(0, len(points), ROWS_AT_ONCE):
        distances = torch.cdist(points[start : start + ROWS_AT_ONCE], among)
        if but_own:
            distances.diagonal(start).fill_(torch.inf)
        indices.append(distances.argmin(dim=1))
    index = torch.cat(indices)
    # cdist multiplies matrices, whose rounding would keep copies from being at distance 0.
    return (points - among[index]).norm(dim=1), index


def _kernel_sum(x: Tensor, y: Tensor | None = None) -> float:
    """Sum of the cubic kernel over all pairs; without `y` over all pairs of two different x."""
    other = x if y is None else y
    total = 0.0
    for part in x.split(ROWS_AT_ONCE):
        total += float(_cubic(part @ other.t(), x.shape[1]).sum())
    return total - float(_cubic(x.square().sum(dim=1), x.shape[1]).sum()) if y is None else total


def _cubic(products: Tensor, length: int) -> Tensor:
    return (products.double() / length + 1.0).pow(3)


def _shuffled(count: int, seed: int) -> Tensor:
    return torch.randperm(count, generator=torch.Generator().manual_seed(seed))


def _check_count(images: Tensor, what: str) -> None:
    if len(images) < IMAGES_MINIMUM:
        raise MetricsError(
            f"{len(images)} {what} are too few to measure; at least {IMAGES_MINIMUM} are needed"
        )
