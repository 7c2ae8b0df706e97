"""The sound's meters: wide ones with names for the matrix, and a badge of bars for the HUD."""

import pygame

from performer.ear import HEARD
from performer.outputs.lettering import ACCENT, AMBER, FAINT, SOFT, TRACK, Lettering, panel

SIZE = 24


def draw_meters(
    target: pygame.Surface, type_: Lettering, area: pygame.Rect, sound: tuple[float, ...]
) -> None:
    """A level meter for each of what is heard; words where nothing is listened to."""
    px = type_.px
    base = area.y + type_.font(SIZE).get_ascent()
    if not sound:
        words = "no sound is heard; play with --sound default"
        type_.put(target, words, (area.x, base), SIZE, FAINT)
        return
    step = area.width / len(HEARD)
    for i, (name, level) in enumerate(zip(HEARD, sound, strict=True)):
        x = round(area.x + i * step)
        type_.put(target, name, (x, base), SIZE, SOFT)
        track = pygame.Rect(x, area.bottom - px(10), max(1, round(step) - px(20)), px(10))
        target.fill(TRACK, track)
        target.fill(_colour(name), pygame.Rect(track.topleft, (round(track.w * level), track.h)))


def draw_badge(
    target: pygame.Surface, type_: Lettering, sound: tuple[float, ...], corner: pygame.Rect
) -> int:
    """An upright bar for each, the upper right corner at that of `corner`; returns its width."""
    if not sound:
        return 0
    px = type_.px
    rect = pygame.Rect(0, corner.y, len(HEARD) * px(14) + px(22), px(36))
    rect.right = corner.right
    panel(target, rect, px(8))
    for i, (name, level) in enumerate(zip(HEARD, sound, strict=True)):
        track = pygame.Rect(rect.x + px(14) + i * px(14), rect.y + px(6), px(8), px(24))
        target.fill(TRACK, track)
        height = round(level * track.h)
        target.fill(_colour(name), pygame.Rect(track.x, track.bottom - height, track.w, height))
    return rect.width + px(10)


def _colour(name: str) -> tuple[int, int, int]:
    return AMBER if name == "onset" else ACCENT
