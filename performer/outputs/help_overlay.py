"""The help over the picture: every key, and where to send OSC, derived from the table."""

from collections.abc import Sequence
from itertools import groupby

import pygame

from performer.families import families, spanned
from performer.outputs.lettering import ACCENT, FAINT, INK, SOFT, panel
from performer.outputs.sheet import Sheet
from performer.outputs.window_keys import WINDOW_KEYS
from performer.parameter import Parameter
from performer.parameters import TABLE
from performer.status import Status

# In the 1280x720 design; smaller cannot be read.
SMALLEST = 19


def key_rows() -> list[tuple[str, str]]:
    """What to press and what it does; a numbered group's keys share one row."""
    rows = [(key.label, key.help) for key in WINDOW_KEYS]
    keyed = [parameter for parameter in TABLE if parameter.key]
    for group, members in groupby(keyed, key=_numbered_group):
        run = list(members)
        first, last = run[0], run[-1]
        key, words = first.key.capitalize(), first.help
        if len(run) > 1:
            key = f"{key} – {last.key.capitalize()}"
            words = f"{group.capitalize()} {_member(first)} to {_member(last)} of the patch."
        rows.append((key, words))
    return rows


def address_rows() -> list[tuple[str, str]]:
    """Each OSC address with its range; a group is one row, a named one with its members."""
    rows = []
    for _, members in groupby(families(TABLE), key=lambda family: family[0].group):
        run = list(members)
        if len(run) > 1:
            names = " ".join(_words(family[0])[-1] for family in run)
            rows.append((f"/{run[0][0].group}/…", names))
            continue
        (family,) = run
        span = f"1 – {len(family)}" if len(family) > 1 else ""
        rows.append((spanned(family, span), _range(family[0])))
    return rows


def _numbered_group(parameter: Parameter) -> str:
    """The group of a numbered parameter, else the parameter's own name."""
    return parameter.group if _member(parameter).isdigit() else parameter.name


def _member(parameter: Parameter) -> str:
    return parameter.name.rpartition(".")[2]


def _words(parameter: Parameter) -> list[str]:
    """The parts of its name that are no number."""
    return [part for part in parameter.name.split(".") if not part.isdigit()]


def _range(parameter: Parameter) -> str:
    if parameter.kind == "trigger":
        return "trigger"
    if parameter.kind == "toggle":
        return "0 or 1"
    unit = "" if parameter.unit in ("", "seed") else f" {parameter.unit}"
    return f"{parameter.minimum:g} to {parameter.maximum:g}{unit}".replace(" °", "°")


class HelpOverlay(Sheet):
    """Draws the help for a window of one size; all lengths are those of a 1280x720 design."""

    def draw(self, target: pygame.Surface, status: Status) -> None:
        """Draw onto a transparent surface of the window's size."""
        px = self.type.px
        (sheet,) = self.areas()
        panel(target, sheet, px(10))
        inner = sheet.inflate(-2 * px(40), -2 * px(32))
        keys = pygame.Rect(inner.x, inner.y, round(inner.width * 0.45), inner.height)
        left = keys.right + px(40)
        self._draw_keys(target, keys)
        self._draw_osc(target, status, pygame.Rect(left, inner.y, inner.right - left, inner.height))

    def _draw_title(self, target: pygame.Surface, text: str, area: pygame.Rect) -> None:
        at = (area.x, area.y + self.type.px(30))
        self.type.put(target, text, at, 44, ACCENT, width=area.width)

    def _draw_keys(self, target: pygame.Surface, area: pygame.Rect) -> None:
        self._draw_title(target, "Keys", area)
        rows = key_rows()
        gutter = max(self.type.width(key, 32) for key, _ in rows) + self.type.px(24)
        step = min(self.type.px(56), (area.height - self.type.px(64)) / len(rows))
        room = area.width - gutter
        size = self._fitting([words for _, words in rows], room, 28)
        for i, (key, words) in enumerate(rows):
            base = area.y + self.type.px(84) + i * step
            self.type.put(target, key, (area.x, base), 32, INK)
            self.type.put(target, words, (area.x + gutter, base), size, SOFT, width=room)

    def _fitting(self, lines: Sequence[str], room: float, size: int) -> int:
        """The largest size at which no line is cut, or the smallest that can be read."""
        sizes = range(size, SMALLEST - 1, -1)
        fits = (s for s in sizes if max(self.type.width(line, s) for line in lines) <= room)
        return next(fits, SMALLEST)

    def _draw_osc(self, target: pygame.Surface, status: Status, area: pygame.Rect) -> None:
        self._draw_title(target, f"OSC to {status.osc_address}", area)
        rows = address_rows()
        half = (len(rows) + 1) // 2
        gap = self.type.px(40)
        width = (area.width - gap) / 2
        step = min(self.type.px(42), (area.height - self.type.px(64)) / half)
        size = self._fitting([f"{address}   {span}" for address, span in rows], width, 25)
        for i, (address, span) in enumerate(rows):
            column, row = divmod(i, half)
            x = area.x + column * (width + gap)
            base = area.y + self.type.px(84) + row * step
            used = self.type.put(target, address, (x, base), size, INK)
            room = width - used - self.type.px(10)
            self.type.put(target, span, (x + width, base), size, FAINT, "right", width=room)
