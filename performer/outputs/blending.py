"""Edge blend: how dark an overlap's soft edges are, so that two projectors add up to one."""

import numpy as np
from numpy.typing import NDArray

from performer.outputs.layout import Blend


def blend_mask(blend: Blend, size: tuple[int, int]) -> NDArray[np.uint8]:
    """How much black lies over each pixel, uint8 (H, W), for an output of (width, height)."""
    width, height = size
    across = _light(width, blend.left, blend.right)
    down = _light(height, blend.top, blend.bottom)
    kept = (down[:, None] * across[None, :]) ** (1.0 / blend.gamma)
    return np.round(255.0 * (1.0 - kept)).astype(np.uint8)


def _light(length_px: int, begin: float, end: float) -> NDArray[np.float64]:
    """The share of light, 0..1, along an axis with soft edges of the widths `begin` and `end`."""
    place = (np.arange(length_px) + 0.5) / length_px
    return _ramp(place, begin) * _ramp(1.0 - place, end)


def _ramp(distance: NDArray[np.float64], width: float) -> NDArray[np.float64]:
    """Smoothstep from 0 at the edge to 1: with its own mirror image it adds up to 1."""
    if width <= 0.0:
        return np.ones_like(distance)
    t = np.clip(distance / width, 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)
