"""Band-limited noise made in the Fourier domain, and the flows that stir it."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.painting.plane import Points

PERIOD = 2.6


class Tile(NamedTuple):
    """A periodic pair of noise fields (real and imaginary part), each of unit variance."""

    texels: NDArray[np.complex64]
    period: float


def _frequencies(reach: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    k = np.arange(-reach, reach + 1, dtype=np.float32) / np.float32(PERIOD)
    return k[None, :], k[:, None]


def _gaussian(rng: np.random.Generator, reach: int) -> NDArray[np.complex64]:
    side = 2 * reach + 1
    pair = rng.standard_normal((side, side, 2), dtype=np.float32)
    return pair.view(np.complex64)[..., 0]


def _resolution(finest: float) -> tuple[int, int]:
    """Return the highest whole frequency a tile holds, and texels enough to read it smoothly."""
    side = 256 if finest >= 0.1 else 512
    return min(int(1.6 * PERIOD / finest), side // 4), side


def _unfold(spectrum: NDArray[np.complex64], reach: int, side: int) -> NDArray[np.complex64]:
    full = np.zeros((side, side), np.complex64)
    where = np.arange(-reach, reach + 1) % side
    full[np.ix_(where, where)] = spectrum
    return np.fft.ifft2(full).astype(np.complex64)


def _unit(texels: NDArray[np.complex64]) -> NDArray[np.complex64]:
    power = float(np.mean(np.square(texels.real)) + np.mean(np.square(texels.imag)))
    return (texels / np.float32(np.sqrt(power / 2) + 1e-12)).astype(np.complex64)


def cloud(
    rng: np.random.Generator,
    *,
    largest: float = 1.0,
    finest: float = 0.03,
    slope: float = 1.7,
    stretch: float = 1.0,
) -> Tile:
    """Return two independent fractal fields by spectral synthesis (random phases, 1/f^slope).

    `largest` and `finest` are wavelengths in plane units; below `finest` the spectrum is rolled
    off as a Gaussian, so bilinear reading never shows its grid. `stretch` > 1 draws the forms
    out along x.
    """
    reach, side = _resolution(finest)
    kx, ky = _frequencies(reach)
    k2 = np.square(kx * np.float32(stretch)) + np.square(ky)
    amplitude = (k2 + np.float32(largest**-2)) ** np.float32(-slope / 2)
    amplitude *= np.exp(-k2 * np.float32(finest * finest))
    amplitude[reach, reach] = 0.0
    return Tile(_unit(_unfold(_gaussian(rng, reach) * amplitude, reach, side)), PERIOD)


def curl(
    rng: np.random.Generator, *, largest: float = 0.7, finest: float = 0.08, slope: float = 3.0
) -> Tile:
    """Return a divergence-free velocity u + iv (curl noise: the rotated gradient of a field)."""
    reach, side = _resolution(finest)
    kx, ky = _frequencies(reach)
    k2 = np.square(kx) + np.square(ky)
    amplitude = (k2 + np.float32(largest**-2)) ** np.float32(-slope / 2)
    amplitude *= np.exp(-k2 * np.float32(finest * finest))
    stream = _gaussian(rng, reach)
    # A real stream function has a Hermitian spectrum; without it u and v would not share one.
    stream = (stream + np.conj(stream[::-1, ::-1])) * amplitude
    return Tile(_unit(_unfold(1j * ky * stream + kx * stream, reach, side)), PERIOD)


def sample(tile: Tile, points: Points) -> Points:
    """Return the tile read bilinearly at the points, same shape, complex64."""
    side = tile.texels.shape[0]
    scaled = points * np.float32(side / tile.period)
    x, y = scaled.real, scaled.imag
    left, top = np.floor(x), np.floor(y)
    fx, fy = x - left, y - top
    mask = np.int32(side - 1)
    x0, y0 = left.astype(np.int32) & mask, (top.astype(np.int32) & mask) * np.int32(side)
    x1, y1 = (x0 + 1) & mask, (y0 + np.int32(side)) & np.int32(side * side - 1)
    flat = tile.texels.ravel()
    upper, lower = flat.take(y0 + x0), flat.take(y1 + x0)
    upper += fx * (flat.take(y0 + x1) - upper)
    lower += fx * (flat.take(y1 + x1) - lower)
    out: Points = upper + fy * (lower - upper)
    return out


def advect(flow: Tile, points: Points, distance: float, steps: int = 8) -> Points:
    """Return where each point came from after `distance` of travel upstream (midpoint steps)."""
    step = np.float32(distance / steps)
    for _ in range(steps):
        half = points - np.float32(0.5) * step * sample(flow, points)
        points = points - step * sample(flow, half)
    return points
