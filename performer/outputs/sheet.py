"""A sheet: an overlay that covers the whole window but for a margin."""

import pygame

from performer.outputs.lettering import Lettering


class Sheet:
    """For a window of one size; all lengths are those of a 1280x720 design."""

    def __init__(self, window: tuple[int, int]) -> None:
        self.window = window
        self.type = Lettering(window)

    def areas(self) -> tuple[pygame.Rect, ...]:
        """The part of the window that it covers."""
        margin = 2 * self.type.px(20)
        return (pygame.Rect((0, 0), self.window).inflate(-margin, -margin),)
