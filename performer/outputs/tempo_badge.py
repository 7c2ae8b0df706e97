"""The tempo on the HUD: four lamps for the beats of a bar, beats a minute, and who counts."""

import math

import pygame

from performer.outputs.lettering import ACCENT, INK, SOFT, TRACK, Lettering, panel
from performer.parameters import INDEX
from performer.status import Status

BEATS = 4
SIZE = 25


def draw_tempo(
    target: pygame.Surface, type_: Lettering, status: Status, corner: pygame.Rect
) -> int:
    """Draw it with its upper right corner at that of `corner`; returns its width."""
    px = type_.px
    bpm = float(status.values[INDEX["bpm"]])
    figure = f"{bpm:.1f}" if math.isfinite(bpm) else "?"
    words = "bpm" if status.tempo_source in ("", "own") else status.tempo_source
    lamps_px = BEATS * px(22)
    figure_px = type_.width("888.8", SIZE)
    width = px(16) + lamps_px + px(6) + figure_px + px(8) + type_.width(words, SIZE) + px(16)
    rect = pygame.Rect(corner.right - width, corner.y, width, px(36))
    panel(target, rect, px(8))
    _draw_lamps(target, status.beat, (rect.x + px(16) + px(9), rect.centery), px(22), px(7))
    base = rect.y + (rect.height + type_.font(SIZE).get_ascent()) / 2
    x = rect.x + px(16) + lamps_px + px(6)
    type_.put(target, figure, (x + figure_px, base), SIZE, INK, "right")
    type_.put(target, words, (x + figure_px + px(8), base), SIZE, SOFT)
    return width


def _draw_lamps(
    target: pygame.Surface, beat: float, first: tuple[int, int], step_px: int, radius_px: int
) -> None:
    """The beat that sounds is lit, the one of the bar in another colour."""
    lit = math.floor(beat) % BEATS if math.isfinite(beat) else -1
    for i in range(BEATS):
        colour = TRACK if i != lit else ACCENT if i else INK
        pygame.draw.circle(target, colour, (first[0] + i * step_px, first[1]), radius_px)
