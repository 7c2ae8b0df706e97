"""Light on a painted field: relief, glow, and the development into an 8-bit picture."""

import numpy as np
from numpy.typing import NDArray

from models.painting.plane import Field, Points, slope

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


def develop(light: Colour, points: Points, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Return the finished picture (H, W, 3) uint8 sRGB of linear light (H, W, 3).

    Adds bloom, falls off towards the corners, rolls the highlights over (so that they keep their
    hue), encodes and dithers by less than one level.
    """
    bright = light * np.clip(light.max(axis=2, keepdims=True) - 0.15, 0.0, 1.0)
    light = light + 0.55 * soften(bright, 0.02) + 0.5 * soften(bright, 0.09)
    reach = np.square(points.real / (abs(points[0, 0].real) + 1e-6)) + np.square(
        points.imag / (abs(points[0, 0].imag) + 1e-6)
    )
    light = light * (1.0 - 0.24 * reach)[..., None].astype(np.float32)
    peak = light.max(axis=2, keepdims=True)
    # A shoulder on the brightest channel scales all three alike; the square lets heat whiten.
    rolled = light * ((1.0 + peak * 0.12) / (1.0 + 0.62 * peak))
    rolled = rolled + 0.10 * np.square(np.clip(peak - 0.8, 0.0, 1.2))
    encoded = np.clip(rolled, 0.0, 1.0) ** np.float32(1 / 2.2)
    grain = rng.random(light.shape[:2], dtype=np.float32)[..., None] - 0.5
    return np.clip(encoded * 255.0 + 0.5 + grain, 0.0, 255.0).astype(np.uint8)
