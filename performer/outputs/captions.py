"""One line of text at the foot of the picture: the keys to begin with, and "Esc again to quit"."""

import pygame
from pygame._sdl2 import video

from performer.outputs.lettering import INK, PANEL, SOFT, Colour, Lettering, panel
from performer.outputs.window_keys import Switches

HINT = "H: HUD     F1: help     Esc: quit"
HINT_ON_STAGE = "H: HUD     F1: help     Esc twice: quit"
HINT_HOLD_S = 3.0
HINT_FADE_S = 1.0
HINT_ALPHA = 150
QUESTION = "Esc again to quit"
OPAQUE = (8, 10, 14, 255)
BLEND = 1


class Captions:
    """Draws with the window's renderer what is to be read at a time, last of all, over the HUD."""

    def __init__(
        self, renderer: video.Renderer, window: tuple[int, int], *, hint: bool, on_stage: bool
    ) -> None:
        """`window` is (width, height) in pixels; `on_stage` as in `Switches`."""
        self._renderer = renderer
        self._hint: video.Texture | None = None
        if hint:
            text = HINT_ON_STAGE if on_stage else HINT
            self._hint = self._texture(caption_surface(window, text, 22, SOFT))
        # Lettered now: on the first stroke of Esc that would make a frame late.
        self._question = self._texture(question_surface(window))
        self._made_for = window

    def draw(self, switches: Switches, window: tuple[int, int], now_s: float, age_s: float) -> None:
        """Draw at `now_s`, so long (`age_s`) after the window opened, into (width, height)."""
        if switches.overlay:
            self._hint = None
        if switches.on_stage and switches.quitting.is_asked(now_s):
            if self._made_for != window:
                self._question = self._texture(question_surface(window))
                self._made_for = window
            self._put(self._question, window, 255)
        elif self._hint is not None:
            alpha = hint_alpha(age_s)
            self._put(self._hint, window, alpha)
            if alpha == 0:
                self._hint = None

    def _texture(self, surface: pygame.Surface) -> video.Texture:
        texture = video.Texture.from_surface(self._renderer, surface)
        texture.blend_mode = BLEND
        return texture

    def _put(self, line: video.Texture, window: tuple[int, int], alpha: int) -> None:
        line.alpha = alpha
        left, top = (window[0] - line.width) // 2, window[1] - 2 * line.height
        line.draw(dstrect=(left, top, line.width, line.height))


def caption_surface(
    window: tuple[int, int], text: str, size: float, colour: Colour, plate: Colour = PANEL
) -> pygame.Surface:
    """A line on a plate, at a `size` of the 1280x720 design."""
    type_ = Lettering(window)
    line = type_.render(text, size, colour)
    rect = line.get_rect().inflate(2 * type_.px(14), 2 * type_.px(8))
    surface = pygame.Surface(rect.size, pygame.SRCALPHA, 32)
    panel(surface, surface.get_rect(), type_.px(8), plate)
    surface.blit(line, line.get_rect(center=surface.get_rect().center))
    return surface


def question_surface(window: tuple[int, int]) -> pygame.Surface:
    """What a first stroke of Esc or Q says: large, and on black, over whatever picture and HUD."""
    return caption_surface(window, QUESTION, 40, INK, OPAQUE)


def hint_alpha(age_s: float) -> int:
    """How strong the hint is, 0..255, so long after the window opened; 0: gone."""
    left = (HINT_HOLD_S + HINT_FADE_S - age_s) / HINT_FADE_S
    return round(HINT_ALPHA * min(max(left, 0.0), 1.0))
