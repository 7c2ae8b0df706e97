"""The picture plane: resolution-free coordinates, and how a field is moved about on it."""

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.complex64]
Field = NDArray[np.float32]


def plane(height_px: int, width_px: int) -> Points:
    """Return pixel centres as x + iy, (H, W) complex64; the shorter side spans -0.5..0.5."""
    unit = min(height_px, width_px)
    x = (np.arange(width_px, dtype=np.float32) + 0.5 - width_px / 2) / unit
    y = (np.arange(height_px, dtype=np.float32) + 0.5 - height_px / 2) / unit
    return (x[None, :] + 1j * y[:, None]).astype(np.complex64)


def turned(points: Points, angle: float, centre: complex = 0j) -> Points:
    """Return the points in a frame centred on `centre` and rotated by `angle` radians."""
    return ((points - np.complex64(centre)) * np.complex64(np.exp(-1j * angle))).astype(
        np.complex64
    )


def slope(field: Field) -> Points:
    """Return the gradient d/dx + i d/dy of an (H, W) field, per plane unit, (H, W) complex64."""
    unit = np.float32(min(field.shape))
    down, right = np.gradient(field)
    out = np.empty(field.shape, np.complex64)
    out.real = right * unit
    out.imag = down * unit
    return out


def smoothstep(low: float, high: float, field: Field) -> Field:
    """Return the cubic ease from 0 at `low` to 1 at `high`; `low` may be the larger."""
    t = np.clip((field - np.float32(low)) / np.float32(high - low), 0.0, 1.0)
    eased: Field = (t * t * (3.0 - 2.0 * t)).astype(np.float32)
    return eased


def line(distance: Field, width: float) -> Field:
    """Return a soft line where `distance` crosses zero, (H, W) float32 in 0..1.

    The line never gets thinner than a pixel: where the field is steep it is widened to what the
    grid can hold and dimmed by as much, which is what a box filter would have done.
    """
    steep = np.abs(slope(distance)) * np.float32(1.1 / min(distance.shape))
    wide = np.sqrt(np.float32(width * width) + steep * steep)
    drawn: Field = (np.exp(-np.square(distance / wide)) * np.float32(width) / wide).astype(
        np.float32
    )
    return drawn
