"""Aurora curtains: folded sheets of rays hanging from bright hems over a dark sky."""

import numpy as np

from models.painting.light import Colour
from models.painting.noise import cloud, sample
from models.painting.palettes import Palette, colour
from models.painting.plane import Field, Points, smoothstep, turned


def _curtain(
    rng: np.random.Generator, z: Points, sway: Points, rays: Points, reach: float
) -> tuple[Field, Field]:
    """Return one curtain's light and how high in it each point is (0 hem, 1 top), (H, W)."""
    hem = np.float32(rng.uniform(0.02, 0.26)) + 0.13 * sway.real
    up = hem - z.imag
    high = up / np.float32(reach) / (1.0 + 0.28 * np.clip(rays.imag, -1.5, 1.5))
    below = np.exp(-np.square(np.minimum(up, 0.0) / np.float32(0.028)))
    fall = np.where(up > 0, np.exp(-2.7 * np.maximum(high, 0.0)), below)
    ray = 0.35 + 0.75 * smoothstep(-1.1, 1.7, rays.real)
    gaps = smoothstep(-1.2, 0.8, sway.imag + 0.25 * rays.imag)
    return (fall * ray * gaps).astype(np.float32), np.clip(high, 0.0, 1.5).astype(np.float32)


def aurora(rng: np.random.Generator, points: Points, colours: Palette) -> Colour:
    """Return linear light (H, W, 3) float32; technique: rays as noise stretched upward, swayed."""
    z = turned(points, rng.uniform(-0.5, 0.5))
    wind = cloud(rng, largest=0.9, finest=0.16, slope=2.8)
    beam = cloud(rng, largest=0.4, finest=0.06, slope=1.7, stretch=0.1)
    light = np.zeros((*points.shape, 3), np.float32)
    for number in range(3):
        shift = np.complex64(complex(0.71, 0.43) * number)
        push = sample(wind, z * np.float32(0.8) + shift)
        bent = z + np.float32(rng.uniform(0.1, 0.18)) * push
        sway = sample(wind, (bent.real + 0.25j * bent.imag).astype(np.complex64) - shift)
        rays = sample(beam, z + np.float32(0.55) * (bent - z) + shift)
        veil, high = _curtain(rng, z, sway, rays, rng.uniform(0.35, 0.6))
        tone = 0.66 - 0.42 * np.clip(high, 0, 1) + 0.3 * veil * (high < 0.4)
        light += colour(colours, tone.astype(np.float32)) * (1.4 * veil)[..., None]
        crown = veil * smoothstep(0.25, 1.0, high)
        light += (0.2 * crown)[..., None] * colours.accent
    sky = 0.06 + 0.05 * np.clip(z.imag, -0.5, 0.5)
    out: Colour = light + colour(colours, sky.astype(np.float32))
    return out
