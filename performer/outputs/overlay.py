"""Which overlay lies over the picture, drawn again only when due."""

from collections.abc import Callable

import numpy as np
import pygame

from performer.outputs.base import OVERLAY_PERIOD_S, Switches
from performer.outputs.help_overlay import HelpOverlay
from performer.outputs.hud import Hud
from performer.outputs.learn_panel import LearnPanel
from performer.outputs.lettering import SOFT, Lettering, panel
from performer.outputs.matrix import Matrix
from performer.parameters import TABLE
from performer.status import Status

HINT = "H: HUD     F1: help     Esc: quit"
HINT_HOLD_S = 3.0
HINT_FADE_S = 1.0
HINT_ALPHA = 150

BLANK = Status(
    fps=0.0,
    frame_ms_p50=0.0,
    frame_ms_p99=0.0,
    late_frames=0,
    latency_ms={},
    device="",
    model="",
    patch="",
    canvas=(0, 0),
    midi_ports=(),
    osc_address="",
    last_events=(),
    values=np.array([parameter.default for parameter in TABLE]),
)


class Overlay:
    """HUD, matrix, help or what learn shows, on one transparent surface of the window's size.

    Only its `areas` are drawn on and need to be shown: blending a whole window costs twice as
    much where no GPU does it.
    """

    def __init__(self, window: tuple[int, int]) -> None:
        self.window = window
        self.surface = pygame.Surface(window, pygame.SRCALPHA, 32)
        self._sheets: dict[str, Hud | Matrix | HelpOverlay | LearnPanel] = {
            "hud": Hud(window),
            "matrix": Matrix(window),
            "help": HelpOverlay(window),
            "learn": LearnPanel(window),
        }
        self._due_s = float("-inf")
        self._shown = ""
        self.areas: tuple[pygame.Rect, ...] = ()
        # Drawn once now: rendering every letter takes about 15 ms, a late frame if it were
        # left to the first press of a key.
        for sheet in self._sheets.values():
            sheet.draw(self.surface, BLANK)

    def redraw(self, switches: Switches, now_s: float, status: Callable[[], Status]) -> bool:
        """Draw what the switches ask for, if due; True when the surface changed."""
        shown = switches.overlay
        if shown == self._shown and now_s < self._due_s:
            return False
        self._shown, self._due_s = shown, now_s + OVERLAY_PERIOD_S
        self.surface.fill((0, 0, 0, 0))
        sheet = self._sheets[shown]
        sheet.draw(self.surface, status())
        self.areas = sheet.areas()
        return True


def hint_surface(window: tuple[int, int]) -> pygame.Surface:
    """The keys to begin with, in one small line."""
    type_ = Lettering(window)
    text = type_.render(HINT, 22, SOFT)
    rect = text.get_rect().inflate(2 * type_.px(14), 2 * type_.px(8))
    surface = pygame.Surface(rect.size, pygame.SRCALPHA, 32)
    panel(surface, surface.get_rect(), type_.px(8))
    surface.blit(text, text.get_rect(center=surface.get_rect().center))
    return surface


def hint_alpha(age_s: float) -> int:
    """How strong the hint is, 0..255, so long after the window opened; 0: gone."""
    left = (HINT_HOLD_S + HINT_FADE_S - age_s) / HINT_FADE_S
    return round(HINT_ALPHA * min(max(left, 0.0), 1.0))
