"""Ink and type of the overlays: few colours, one font, and text that is rendered once."""

from collections import OrderedDict
from typing import Literal

import pygame

Colour = tuple[int, int, int] | tuple[int, int, int, int]
Align = Literal["left", "centre", "right"]

PANEL = (8, 10, 14, 230)
INK = (240, 244, 248)
SOFT = (172, 180, 190)
FAINT = (126, 134, 145)
TRACK = (54, 60, 68, 255)
ACCENT = (64, 214, 232)
AMBER = (255, 186, 74)
RED = (255, 104, 96)

CACHE_SIZE = 768
SMALLEST_PX = 15
LONGEST = 200
UNASSIGNED = "\ue000"


class Lettering:
    """Text at the sizes of a 1280x720 design, scaled to the window.

    Rendering text is the dearest part of an overlay and most of it never changes, so the last
    `CACHE_SIZE` pieces are kept. The font is pygame's own: the same on every machine, with
    digits of one width.
    """

    def __init__(self, window: tuple[int, int]) -> None:
        self.scale = min(window[0] / 1280, window[1] / 720)
        self._fonts: dict[int, pygame.font.Font] = {}
        self._letters = {"→": ">", "−": "-"}
        self._cache: OrderedDict[tuple[str, int, Colour], pygame.Surface] = OrderedDict()

    def px(self, design_px: float) -> int:
        """A length of the design in the window's pixels, at least one."""
        return max(1, round(design_px * self.scale))

    def font(self, size: float) -> pygame.font.Font:
        return self._font(max(SMALLEST_PX, self.px(size)))

    def _clean(self, text: str) -> str:
        """The text without what a font refuses (NUL, surrogates) or draws as an empty box."""
        return "".join(self._letters.get(c) or self._letter(c) for c in text)

    def _letter(self, c: str) -> str:
        known = c.isprintable() and ord(c) < 0x10000
        if not known or self.font(24).metrics(c) == self.font(24).metrics(UNASSIGNED):
            self._letters[c] = "?"
        else:
            self._letters[c] = c
        return self._letters[c]

    def _large(self, size: float) -> pygame.font.Font:
        return self._font(2 * max(SMALLEST_PX, self.px(size)))

    def _font(self, px: int) -> pygame.font.Font:
        if px not in self._fonts:
            self._fonts[px] = pygame.font.Font(None, px)
        return self._fonts[px]

    def width(self, text: str, size: float) -> int:
        """Of the text as it is drawn, in pixels."""
        return (self._large(size).size(self._clean(text))[0] + 1) // 2

    def height(self, size: float) -> int:
        return self.font(size).get_height()

    def render(self, text: str, size: float, colour: Colour) -> pygame.Surface:
        """The text as a surface of its own, from the cache where it is there."""
        key = (text, max(SMALLEST_PX, self.px(size)), colour)
        if key in self._cache:
            self._cache.move_to_end(key)
            return self._cache[key]
        self._cache[key] = surface = self._draw(text, size, colour)
        if len(self._cache) > CACHE_SIZE:
            self._cache.popitem(last=False)
        return surface

    def _draw(self, text: str, size: float, colour: Colour) -> pygame.Surface:
        """Twice as large, then halved: the font's own hinting spaces small letters unevenly."""
        large = self._large(size)
        drawn = large.render(self._clean(text), True, colour)
        width, height = drawn.get_size()
        return pygame.transform.smoothscale(drawn, ((width + 1) // 2, (height + 1) // 2))

    def put(
        self,
        target: pygame.Surface,
        text: str,
        at: tuple[float, float],
        size: float,
        colour: Colour = INK,
        align: Align = "left",
        width: float = 0,
    ) -> int:
        """Draw a line of text with its baseline at `at`; cut it to `width`. Returns its width."""
        drawn = self.render(self.cut(text, size, width) if width else text, size, colour)
        shift = {"left": 0.0, "centre": 0.5, "right": 1.0}[align] * drawn.get_width()
        target.blit(drawn, (round(at[0] - shift), round(at[1]) - self.font(size).get_ascent()))
        return drawn.get_width()

    def cut(self, text: str, size: float, width: float) -> str:
        """The text, its end replaced by an ellipsis when it is wider than `width` pixels."""
        text = text[:LONGEST]
        if self.width(text, size) <= width:
            return text
        low, high = 0, len(text)
        while low < high:
            middle = (low + high + 1) // 2
            fits = self.width(text[:middle].rstrip() + "…", size) <= width
            low, high = (middle, high) if fits else (low, middle - 1)
        return text[:low].rstrip() + "…"


def panel(target: pygame.Surface, rect: pygame.Rect, radius: int, colour: Colour = PANEL) -> None:
    """A dark, translucent sheet on which text stays legible over any picture."""
    pygame.draw.rect(target, colour, rect, border_radius=radius)
