"""Where an image lands in a window: scaled, never stretched."""

from typing import Literal

Fit = Literal["contain", "cover"]


def fitted(image: tuple[int, int], window: tuple[int, int], fit: Fit) -> tuple[int, int, int, int]:
    """Left, top, width and height, in pixels, of an image of (w, h) centred in a window (w, h).

    `contain` shows all of it between black bars, `cover` fills the window and crops.
    """
    ratios = (window[0] / image[0], window[1] / image[1])
    scale = min(ratios) if fit == "contain" else max(ratios)
    width, height = max(1, round(image[0] * scale)), max(1, round(image[1] * scale))
    return (window[0] - width) // 2, (window[1] - height) // 2, width, height
