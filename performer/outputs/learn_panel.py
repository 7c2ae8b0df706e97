"""Learn over the picture: the chosen parameter large, its control, its range, and the keys."""

import pygame

from performer.outputs.bars import draw_range, value_text
from performer.outputs.lettering import ACCENT, AMBER, INK, SOFT, Lettering, panel
from performer.parameters import BY_NAME, INDEX
from performer.status import LearnView, Status

WAITING = "Move a knob, fader or pad"
BOUND = "Bound to"
KEYS = "Arrows: choose   –: from here   +: to here   R: whole   C: curve   Del: free   L: done"
AGAIN = "Enter: another"
HEIGHT = 300


class LearnPanel:
    """Draws a `LearnView` for a window of one size; all lengths are those of a 1280x720 design."""

    def __init__(self, window: tuple[int, int]) -> None:
        self.window = window
        self.type = Lettering(window)

    def areas(self) -> tuple[pygame.Rect, ...]:
        """The part of the window that it covers."""
        return (self._sheet().clip(pygame.Rect((0, 0), self.window)),)

    def draw(self, target: pygame.Surface, status: Status) -> None:
        """Draw onto a transparent surface of the window's size."""
        sheet, px = self._sheet(), self.type.px
        panel(target, sheet, px(10))
        if status.learn is None:
            return
        inner = sheet.inflate(-2 * px(32), -2 * px(20))
        self._draw_parameter(target, status, status.learn, inner)
        self._draw_control(target, status.learn, inner)
        self._draw_range(target, status, status.learn, inner)
        self._draw_keys(target, status.learn, inner)

    def _sheet(self) -> pygame.Rect:
        margin, height = self.type.px(20), self.type.px(HEIGHT)
        width = self.window[0] - 2 * margin
        return pygame.Rect(margin, self.window[1] - margin - height, width, height)

    def _draw_parameter(
        self, target: pygame.Surface, status: Status, view: LearnView, area: pygame.Rect
    ) -> None:
        row, px = BY_NAME[view.parameter], self.type.px
        base = area.y + px(58)
        self.type.put(target, row.name, (area.x, base), 92, ACCENT)
        if row.kind != "trigger":
            figure, unit = value_text(row, float(status.values[INDEX[row.name]]))
            self.type.put(target, f"{figure} {unit}", (area.right, base), 72, INK, "right")
        base = area.y + px(92)
        used = self.type.put(target, row.help, (area.x, base), 27, SOFT, width=area.width)
        room = area.width - used - px(40)
        if status.message and room > px(80):
            self.type.put(
                target, status.message, (area.right, base), 27, AMBER, "right", width=room
            )

    def _draw_control(self, target: pygame.Surface, view: LearnView, area: pygame.Rect) -> None:
        base = area.y + self.type.px(150)
        words, colour = (WAITING, AMBER) if view.waiting else (f"{BOUND} {view.control}", INK)
        used = self.type.put(target, words, (area.x, base), 58, colour, width=area.width)
        beside = view.note or (f"now: {view.control}" if view.waiting and view.control else "")
        room = area.width - used - self.type.px(24)
        if beside and room > self.type.px(80):
            self.type.put(target, beside, (area.right, base), 34, SOFT, "right", width=room)

    def _draw_range(
        self, target: pygame.Surface, status: Status, view: LearnView, area: pygame.Rect
    ) -> None:
        row, px = BY_NAME[view.parameter], self.type.px
        if row.kind != "value":
            return
        bar = pygame.Rect(area.x, area.y + px(172), area.width, px(14))
        draw_range(target, bar, row, float(status.values[INDEX[row.name]]), (view.low, view.high))
        base = area.y + px(218)
        low, high = (" ".join(value_text(row, end)).strip() for end in (view.low, view.high))
        self.type.put(target, f"{low}  to  {high}", (area.x, base), 40, INK)
        self.type.put(target, f"curve: {view.curve}", (area.right, base), 40, INK, "right")

    def _draw_keys(self, target: pygame.Surface, view: LearnView, area: pygame.Rect) -> None:
        words = KEYS if view.waiting else f"{KEYS}   {AGAIN}"
        base = area.bottom - self.type.px(4)
        self.type.put(target, words, (area.x, base), 28, SOFT, width=area.width)
