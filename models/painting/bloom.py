"""Blooms: radial organisms, half flower and half anemone, with lit petals around a hot heart."""

import numpy as np

from models.painting.light import Colour
from models.painting.noise import cloud, sample
from models.painting.palettes import Palette, colour
from models.painting.plane import Field, Points, line, smoothstep, turned


def _petals(
    far: Field, angle: Field, count: int, reach: float, sharp: float, phase: float
) -> tuple[Field, Field]:
    """Return a ring of petals as body and lit edge, (H, W) in 0..1."""
    lobe = np.abs(np.cos(0.5 * count * angle + np.float32(phase))) ** np.float32(sharp)
    edge = far - np.float32(reach) * (0.42 + 0.58 * lobe)
    body = smoothstep(0.02, -0.05, edge) * (0.25 + 0.75 * lobe)
    return body.astype(np.float32), line(edge.astype(np.float32), 0.012)


def bloom(rng: np.random.Generator, points: Points, colours: Palette) -> Colour:
    """Return linear light (H, W, 3) float32; technique: warped polar coordinates, layered lobes."""
    centre = complex(rng.uniform(-0.4, 0.4), rng.uniform(-0.14, 0.14))
    z = turned(points, rng.uniform(0, np.pi), centre)
    z = (z.real + 1j * z.imag * np.float32(rng.uniform(1.0, 1.35))).astype(np.complex64)
    soft = cloud(rng, largest=0.8, finest=0.12, slope=2.8)
    bent = z + np.float32(rng.uniform(0.04, 0.075)) * sample(soft, z)
    far = np.abs(bent)
    angle = np.angle(bent) + np.float32(rng.uniform(-1.6, 1.6)) * far
    fibre = cloud(rng, largest=0.2, finest=0.06, slope=1.8, stretch=0.15)
    # The angle has a seam; reading the fibres around a circle would need 3-D noise, so they are
    # mirrored over the seam instead, and the mirror line is hidden by the turn of the petals.
    reach = np.float32(1.2) * np.abs(angle) + 1j * far
    threads = sample(fibre, reach.astype(np.complex64))
    light = np.zeros((*points.shape, 3), np.float32)
    side = 0.62 + 0.38 * np.cos(np.angle(bent) - np.float32(rng.uniform(0, 2 * np.pi)))
    sharp = rng.uniform(0.5, 1.4)
    count = int(rng.integers(5, 10))
    size = rng.uniform(0.42, 0.66)
    plume = smoothstep(-1.8, 2.2, threads.imag) * np.exp(-np.square(far / np.float32(1.2 * size)))
    light += colour(colours, 0.2 + 0.35 * plume) * (0.8 * plume)[..., None]
    for layer in range(5):
        share = 1.0 - 0.17 * layer
        body, rim = _petals(far, angle, count, size * share, sharp, 1.3 * layer)
        depth = smoothstep(0.0, size * share, far)
        lit = body * (0.05 + (0.5 + 0.35 * smoothstep(-0.8, 1.6, threads.real)) * depth**2) * side
        tone = (0.16 + 0.08 * layer + 0.7 * lit + 0.3 * rim * side).astype(np.float32)
        light *= (1.0 - 0.72 * body)[..., None]
        light += colour(colours, tone) * (1.7 * lit + 0.7 * rim * side)[..., None]
    heart = np.exp(-np.square(far / np.float32(0.15 * size)))
    heart *= 0.35 + 0.9 * smoothstep(-1.0, 1.2, threads.real)
    light += (1.3 * heart)[..., None] * colours.accent
    halo = np.exp(-np.square(far / np.float32(1.2 * size)))
    out: Colour = light + (0.3 * halo)[..., None] * colours.ramp[200] + colours.ramp[20]
    return out
