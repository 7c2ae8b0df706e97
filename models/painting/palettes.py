"""Curated palettes on a ring: dark ground, deep and mid hues, bright light, hot accent."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.painting.plane import Field

Colour = NDArray[np.float32]
STEPS = 1024

# Each row runs ground, deep, body, light, hot, then the accent used for rims and veins.
# Neighbours share hues on purpose: positions between two rows blend without turning grey.
RING: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("ember", "#ffc46b", ("#060205", "#2e0612", "#8f1418", "#ee5a1c", "#ffd9a0")),
    ("garnet", "#ffae62", ("#060108", "#35042a", "#9c0f45", "#f4414f", "#ffd2b0")),
    ("orchid", "#ffa36a", ("#050109", "#2b0645", "#8c1187", "#f04fa6", "#ffd9e0")),
    ("violet hour", "#ff8f74", ("#030109", "#1a0a52", "#5b26b8", "#c873f0", "#ffe2f2")),
    ("iris", "#ff9ad0", ("#02020c", "#0d1160", "#3740d0", "#8f8fff", "#f0e6ff")),
    ("abyss", "#ffb27a", ("#01030b", "#04195a", "#0c5bc4", "#4fb9f5", "#e6f7ff")),
    ("glacier", "#ffd0a0", ("#010509", "#03303f", "#0a7f9b", "#5fd6e2", "#f2fff6")),
    ("lagoon", "#ff8a66", ("#01060a", "#023a44", "#049088", "#55dfb0", "#f6ffd8")),
    ("aurora", "#d58bff", ("#01060a", "#05324a", "#0a8f72", "#7be887", "#f4ffc8")),
    ("jade", "#ffd268", ("#010604", "#05352b", "#168a4c", "#a4d95a", "#fff6bd")),
    ("gilded", "#7fe0d0", ("#050402", "#2f2008", "#94600f", "#ebb03c", "#fff3c4")),
    ("copper", "#66d8d6", ("#050305", "#33120c", "#9a3e14", "#f08d3e", "#ffe9bd")),
)

_TO_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


class Palette(NamedTuple):
    """A gradient (STEPS, 3) in linear light, and its accent colour (3,), both float32."""

    ramp: Colour
    accent: Colour


def _oklab(code: str) -> NDArray[np.float64]:
    srgb = np.array([int(code[i : i + 2], 16) for i in (1, 3, 5)]) / 255.0
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    return np.asarray(_TO_LAB @ np.cbrt(_TO_LMS @ linear))


def _linear(lab: NDArray[np.float64]) -> Colour:
    cone = (lab @ np.linalg.inv(_TO_LAB).T) ** 3
    return np.clip(cone @ np.linalg.inv(_TO_LMS).T, 0.0, None).astype(np.float32)


def _stops(row: int) -> NDArray[np.float64]:
    codes = (*RING[row % len(RING)][2], RING[row % len(RING)][1])
    return np.array([_oklab(code) for code in codes])


def palette(position: float) -> Palette:
    """Return the palette at a place on the ring (period len(RING)), mixed in OKLab."""
    row = int(np.floor(position))
    t = position - row
    # Most places sit near a named palette; the crossings between two are passed quickly.
    t = t * t * (3 - 2 * t)
    stops = _stops(row) * (1 - t) + _stops(row + 1) * t
    at = np.linspace(0.0, 1.0, STEPS)
    knots = np.linspace(0.0, 1.0, len(stops) - 1)
    lab = np.stack([np.interp(at, knots, stops[:-1, i]) for i in range(3)], axis=1)
    return Palette(_linear(lab), _linear(stops[-1]))


def colour(colours: Palette, value: Field) -> Colour:
    """Return linear RGB (H, W, 3) float32 for a field of 0..1 (clipped) along the gradient."""
    place = np.clip(value * np.float32(STEPS - 1), 0, STEPS - 1).astype(np.int32)
    return colours.ramp.take(place, axis=0)
