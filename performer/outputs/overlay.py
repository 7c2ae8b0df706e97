"""Which overlay lies over the picture, drawn again only when due."""

from collections.abc import Callable

import numpy as np
import pygame

from performer.outputs.base import OVERLAY_PERIOD_S
from performer.outputs.help_overlay import HelpOverlay
from performer.outputs.hud import Hud
from performer.outputs.learn_panel import LearnPanel
from performer.outputs.matrix import Matrix
from performer.outputs.window_keys import Switches
from performer.parameters import TABLE
from performer.status import Status

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
