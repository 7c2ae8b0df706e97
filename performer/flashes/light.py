"""How light and how red each part of a frame is, as the guidelines measure it."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Frame = NDArray[np.uint8]

CELLS = (18, 32)
FINE = 4
LUMINANCE = np.array([0.2126, 0.7152, 0.0722], np.float32)


def linear_of(srgb: Floats) -> Floats:
    """Linear light 0..1 of sRGB values 0..1 (IEC 61966-2-1)."""
    light = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    return light.astype(np.float32)


@cache
def linear_sums(count: int) -> Floats:
    """Linear light of each sum of so many sRGB bytes, as if all of them were equal."""
    return linear_of(np.linspace(0.0, 1.0, 255 * count + 1, dtype=np.float32))


def blocks(frame: Frame) -> tuple[NDArray[np.uint16 | np.uint32], int]:
    """The sums over small blocks of pixels (3, rows, columns), and how many pixels each has.

    What fills no whole block at the right and lower edge, a hundredth of the frame, is left out.
    """
    height, width, _ = frame.shape
    down, across = max(1, height // (CELLS[0] * FINE)), max(1, width // (CELLS[1] * FINE))
    rows, columns = height // down, width // across
    strips = frame[: rows * down].reshape(rows, down, width * 3)
    sums = np.add.reduce(strips, axis=1, dtype=np.uint16).reshape(rows, width, 3)
    # Colour by colour: numpy is slow where the innermost axis is as short as three.
    planes = np.zeros((3, rows, columns), np.uint16 if down * across < 258 else np.uint32)
    for i in range(across):
        for plane, colour in zip(planes, np.moveaxis(sums, -1, 0), strict=True):
            plane += colour[:, i : columns * across : across]
    return planes, down * across


@cache
def averaging(length: int, most: int) -> Floats:
    """The matrix (parts, length) that takes the means of at most so many parts of a length."""
    parts = min(most, length)
    part_of = np.searchsorted(np.arange(parts) * length // parts, np.arange(length), "right") - 1
    mask = part_of == np.arange(parts)[:, None]
    return (mask / mask.sum(axis=1, keepdims=True)).astype(np.float32)


def cells(planes: Floats) -> Floats:
    """The means of (C, rows, columns) over at most CELLS areas."""
    _, rows, columns = planes.shape
    means = averaging(rows, CELLS[0]) @ planes @ averaging(columns, CELLS[1]).T
    return means.astype(np.float32, copy=False)


def measure(frame: Frame) -> Floats:
    """A frame (H, W, 3) as (3, rows, columns) over at most CELLS.

    First the relative luminance 0..1; then R - G - B of linear light, at least 0; then the share
    of R in R + G + B. Colours are averaged over small blocks first and then made linear, which is
    much quicker and differs only where neighbouring pixels do.
    """
    sums, count = blocks(frame)
    red, green, blue = cells(linear_sums(count).take(sums))
    luminance = LUMINANCE[0] * red + LUMINANCE[1] * green + LUMINANCE[2] * blue
    share = red / np.maximum(red + green + blue, 1e-6)
    return np.stack((luminance, np.maximum(red - green - blue, 0.0), share))
