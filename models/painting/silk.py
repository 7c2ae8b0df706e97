"""Silk veils: translucent sheets folded over the dark, brightest where they turn edge-on."""

import numpy as np

from models.painting.light import Colour
from models.painting.noise import cloud, sample
from models.painting.palettes import Palette, colour
from models.painting.plane import Field, Points, slope, smoothstep, turned


def _veil(rng: np.random.Generator, z: Points, wave: Points, thread: Points) -> tuple[Field, Field]:
    """Return one sheet's light and threads, (H, W); light gathers where the sheet is steep."""
    share = np.float32(rng.uniform(-0.6, 0.6))
    lift = wave.real + share * wave.imag
    across = z.imag - np.float32(rng.uniform(-0.16, 0.16)) + 0.17 * lift
    phase = (across * np.float32(rng.uniform(9, 14)) + 2.2 * wave.imag).astype(np.float32)
    fold = 0.5 + 0.5 * np.sin(phase)
    steep = np.abs(slope(phase))
    # A crest narrower than a filament would break into beads: the square keeps its floor up.
    turn = np.hypot(0.5 * steep * np.cos(phase), np.square(steep) * np.float32(0.0025))
    thin = np.float32(0.9) / (np.float32(0.9) + turn)
    body = np.exp(-np.square(across / np.float32(rng.uniform(0.2, 0.32))))
    edge = smoothstep(-0.3, -0.22, across.astype(np.float32)) * 0.5 + 0.5
    light = body * edge * (0.07 + 0.27 * fold**2 + 0.5 * thin * fold)
    fibres = body * smoothstep(0.2, 1.6, thread.real) * fold
    return light.astype(np.float32), fibres.astype(np.float32)


def silk(rng: np.random.Generator, points: Points, colours: Palette) -> Colour:
    """Return linear light (H, W, 3) float32; technique: caustic density of warped folds.

    The threads are noise drawn out along the folds: it is read in coordinates that run with the
    sheet, which gives the look of line integral convolution for one lookup.
    """
    place = complex(0.0, rng.uniform(-0.15, 0.15))
    z = turned(points, rng.uniform(-0.9, 0.9), place)
    swell = cloud(rng, largest=1.1, finest=0.2, slope=3.0, stretch=1.6)
    fibre = cloud(rng, largest=0.09, finest=0.03, slope=1.5, stretch=9.0)
    total = np.zeros(points.shape, np.float32)
    hot = np.zeros(points.shape, np.float32)
    light = np.zeros((*points.shape, 3), np.float32)
    for number in range(3):
        wave = sample(swell, z + np.complex64(complex(0.37, 0.83) * number))
        wave = sample(swell, z + 0.16 * wave + np.complex64(0.9 * number))
        run = (z.real + 0.1 * wave.real + 1j * (z.imag + 0.17 * wave.real)).astype(np.complex64)
        veil, threads = _veil(rng, z, wave, sample(fibre, run))
        tone = np.clip(0.16 + 0.1 * number + 0.85 * veil + 0.1 * threads, 0.0, 1.0)
        light += colour(colours, tone) * (1.45 * veil + 0.22 * threads)[..., None]
        total += veil
        hot += veil * veil * (number == 2)
    light += (0.45 * hot)[..., None] * colours.accent
    out: Colour = light + 0.5 * colours.ramp[160] * smoothstep(0.0, 0.8, total)[..., None]
    return out
