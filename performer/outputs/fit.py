"""Where a picture, or a part of it, lands in a window."""

from typing import Literal

Fit = Literal["contain", "cover", "stretch"]
Area = tuple[int, int, int, int]
Crop = tuple[float, float, float, float]


def fitted(image: tuple[float, float], window: tuple[int, int], fit: Fit) -> Area:
    """Left, top, width and height, in pixels, of an image of (w, h) centred in a window (w, h).

    `contain` shows all of it between black bars, `cover` fills the window and crops, `stretch`
    fills it too and keeps no shape.
    """
    if fit == "stretch":
        return 0, 0, *window
    ratios = (window[0] / image[0], window[1] / image[1])
    scale = min(ratios) if fit == "contain" else max(ratios)
    width, height = max(1, round(image[0] * scale)), max(1, round(image[1] * scale))
    return (window[0] - width) // 2, (window[1] - height) // 2, width, height


def whole_of(part: Area, crop: Crop) -> Area:
    """Where the whole picture lies, in the part's pixels, when its `crop` fills the part."""
    left, top, right, bottom = crop
    width, height = part[2] / (right - left), part[3] / (bottom - top)
    return round(-left * width), round(-top * height), round(width), round(height)


def mirrored(crop: Crop, sideways: bool, upside_down: bool) -> Crop:
    """The same part of a picture that is turned over."""
    left, top, right, bottom = crop
    if sideways:
        left, right = 1.0 - right, 1.0 - left
    if upside_down:
        top, bottom = 1.0 - bottom, 1.0 - top
    return left, top, right, bottom
