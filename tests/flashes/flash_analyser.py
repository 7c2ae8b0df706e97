"""Counts the flashes of a film as the guidelines define them, pixel by pixel, after the fact.

Written from WCAG 2.2 (definition of general flash and red flash thresholds) and ITU-R BT.1702
alone: it knows nothing of the limiter, of its grid, or of time passing frame by frame.
"""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def light(film: NDArray[np.uint8]) -> Array:
    """Linear R, G, B 0..1 of sRGB bytes (..., 3)."""
    value = film / 255.0
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def turning_points(series: Array, least: float) -> list[int]:
    """The frames at which a series turns, ignoring what moves by less than `least` (zigzag).

    The first and the last point of interest are included, so each neighbouring pair of them is a
    change by at least `least`, and the pairs oppose each other in turn.
    """
    points: list[int] = []
    top = bottom = 0
    rising = 0
    for i, value in enumerate(series):
        top = i if value > series[top] else top
        bottom = i if value < series[bottom] else bottom
        if rising >= 0 and series[top] - value >= least:
            points, rising, bottom = [*points, top], -1, i
        elif rising <= 0 and value - series[bottom] >= least:
            points, rising, top = [*points, bottom], 1, i
    if rising:
        points.append(top if rising > 0 else bottom)
    return points


def opposing_changes(luminance: Array) -> list[int]:
    """The frames at which changes of a tenth end, where the darker end is below 0.8."""
    points = turning_points(luminance, 0.1)
    pairs = zip(points, points[1:], strict=False)
    return [end for begin, end in pairs if min(luminance[begin], luminance[end]) < 0.8]


def red_changes(colours: Array) -> list[int]:
    """The frames at which transitions from or to a saturated red end; colours (frames, 3)."""
    red, green, blue = colours.T
    amount = np.maximum(red - green - blue, 0.0) * 320.0
    saturated = red >= 0.8 * np.maximum(colours.sum(axis=1), 1e-9)
    points = turning_points(amount, 20.000001)
    pairs = zip(points, points[1:], strict=False)
    return [end for begin, end in pairs if saturated[begin] or saturated[end]]


def most_in_a_second(frames: list[int], fps: float) -> int:
    """The most of those frames that lie within less than a second."""
    times = np.array(frames) / fps
    return max((int(((times >= t) & (times < t + 1.0 - 1e-9)).sum()) for t in times), default=0)


def flashes(film: NDArray[np.uint8], fps: float) -> tuple[Array, Array]:
    """General and red flashes in the worst second of each place, (H, W) both: whole pairs.

    `film` is (frames, H, W, 3); give it small, it is slow.
    """
    height, width = film.shape[1:3]
    general, red = np.zeros((height, width)), np.zeros((height, width))
    known: dict[bytes, tuple[float, float]] = {}
    for y in range(height):
        for x in range(width):
            pixel = film[:, y, x]
            if pixel.tobytes() not in known:
                linear = light(pixel)
                changes = opposing_changes(linear @ (0.2126, 0.7152, 0.0722))
                reds = red_changes(linear)
                counts = (most_in_a_second(changes, fps) // 2, most_in_a_second(reds, fps) // 2)
                known[pixel.tobytes()] = counts
            general[y, x], red[y, x] = known[pixel.tobytes()]
    return general, red


def fails(film: NDArray[np.uint8], fps: float) -> bool:
    """Whether more than three flashes in a second fill a quarter of any third by third."""
    height, width = film.shape[1] // 3, film.shape[2] // 3
    for counts in flashes(film, fps):
        over = np.lib.stride_tricks.sliding_window_view(counts > 3.0, (height, width))
        if (over.mean(axis=(2, 3)) >= 0.25).any():
            return True
    return False
