"""Ink in water: drops stirred by a curling flow into veils and tendrils, lit from behind."""

import numpy as np

from models.painting.light import Colour, soften
from models.painting.noise import advect, cloud, curl, sample
from models.painting.palettes import Palette, colour
from models.painting.plane import Field, Points, line, slope, turned


def _shells(
    source: Points, place: complex, radius: float, folds: Field
) -> tuple[Field, Field, Field]:
    """Return body, sheets and rim of one drop: a soft solid, its nested luminous skins, edge."""
    far = np.abs(source - np.complex64(place)) + 0.05 * folds
    body = 1.0 / (1.0 + np.exp((far - np.float32(radius)) / np.float32(0.035)))
    skin = np.zeros_like(body)
    for share, width in ((1.0, 0.016), (0.78, 0.03), (0.5, 0.05)):
        skin += line((far - np.float32(share * radius)).astype(np.float32), width)
    return body.astype(np.float32), skin, line((far - np.float32(radius)).astype(np.float32), 0.012)


def ink(rng: np.random.Generator, points: Points, colours: Palette) -> Colour:
    """Return linear light (H, W, 3) float32; technique: backward advection through curl noise."""
    angle = rng.uniform(-0.6, 0.6)
    z = turned(points, angle)
    flow = curl(rng, largest=0.85, finest=0.13, slope=3.2)
    source = advect(flow, z, rng.uniform(0.3, 0.46), steps=6)
    grain = sample(cloud(rng, largest=0.5, finest=0.05, slope=2.2), source * 0.9)
    # Where the flow has drawn the ink thinner than a filament it has thinned out of sight.
    drawn = np.abs(slope(source.real)) + np.abs(slope(source.imag))
    # Softened, because the stretch itself is read too coarsely just where it is largest.
    left = np.exp(-np.square(soften(drawn[..., None], 0.008)[..., 0] / np.float32(9.0)))
    middle = complex(rng.uniform(-0.3, 0.3), rng.uniform(-0.1, 0.1))
    value = np.zeros(points.shape, np.float32)
    rims = np.zeros(points.shape, np.float32)
    for number in range(3):
        place = middle + complex(rng.normal(0, 0.28), rng.normal(0, 0.17))
        body, skin, rim = _shells(
            source, place, rng.uniform(0.25, 0.38) - 0.03 * number, grain.real
        )
        value += left * (body * (0.26 + 0.1 * grain.imag) + 0.42 * skin * (0.4 + 0.6 * body))
        rims += left * rim * (1.0 - 0.3 * number)
    value = (1.0 - np.exp(-1.5 * np.clip(value, 0.0, None))).astype(np.float32)
    light = colour(colours, value)
    light *= (0.6 + 1.3 * value)[..., None].astype(np.float32)
    back = np.exp(-np.square(np.abs(z - np.complex64(middle)) / np.float32(0.75)))
    light += (0.2 * back)[..., None] * colours.ramp[330]
    out: Colour = light + (0.3 * rims)[..., None] * colours.accent
    return out
