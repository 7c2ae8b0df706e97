"""The player's view over the picture: speed, sources, last events and every parameter."""

import pygame

from performer.outputs import cue_panel
from performer.outputs.bars import ROWS, Places, draw_compact, draw_large
from performer.outputs.lettering import (
    ACCENT,
    AMBER,
    FAINT,
    INK,
    RED,
    SOFT,
    Colour,
    Lettering,
    panel,
)
from performer.outputs.sound_meters import draw_badge
from performer.outputs.tempo_badge import draw_tempo
from performer.status import Status

EVENTS = 5
SOURCES = ("midi", "osc", "key")
NOTES_PX = 46


class Hud:
    """Draws a `Status` for a window of one size; all lengths are those of a 1280x720 design."""

    def __init__(self, window: tuple[int, int]) -> None:
        self.window = window
        self.type = Lettering(window)
        self._has_cues = self._has_row_below = False
        self._places = Places()

    def areas(self) -> tuple[pygame.Rect, ...]:
        """The parts of the window that the HUD may cover; the picture keeps the rest."""
        top, bottom = self._panels()
        top.height += self.type.px(NOTES_PX * (2 if self._has_row_below else 1) + 4)
        window = pygame.Rect((0, 0), self.window)
        cues = [cue_panel.area(self.type, bottom)] if self._has_cues else []
        return tuple(area.clip(window) for area in (top, bottom, *cues))

    def draw(self, target: pygame.Surface, status: Status) -> None:
        """Draw onto a transparent surface of the window's size."""
        top, bottom = self._panels()
        radius = self.type.px(10)
        panel(target, top, radius)
        panel(target, bottom, radius)
        inner = top.inflate(-2 * self.type.px(20), -2 * self.type.px(14))
        events_px = round(inner.width * 0.30)
        left = pygame.Rect(inner.x, inner.y, inner.width - events_px, inner.height)
        self._draw_meters(target, status, left)
        self._draw_facts(target, status, left)
        self._draw_events(target, status, inner, inner.right - events_px + self.type.px(20))
        self._draw_notes(target, status, top)
        self._draw_bars(target, status, bottom)
        self._has_cues = any(status.cues)
        if self._has_cues:
            cue_panel.draw(target, self.type, cue_panel.area(self.type, bottom), status)

    def _panels(self) -> tuple[pygame.Rect, pygame.Rect]:
        margin, px = self.type.px(20), self.type.px
        width = self.window[0] - 2 * margin
        top = pygame.Rect(margin, margin, width, px(152))
        height = px(286)
        return top, pygame.Rect(margin, self.window[1] - margin - height, width, height)

    def _draw_meters(self, target: pygame.Surface, status: Status, area: pygame.Rect) -> None:
        meters = [
            ("FPS", f"{status.fps:.1f}", "", INK),
            ("FRAME", f"{status.frame_ms_p50:.1f}", f"p99 {status.frame_ms_p99:.1f} ms", INK),
            ("LATE", f"{status.late_frames}", "", AMBER if status.late_frames else INK),
        ]
        for source in SOURCES:
            if source in status.latency_ms:
                p50, p99 = status.latency_ms[source]
                meters.append((f"{source.upper()} DELAY", f"{p50:.0f}", f"p99 {p99:.0f} ms", INK))
            else:
                meters.append((f"{source.upper()} DELAY", "–", "", FAINT))
        shares = (0.11, 0.21, 0.13, 0.185, 0.185, 0.18)
        x = float(area.x)
        for (caption, big, small, colour), share in zip(meters, shares, strict=True):
            room = share * area.width - self.type.px(10)
            self.type.put(target, caption, (x, area.y + self.type.px(14)), 18, SOFT, width=room)
            base = area.y + self.type.px(50)
            width = self.type.put(target, big, (x, base), 46, colour)
            width += self.type.px(7)
            if self.type.width(small, 25) > room - width:
                small = small.removesuffix(" ms")
            self.type.put(target, small, (x + width, base), 25, SOFT)
            x += share * area.width

    def _draw_facts(self, target: pygame.Surface, status: Status, area: pygame.Rect) -> None:
        height, width = status.canvas
        ports = ", ".join(status.midi_ports) or "no port"
        columns = (
            (0.38, ("device", status.device), ("canvas", f"{width} x {height}")),
            (0.31, ("model", status.model), ("osc", status.osc_address or "off")),
            (0.31, ("patch", status.patch), ("midi", ports)),
        )
        x = float(area.x)
        for share, *facts in columns:
            caption_px = max(self.type.width(name, 23) for name, _ in facts) + self.type.px(10)
            room = share * area.width - caption_px - self.type.px(18)
            for row, (name, text) in enumerate(facts):
                base = area.y + self.type.px(86 + 30 * row)
                self.type.put(target, name, (x, base), 23, FAINT)
                self.type.put(target, text, (x + caption_px, base), 23, INK, width=room)
            x += share * area.width

    def _draw_events(
        self, target: pygame.Surface, status: Status, area: pygame.Rect, left: int
    ) -> None:
        shades = (INK, SOFT, SOFT, FAINT, FAINT)
        step = area.height / EVENTS
        for i, text in enumerate(status.last_events[:EVENTS]):
            base = area.y + (i + 0.72) * step
            self.type.put(target, text, (left, base), 23, shades[i], width=area.right - left)

    def _draw_notes(self, target: pygame.Surface, status: Status, top: pygame.Rect) -> None:
        px = self.type.px
        corner = pygame.Rect(top.right, top.bottom + px(10), 0, 0)
        corner.right -= draw_tempo(target, self.type, status, corner) + px(10)
        right = corner.right - draw_badge(target, self.type, status.sound, corner)
        for word, colour in _badges(status):
            right -= self._draw_badge(target, word, colour, right, top.bottom + px(10)) + px(10)
        self._has_row_below = False
        if status.message:
            self._draw_message(target, status.message, top, right - top.x - px(40))

    def _draw_message(
        self, target: pygame.Surface, message: str, top: pygame.Rect, room: int
    ) -> None:
        """Beside the badges, or below them where it would have to be cut."""
        px = self.type.px
        self._has_row_below = self.type.width(message, 25) > room
        text = self.type.cut(message, 25, top.width - px(40) if self._has_row_below else room)
        width = self.type.width(text, 25) + px(40)
        y = top.bottom + px(NOTES_PX + 10 if self._has_row_below else 10)
        rect = pygame.Rect(top.x, y, width, px(36))
        panel(target, rect, px(8))
        base = rect.y + (rect.height + self.type.font(25).get_ascent()) / 2
        self.type.put(target, text, (rect.x + px(20), base), 25, AMBER)

    def _draw_badge(
        self, target: pygame.Surface, word: str, colour: Colour, right: int, y: int
    ) -> int:
        px = self.type.px
        rect = pygame.Rect(0, y, self.type.width(word, 25) + px(32), px(36))
        rect.right = right
        pygame.draw.rect(target, colour, rect, border_radius=px(8))
        base = rect.y + (rect.height + self.type.font(25).get_ascent()) / 2
        self.type.put(target, word, (rect.centerx, base), 25, (8, 10, 14), "centre")
        return rect.width

    def _draw_bars(self, target: pygame.Surface, status: Status, bottom: pygame.Rect) -> None:
        inner = bottom.inflate(-2 * self.type.px(20), -2 * self.type.px(12))
        self._places.update(status.values)
        share = 0.62 if len(self._places.shown) <= 4 * ROWS else 0.76
        large = pygame.Rect(inner.x, inner.y, round(inner.width * share), inner.height)
        draw_large(target, self.type, large, self._places.shown, status.values)
        left = large.right + self.type.px(36)
        compact = pygame.Rect(left, inner.y, inner.right - left, inner.height)
        draw_compact(target, self.type, compact, status.values)


def _badges(status: Status) -> list[tuple[str, Colour]]:
    """What the player must not forget, in words and colours."""
    badges: list[tuple[str, Colour]] = [(lamp, RED) for lamp in status.lamps]
    if status.loop:
        badges.append((status.loop, RED if status.loop.endswith("REC") else ACCENT))
    told = (
        ("BLACKOUT", AMBER, status.blackout),
        ("FROZEN", ACCENT, status.frozen),
        ("STORE: CHOOSE A SCENE", ACCENT, status.storing),
        (status.spared, AMBER, bool(status.spared)),
        ("AUTOPILOT", ACCENT, status.autopilot),
        ("NO FLASH LIMIT", AMBER, not status.flash_limit),
        ("FLASHES HELD", ACCENT, status.flashes_held),
    )
    return badges + [(word, colour) for word, colour, shown in told if shown]
