"""Light on a painted field: relief, glow, and the development into an 8-bit picture."""

import numpy as np
from numpy.typing import NDArray

from models.painting.plane import Field, slope

Colour = NDArray[np.float32]


def relief(height: Field, angle: float, depth: float, gloss: float) -> tuple[Field, Field]:
    """Return diffuse and specular light, (H, W) in 0..1, of a height field lit from `angle`.

    Lambert and Blinn-Phong on the normal (-dh/dx, -dh/dy, 1/depth).
    """
    tilt = slope(height) * np.float32(depth)
    inverse = 1.0 / np.sqrt(1.0 + np.square(tilt.real) + np.square(tilt.imag))
    towards = tilt.real * np.float32(np.cos(angle)) + tilt.imag * np.float32(np.sin(angle))
    diffuse = np.clip((0.55 - 0.83 * towards) * inverse, 0.0, 1.0)
    # The half-way vector between that light and an eye straight above the canvas.
    half = np.clip((0.88 - 0.47 * towards) * inverse, 0.0, 1.0)
    return diffuse.astype(np.float32), (half ** np.float32(gloss)).astype(np.float32)


def _spread(length: int, knots: int, radius: float) -> tuple[Field, Field]:
    pixel_at = (np.arange(length, dtype=np.float32) + 0.5) / length
    knot_at = (np.arange(knots, dtype=np.float32) + 0.5) / knots
    weight = np.exp(-0.5 * np.square((pixel_at[:, None] - knot_at[None, :]) / np.float32(radius)))
    return weight.T / weight.sum(0)[:, None], weight / weight.sum(1)[:, None]


def soften(colours: Colour, radius: float) -> Colour:
    """Return (H, W, 3) blurred by about `radius` of the shorter side.

    Gathered on a coarse grid and spread back by two Gaussian matrix products each way, so the
    cost does not grow with the radius.
    """
    height, width = colours.shape[:2]
    unit = min(height, width)
    parts = []
    for length in (height, width):
        share = radius * unit / length / np.sqrt(2)
        parts.append(_spread(length, max(4, min(length, int(1.3 / share))), share))
    (gather_y, spread_y), (gather_x, spread_x) = parts
    planes = np.ascontiguousarray(colours.transpose(2, 0, 1))
    soft = spread_y @ (gather_y @ planes @ gather_x.T) @ spread_x.T
    return np.ascontiguousarray(soft.transpose(1, 2, 0)).astype(np.float32)


def _gather(large: int, small: int) -> Field:
    at = (np.arange(small, dtype=np.float32)[:, None] + 0.5) * np.float32(large / small) - 0.5
    away = np.abs(np.arange(large, dtype=np.float32)[None, :] - at) * np.float32(small / large)
    weight = np.clip(1.0 - away, 0.0, None)
    share: Field = (weight / weight.sum(1, keepdims=True)).astype(np.float32)
    return share


def reduce(light: Colour, height_px: int, width_px: int) -> Colour:
    """Return (h, w, 3) light gathered from a larger (H, W, 3) with a tent filter."""
    planes = np.ascontiguousarray(light.transpose(2, 0, 1), dtype=np.float32)
    small = _gather(light.shape[0], height_px) @ planes @ _gather(light.shape[1], width_px).T
    return np.ascontiguousarray(small.transpose(1, 2, 0))


def _vignette(height_px: int, width_px: int) -> Field:
    y = np.linspace(-1, 1, height_px, dtype=np.float32)[:, None]
    x = np.linspace(-1, 1, width_px, dtype=np.float32)[None, :]
    return np.asarray(1.0 - np.float32(0.24) * (x * x + y * y), np.float32)


def develop(light: Colour, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Return the finished picture (H, W, 3) uint8 sRGB of linear light (H, W, 3).

    Adds bloom, falls off towards the corners, rolls the highlights over (so that they keep their
    hue), encodes and dithers by less than one level.
    """
    bright = light * np.clip(light.max(axis=2, keepdims=True) - 0.15, 0.0, 1.0)
    light = light + 0.4 * soften(bright, 0.02) + 0.32 * soften(bright, 0.08)
    light = light * _vignette(*light.shape[:2])[..., None]
    peak = light.max(axis=2, keepdims=True)
    # A shoulder on the brightest channel scales all three alike; the square lets heat whiten.
    rolled = light * ((1.0 + peak * 0.12) / (1.0 + 0.62 * peak))
    rolled = rolled + 0.10 * np.square(np.clip(peak - 0.8, 0.0, 1.2))
    encoded = np.clip(rolled, 0.0, 1.0) ** np.float32(1 / 2.2)
    grain = rng.random(light.shape[:2], dtype=np.float32)[..., None] - 0.5
    picture: NDArray[np.uint8] = np.clip(encoded * 255.0 + 0.5 + grain, 0, 255).astype(np.uint8)
    return picture
