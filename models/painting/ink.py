"""Ink in water: drops stirred by a curling flow into veils and tendrils, lit from behind."""

import numpy as np

from models.painting.light import Colour
from models.painting.noise import advect, cloud, curl, sample
from models.painting.palettes import Palette, colour
from models.painting.plane import Field, Points, line, turned


def _shells(source: Points, place: complex, radius: float, folds: Field) -> tuple[Field, Field]:
    """Return body and skin of one drop: a soft solid, and its nested luminous sheets."""
    far = np.abs(source - np.complex64(place)) + 0.05 * folds
    body = 1.0 / (1.0 + np.exp((far - np.float32(radius)) / np.float32(0.035)))
    skin = np.zeros_like(body)
    for share, width in ((1.0, 0.016), (0.78, 0.03), (0.5, 0.05)):
        skin += line((far - np.float32(share * radius)).astype(np.float32), width)
    return body.astype(np.float32), skin


def ink(rng: np.random.Generator, points: Points, colours: Palette) -> Colour:
    """Return linear light (H, W, 3) float32; technique: backward advection through curl noise."""
    angle = rng.uniform(-0.6, 0.6)
    z = turned(points, angle)
    flow = curl(rng, largest=0.75, finest=0.11, slope=3.2)
    source = advect(flow, z, rng.uniform(0.4, 0.62), steps=7)
    grain = sample(cloud(rng, largest=0.5, finest=0.05, slope=2.2), source * 0.9)
    middle = complex(rng.uniform(-0.35, 0.35), rng.uniform(-0.12, 0.12))
    value = np.zeros(points.shape, np.float32)
    rims = np.zeros(points.shape, np.float32)
    for number in range(3):
        place = middle + complex(rng.normal(0, 0.33), rng.normal(0, 0.17))
        body, skin = _shells(source, place, rng.uniform(0.17, 0.27) - 0.02 * number, grain.real)
        value += body * (0.24 + 0.09 * grain.imag) + 0.32 * skin * (0.55 + 0.45 * body)
        rims += skin * body * (0.3 + 0.7 * (number == 0))
    light = colour(colours, value)
    light *= (0.55 + 1.0 * np.clip(value, 0, 1.2))[..., None].astype(np.float32)
    back = np.exp(-np.square(np.abs(z - np.complex64(middle)) / np.float32(0.75)))
    light += (0.10 * back)[..., None] * colours.ramp[330]
    out: Colour = light + (0.28 * rims)[..., None] * colours.accent
    return out
