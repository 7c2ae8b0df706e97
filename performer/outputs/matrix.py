"""The matrix: which source moves which parameter, how deep, and what it does right now."""

import math

import pygame

from performer.outputs.lettering import (
    ACCENT,
    FAINT,
    INK,
    SOFT,
    TRACK,
    panel,
)
from performer.outputs.sheet import Sheet
from performer.outputs.sound_meters import draw_meters
from performer.outputs.tempo_badge import draw_tempo
from performer.status import Motion, Status

# So many rows are drawn large, so many in one column, and more in two.
LARGE_ROWS, ROWS = 7, 10
LARGE, SIZE, SMALL = 42, 32, 24


class Matrix(Sheet):
    """Draws a `Status`' modulators for a window of one size, as on a 1280x720 design."""

    def draw(self, target: pygame.Surface, status: Status) -> None:
        """Draw onto a transparent surface of the window's size."""
        px = self.type.px
        (sheet,) = self.areas()
        panel(target, sheet, px(10))
        inner = sheet.inflate(-2 * px(28), -2 * px(20))
        draw_tempo(target, self.type, status, pygame.Rect(inner.right, inner.y, 0, 0))
        self._draw_title(target, status, inner)
        meters = pygame.Rect(inner.x, inner.y + px(52), inner.width, px(40))
        draw_meters(target, self.type, meters, status.sound)
        rows = pygame.Rect(inner.x, inner.y + px(112), inner.width, inner.height - px(112))
        self._draw_rows(target, status.modulation, rows)

    def _draw_title(self, target: pygame.Surface, status: Status, area: pygame.Rect) -> None:
        at = (area.x, area.y + self.type.px(30))
        used = self.type.put(target, "Modulation", at, 44, ACCENT)
        words = f"amount {status.modulation_amount * 100:.0f} %"
        self.type.put(target, words, (area.x + used + self.type.px(24), at[1]), SIZE, INK)

    def _draw_rows(
        self, target: pygame.Surface, motions: tuple[Motion, ...], area: pygame.Rect
    ) -> None:
        px = self.type.px
        if not motions:
            at = (area.x, area.y + px(40))
            self.type.put(target, "This patch has no modulators.", at, SIZE, SOFT)
        columns = 2 if len(motions) > ROWS else 1
        least, size = (LARGE_ROWS, LARGE) if len(motions) <= LARGE_ROWS else (ROWS, SIZE)
        gap = px(40)
        width = (area.width - gap * (columns - 1)) // columns
        rows = max(least, math.ceil(len(motions) / columns))
        height = area.height / rows
        for i, motion in enumerate(motions):
            column, row = divmod(i, rows)
            top = round(area.y + row * height)
            cell = pygame.Rect(area.x + column * (width + gap), top, width, round(height))
            self._draw_row(target, cell, f"{i + 1}", motion, size)

    def _draw_row(
        self, target: pygame.Surface, cell: pygame.Rect, number: str, motion: Motion, size: int
    ) -> None:
        """Its place, what moves what, the depth in figures, and the bar of what it does now."""
        px, put = self.type.px, self.type.put
        bar = pygame.Rect(cell.x, cell.bottom - px(13), cell.width, px(7))
        base = bar.y - px(6) + self.type.font(size).get_descent() // 2
        put(target, number, (cell.x, base), SMALL, FAINT)
        left = cell.x + self.type.width("88", SMALL) + px(10)
        figure = f"{motion.depth * 100:+.0f} %" if math.isfinite(motion.depth) else "?"
        put(target, figure, (cell.right, base), size, INK, "right")
        right = cell.right - self.type.width("+100 %", size) - px(14)
        middle = (left + right) // 2
        room = max((right - left) // 2 - px(16), 1)
        put(target, motion.source, (left, base), size, SOFT, width=room)
        put(target, ">", (middle - px(4), base), size, FAINT, "centre")
        put(target, motion.parameter, (middle + px(10), base), size, INK, width=room)
        self._draw_bar(target, bar, motion)

    def _draw_bar(self, target: pygame.Surface, bar: pygame.Rect, motion: Motion) -> None:
        """From the middle: as long as the depth, faint, and within it what is given now."""
        target.fill(TRACK, bar)
        push = motion.depth * motion.output
        half = bar.width / 2
        for share, colour in ((abs(motion.depth), FAINT), (-abs(motion.depth), FAINT)):
            mark = _span(bar, half, share)
            x = mark.right - 1 if share > 0 else mark.x
            target.fill(colour, pygame.Rect(x, bar.y - 1, max(1, self.type.px(2)), bar.height + 2))
        target.fill(ACCENT, _span(bar, half, push))
        target.fill(INK, pygame.Rect(round(bar.centerx - 1), bar.y - 1, 2, bar.height + 2))


def _span(bar: pygame.Rect, half: float, share: float) -> pygame.Rect:
    """The part of a bar from its middle to a share -1..1 of its half."""
    share = min(max(share, -1.0), 1.0) if math.isfinite(share) else 0.0
    left, right = sorted((half, half + share * half))
    return pygame.Rect(round(bar.x + left), bar.y, round(right) - round(left), bar.height)
