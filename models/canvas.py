"""The canvas: a base of a few pixels, doubled until it is as large as the picture."""

import re

import msgspec

BASE_MINIMUM_PX = 4
BASE_MAXIMUM_PX = 32
DOUBLINGS_MAXIMUM = 9
DEFAULT_SIZE = "256"


class CanvasError(ValueError):
    """A size that no base and doublings give."""


class Canvas(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`base_h` x `base_w` pixels, doubled `doublings` times."""

    base_h: int
    base_w: int
    doublings: int

    @property
    def height_px(self) -> int:
        return self.base_h << self.doublings

    @property
    def width_px(self) -> int:
        return self.base_w << self.doublings

    @property
    def levels(self) -> range:
        """Its resolutions, counted in doublings from the base; in networks b4, b8, ..."""
        return range(self.doublings + 1)

    def size_at(self, level: int) -> tuple[int, int]:
        """Height and width in pixels after `level` doublings."""
        return self.base_h << level, self.base_w << level

    def __str__(self) -> str:
        return f"{self.width_px}x{self.height_px}"


def canvas_of(width_px: int, height_px: int) -> Canvas:
    """The canvas with the smallest base; raises `CanvasError` naming the nearest allowed size."""
    h, w, doublings = height_px, width_px, 0
    while (
        h % 2 == 0
        and w % 2 == 0
        and min(h, w) // 2 >= BASE_MINIMUM_PX
        and doublings < DOUBLINGS_MAXIMUM
    ):
        h, w, doublings = h // 2, w // 2, doublings + 1
    if min(h, w) < BASE_MINIMUM_PX or max(h, w) > BASE_MAXIMUM_PX or doublings == 0:
        raise CanvasError(
            f"{width_px}x{height_px} is not a canvas: halved again and again, both sides must end "
            f"between {BASE_MINIMUM_PX} and {BASE_MAXIMUM_PX}. "
            f"Nearest: {_nearest(width_px, height_px)}"
        )
    return Canvas(h, w, doublings)


def parse_size(text: str) -> Canvas:
    """The canvas for `N` (square) or `WxH`; raises `CanvasError`."""
    match = re.fullmatch(r"(\d{1,5})(?:[xX](\d{1,5}))?", text.strip())
    if match is None:
        raise CanvasError(f'"{text}" is not a size; write N or WxH, for example 256 or 512x288')
    width = int(match[1])
    return canvas_of(width, int(match[2]) if match[2] else width)


def _nearest(width_px: int, height_px: int) -> str:
    """The allowed size nearest in both sides, as text."""

    def side(px: int, doublings: int) -> int:
        base = round(px / (1 << doublings))
        return min(max(base, BASE_MINIMUM_PX), BASE_MAXIMUM_PX) << doublings

    def distance(size: tuple[int, int]) -> float:
        w, h = size
        return abs(w - width_px) / max(width_px, 1) + abs(h - height_px) / max(height_px, 1)

    sizes = [(side(width_px, k), side(height_px, k)) for k in range(1, DOUBLINGS_MAXIMUM + 1)]
    w, h = min(sizes, key=distance)
    return f"{w}x{h}"
