"""Suminagashi marbling: rings of floated colour drawn out by a comb, with veins of gold."""

import numpy as np

from models.painting.light import Colour, relief
from models.painting.noise import advect, cloud, curl, sample
from models.painting.palettes import Palette, colour
from models.painting.plane import Field, Points, line, slope, smoothstep, turned


def _rings(source: Points, rng: np.random.Generator) -> Field:
    """Return a distance that is shared by a few drops, so that their rings meet and merge."""
    near = np.zeros(source.shape, np.float32)
    for _ in range(3):
        place = complex(rng.uniform(-0.7, 0.7), rng.uniform(-0.4, 0.4))
        far = np.abs(source - np.complex64(place))
        near += np.exp(-far * np.float32(rng.uniform(4.5, 6.0)))
    merged: Field = (-np.log(near + np.float32(1e-4)) / np.float32(5.0)).astype(np.float32)
    return merged


def marble(rng: np.random.Generator, points: Points, colours: Palette) -> Colour:
    """Return linear light (H, W, 3) float32; technique: level sets of a soft minimum, advected."""
    z = turned(points, rng.uniform(0, np.pi))
    flow = curl(rng, largest=1.2, finest=0.22, slope=3.4)
    source = advect(flow, z, rng.uniform(0.24, 0.36), steps=5)
    tint = sample(cloud(rng, largest=0.9, finest=0.12, slope=2.6), source)
    far = _rings(source, rng) + 0.03 * tint.imag
    turns = far * np.float32(rng.uniform(6.5, 9.5)) + np.float32(rng.uniform(0, 1))
    steep = np.abs(slope(turns)) / np.float32(216)
    held = np.exp(-np.square(steep / np.float32(0.22)))
    wave = 0.5 - 0.5 * np.cos(2 * np.pi * turns).astype(np.float32) * held
    # Every second ring is ink and every other is bare water, so the dark has room to rest.
    wide = 0.5 - 0.5 * np.cos(np.pi * turns + 2.0 * tint.real).astype(np.float32) * held
    rest = sample(cloud(rng, largest=1.5, finest=0.4, slope=3.0), z + 0.06 * tint).real
    mask = smoothstep(-0.5, 0.9, rest + 0.35 * tint.real + 0.2 * wide)
    height = (0.045 * wave + 0.05 * wide).astype(np.float32)
    diffuse, gloss = relief(height, rng.uniform(0, 2 * np.pi), 1.3, 26.0)
    value = (0.06 + 0.72 * mask * wave * wide + 0.12 * wide) * (0.4 + 0.95 * diffuse)
    light = colour(colours, value.astype(np.float32)) * (0.45 + 1.1 * mask * wide)[..., None]
    light += (0.3 * gloss * mask * wave)[..., None] * colours.ramp[860]
    edge = ((turns * 0.5) % 1.0 - 0.5).astype(np.float32)
    vein = line(edge, 0.045) * held * smoothstep(-0.2, 1.0, tint.imag + 0.6 * mask) * mask
    shine = 0.25 + 1.5 * diffuse * diffuse
    out: Colour = light * (1.0 - 0.7 * vein)[..., None] + (vein * shine)[..., None] * colours.accent
    return out.astype(np.float32)
