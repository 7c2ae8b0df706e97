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
    ("ember", "#ffc46b", ("#050208", "#3a0626", "#a8181a", "#f77a1e", "#ffe3a8")),
    ("garnet", "#ffb45e", ("#040109", "#2a0a4a", "#b0124e", "#ff6a3d", "#ffdfae")),
    ("orchid", "#ffa65e", ("#04010a", "#1b0a5c", "#a3189a", "#ff5f8f", "#ffe0c4")),
    ("violet hour", "#ff9a6e", ("#02020b", "#0a1466", "#6a22c4", "#e673dc", "#ffe3e0")),
    ("iris", "#ff8fc0", ("#01030c", "#07206b", "#4a3ae0", "#a58cff", "#ffe6f4")),
    ("abyss", "#b48cff", ("#02020c", "#1a0f66", "#0c63d0", "#43d0f0", "#eafff6")),
    ("glacier", "#9db4ff", ("#01030b", "#0c2268", "#0a8fb0", "#6be8d4", "#f8ffe0")),
    ("lagoon", "#ffe08a", ("#01040a", "#06305e", "#049a90", "#7be8a0", "#fbffce")),
    ("borealis", "#b07bff", ("#02020b", "#1b1458", "#0b8f86", "#86ec7c", "#f6ffc0")),
    ("jade", "#ffe06a", ("#010507", "#04363f", "#1c9a52", "#c4de55", "#fff8c4")),
    ("gilded", "#ff8a5a", ("#060207", "#3a1212", "#a0650f", "#f2bd42", "#fff3c8")),
    ("copper", "#ff7aa8", ("#040208", "#2a0f3c", "#b03c22", "#f79a45", "#ffecc0")),
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
    mixed: Colour = colours.ramp.take(place, axis=0)
    return mixed
