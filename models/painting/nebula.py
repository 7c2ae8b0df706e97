"""Emission nebulae: warped clouds lit from a core, with dust lanes and glowing fronts."""

import numpy as np

from models.painting.light import Colour, relief
from models.painting.noise import cloud, sample
from models.painting.palettes import Palette, colour
from models.painting.plane import Points, line, smoothstep, turned


def nebula(rng: np.random.Generator, points: Points, colours: Palette) -> Colour:
    """Return linear light (H, W, 3) float32; technique: two-fold domain warping of FBM."""
    centre = complex(rng.uniform(-0.45, 0.45), rng.uniform(-0.2, 0.2))
    z = turned(points, rng.uniform(0, np.pi), centre)
    drift = cloud(rng, largest=0.9, finest=0.12, slope=2.6)
    cloth = cloud(rng, largest=0.6, finest=0.05, slope=2.1)
    first = sample(drift, z + 0.4)
    bent = z + np.float32(rng.uniform(0.12, 0.2)) * first
    second = sample(drift, bent * 1.1 + 1.7j)
    gas = sample(cloth, bent + np.float32(rng.uniform(0.08, 0.15)) * second)
    around = bent.real * np.float32(rng.uniform(0.8, 1.3)) + 1j * bent.imag * np.float32(1.7)
    body = np.exp(-np.square(np.abs(around) / np.float32(rng.uniform(0.6, 0.9))))
    heart = np.exp(-np.square(np.abs(bent + 0.05 * second) / np.float32(0.2)))
    dust = smoothstep(-0.1, 1.1, second.real + 0.6 * gas.imag)
    height = 0.5 * gas.real + 0.35 * second.imag
    diffuse, _ = relief(height, rng.uniform(0, 2 * np.pi), 0.16, 20.0)
    glow = body * (0.66 + 0.3 * height) * (0.45 + 0.95 * diffuse) * (1.0 - 0.8 * dust)
    front = line(gas.imag - 0.3 * second.real, 0.16) * body * (1.0 - 0.5 * dust)
    value = np.clip(glow + 0.25 * heart * (1 - 0.6 * dust) + 0.22 * front, 0.0, 1.0)
    light = colour(colours, value.astype(np.float32))
    light *= (0.85 + 0.95 * value)[..., None].astype(np.float32)
    rim = front * front * smoothstep(0.0, 0.7, dust) * body * diffuse
    ember = np.exp(-np.square(np.abs(bent - np.complex64(0.3 + 0.1j)) / np.float32(0.3)))
    light += (2.6 * ember * glow * glow * diffuse)[..., None] * colours.accent
    out: Colour = light + (0.9 * rim)[..., None] * colours.accent
    return out
