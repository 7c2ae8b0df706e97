"""Corner pin: the mesh that bends a rectangle onto four corners in true perspective."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from performer.outputs.layout import Corners

CELLS = 48


class Mesh(NamedTuple):
    """Triangles: corners in pixels and in texture 0..1, both (V, 2), and which three (3 T,)."""

    places: NDArray[np.float32]
    texture: NDArray[np.float32]
    indices: NDArray[np.int32]


def perspective(corners: Corners) -> NDArray[np.float64]:
    """The homography (3, 3) of the unit square onto the corners (Heckbert 1989, section 2.2.3).

    The square's corners are (0, 0), (1, 0), (1, 1), (0, 1), in the order of `corners`, which
    have to be convex.
    """
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = corners
    sides = np.array([[x1 - x2, x3 - x2], [y1 - y2, y3 - y2]])
    g, h = np.linalg.solve(sides, [x0 - x1 + x2 - x3, y0 - y1 + y2 - y3])
    return np.array(
        [
            [x1 - x0 + g * x1, x3 - x0 + h * x3, x0],
            [y1 - y0 + g * y1, y3 - y0 + h * y3, y0],
            [g, h, 1.0],
        ]
    )


def mesh(corners: Corners, size: tuple[int, int]) -> Mesh:
    """A grid fine enough that its flat cells look like perspective, for a (width, height)."""
    lines = np.linspace(0.0, 1.0, CELLS + 1)
    across, down = np.meshgrid(lines, lines)
    square = np.stack([across.ravel(), down.ravel(), np.ones(across.size)])
    x, y, w = perspective(corners) @ square
    places = np.stack([x / w * size[0], y / w * size[1]], axis=1)
    first = (np.arange(CELLS)[:, None] * (CELLS + 1) + np.arange(CELLS)).reshape(-1, 1)
    below = CELLS + 1
    indices = first + np.array([0, 1, below + 1, 0, below + 1, below])
    return Mesh(
        np.ascontiguousarray(places, np.float32),
        np.ascontiguousarray(square[:2].T, np.float32),
        np.ascontiguousarray(indices.ravel(), np.int32),
    )
