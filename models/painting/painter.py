"""One painting: picks the family and the palette for a number and develops the light."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from models.painting.aurora import aurora
from models.painting.bloom import bloom
from models.painting.ink import ink
from models.painting.light import Colour, develop, reduce
from models.painting.marble import marble
from models.painting.nebula import nebula
from models.painting.palettes import RING, Palette, palette
from models.painting.plane import Points, plane
from models.painting.silk import silk

Family = Callable[[np.random.Generator, Points, Palette], Colour]
FAMILIES: tuple[Family, ...] = (nebula, ink, marble, silk, aurora, bloom)
OVERSAMPLE = 1.5


def paint(index: int, *, seed: int, height_px: int, width_px: int) -> NDArray[np.uint8]:
    """Return painting `index` of the series `seed`: (H, W, 3) uint8 sRGB.

    The composition depends on seed and index only: another size is the same picture, and a
    different shape of frame shows more or less of it.
    """
    rng = np.random.default_rng((seed, index))
    colours = palette(rng.uniform(0, len(RING)))
    # Steep folds are finer than a pixel: they are painted larger and gathered down.
    points = plane(round(height_px * OVERSAMPLE), round(width_px * OVERSAMPLE))
    light = FAMILIES[index % len(FAMILIES)](rng, points, colours)
    return develop(reduce(light, height_px, width_px), rng)
