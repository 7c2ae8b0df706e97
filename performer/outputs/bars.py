"""Every parameter of the table drawn as a bar: values and toggles large, directions compact."""

import math
from collections.abc import Sequence
from itertools import groupby

import numpy as np
import pygame
from numpy.typing import NDArray

from performer.effect_parameters import EFFECTS
from performer.outputs.lettering import ACCENT, FAINT, INK, SOFT, TRACK, Lettering
from performer.parameter import Parameter
from performer.parameters import INDEX, TABLE
from performer.scenes import LOOK

COMPACT_FROM = 8
# More columns would cut the names; what is beyond makes the rows lower.
COLUMNS, ROWS = 5, 7
ROW_PX, TEXT, UNIT_TEXT = 31, 25, 21
# The matrix has a row for each modulator.
ELSEWHERE = ("modulation",)


def _rooms() -> tuple[list[Parameter], list[list[Parameter]]]:
    """The parameters drawn large, and the groups of many drawn as compact rows."""
    large: list[Parameter] = []
    compact: list[list[Parameter]] = []
    shown = (p for p in TABLE if p.kind != "trigger" and p.group not in ELSEWHERE)
    for _, members in groupby(shown, key=lambda parameter: parameter.group):
        group = list(members)
        if len(group) >= COMPACT_FROM:
            compact.append(group)
        else:
            large.extend(group)
    return large, compact


LARGE, COMPACT = _rooms()
# So many knobs have their place only once they were moved: those that are no part of a look, and an
# effect's but for the first.
LATER = frozenset(parameter.name for parameter in LARGE if parameter not in LOOK) | frozenset(
    parameter.name for parameter in EFFECTS if "." in parameter.name
)


def position(parameter: Parameter, value: float) -> float:
    """Where on its bar a value lies, 0..1; a value that is not a number lies at the default."""
    return parameter.position_of(value if math.isfinite(value) else parameter.default)


def origin(parameter: Parameter) -> float:
    """Where a bar starts: at zero for a parameter that goes both ways, else at its left end."""
    return parameter.position_of(0.0) if parameter.minimum < 0 < parameter.maximum else 0.0


def value_text(parameter: Parameter, value: float) -> tuple[str, str]:
    """The value in figures, and its unit where the name does not say it already."""
    if parameter.kind == "toggle":
        return ("on" if value >= 0.5 else "off"), ""
    if not math.isfinite(value):
        return "?", ""
    words = parameter.name.replace("_", ".").split(".")
    unit = "" if parameter.unit in words else parameter.unit
    if parameter.step >= 1:
        return f"{value:.0f}", unit
    decimals = 1 if parameter.unit == "°" else 2
    # Adding zero turns -0.00, which flickers as a value settles, into 0.00.
    return f"{round(value, decimals) + 0.0:.{decimals}f}", unit


def is_moved(parameter: Parameter, value: float) -> bool:
    """Whether a value stands elsewhere than at its default."""
    return abs(value - parameter.default) > 1e-3 * (parameter.maximum - parameter.minimum)


class Places:
    """Which parameters are drawn large: the others are added when they are first moved.

    None ever leaves or changes its place, for a value that swings through its default would make
    the others jump.
    """

    def __init__(self) -> None:
        self.shown = [parameter for parameter in LARGE if parameter.name not in LATER]
        self._waiting = [parameter for parameter in LARGE if parameter.name in LATER]

    def update(self, values: NDArray[np.float64]) -> None:
        moved = [p for p in self._waiting if is_moved(p, float(values[INDEX[p.name]]))]
        if moved:
            self.shown += moved
            self._waiting = [p for p in self._waiting if p not in moved]


def draw_large(
    target: pygame.Surface,
    type_: Lettering,
    area: pygame.Rect,
    parameters: Sequence[Parameter],
    values: NDArray[np.float64],
) -> None:
    """Columns of name, figure and bar, filled from the top down."""
    rows = max(ROWS, math.ceil(len(parameters) / COLUMNS))
    columns = math.ceil(len(parameters) / rows)
    gap = type_.px(32)
    width = (area.width - gap * (columns - 1)) / columns
    row_height = area.height / rows
    shrink = min(1.0, row_height / type_.px(ROW_PX))
    for i, parameter in enumerate(parameters):
        column, row = divmod(i, rows)
        cell = pygame.Rect(
            round(area.x + column * (width + gap)),
            round(area.y + row * row_height),
            round(width),
            round(row_height),
        )
        _draw_cell(target, type_, cell, parameter, float(values[INDEX[parameter.name]]), shrink)


def _draw_cell(
    target: pygame.Surface,
    type_: Lettering,
    cell: pygame.Rect,
    parameter: Parameter,
    value: float,
    shrink: float,
) -> None:
    text, unit_text = TEXT * shrink, UNIT_TEXT * shrink
    thick = type_.px(5 * shrink)
    bar = pygame.Rect(cell.x, cell.bottom - thick - type_.px(5 * shrink), cell.width, thick)
    baseline = bar.y - type_.px(4 * shrink) + type_.font(text).get_descent()
    figure, unit = value_text(parameter, value)
    right = cell.right
    figure_px = type_.width(figure, text)
    room = max(cell.width - figure_px - type_.px(8), 1)
    colour = INK if is_moved(parameter, value) else SOFT
    name = short(type_, parameter.name, text, room)
    name_px = type_.put(target, name, (cell.x, baseline), text, colour, width=room)
    unit_px = type_.width(" " + unit, unit_text) if unit else 0
    if unit and name_px + figure_px + unit_px + type_.px(8) <= cell.width:
        type_.put(target, unit, (right, baseline), unit_text, FAINT, "right")
        right -= unit_px
    type_.put(target, figure, (right, baseline), text, INK, "right")
    _draw_bar(target, bar, origin(parameter), position(parameter, value), type_.px(3))


def short(type_: Lettering, name: str, size: float, room: float) -> str:
    """A name that fits into `room` pixels: its group is cut, for its end tells it from the next."""
    group, dot, member = name.rpartition(".")
    if not dot or type_.width(name, size) <= room:
        return name
    return type_.cut(group, size, room - type_.width(dot + member, size)) + dot + member


def _draw_bar(
    target: pygame.Surface, bar: pygame.Rect, start: float, end: float, mark_px: int
) -> None:
    target.fill(TRACK, bar)
    left, right = sorted((bar.x + start * bar.width, bar.x + end * bar.width))
    target.fill(ACCENT, pygame.Rect(round(left), bar.y, round(right) - round(left), bar.height))
    if start > 0:
        target.fill(FAINT, pygame.Rect(round(bar.x + start * bar.width), bar.y, 1, bar.height))
    # The mark keeps a bar of no length visible.
    x = min(round(bar.x + end * bar.width), bar.right - mark_px)
    target.fill(INK, pygame.Rect(x, bar.y - 1, mark_px, bar.height + 2))


def draw_range(
    target: pygame.Surface,
    bar: pygame.Rect,
    parameter: Parameter,
    value: float,
    ends: tuple[float, float],
) -> None:
    """A parameter's whole travel, the part between the ends lit, and a mark where it stands."""
    low, high = sorted(position(parameter, end) for end in ends)
    target.fill(TRACK, bar)
    lit = pygame.Rect(0, bar.y, max(1, round((high - low) * bar.width)), bar.height)
    lit.x = bar.x + round(low * bar.width)
    target.fill(ACCENT, lit)
    mark = pygame.Rect(0, bar.y - bar.height // 2, max(2, bar.height // 2), 2 * bar.height)
    mark.centerx = bar.x + round(position(parameter, value) * bar.width)
    target.fill(INK, mark.clamp(bar.inflate(0, 2 * bar.height)))


def draw_compact(
    target: pygame.Surface, type_: Lettering, area: pygame.Rect, values: NDArray[np.float64]
) -> None:
    """One row a group: its name, then a small upright bar for each member, lit once moved."""
    label_px = max(type_.width(group[0].group, 25) for group in COMPACT) + type_.px(16)
    row_height = area.height / len(COMPACT)
    for row, group in enumerate(COMPACT):
        height = round(row_height - type_.px(8))
        top = round(area.y + row * row_height)
        baseline = top + (height + type_.font(25).get_ascent()) // 2
        first = INDEX[group[0].name]
        member_values = values[first : first + len(group)]
        moved = any(map(is_moved, group, member_values.tolist()))
        type_.put(target, group[0].group, (area.x, baseline), 25, INK if moved else SOFT)
        # The last bar ends where the panel's inside ends: no gap after it.
        slot = (area.width - label_px) / (len(group) - 0.38)
        for i, parameter in enumerate(group):
            x = round(area.x + label_px + i * slot)
            width = max(2, round(slot * 0.62))
            place = pygame.Rect(x, top, width, height)
            _draw_upright(target, place, parameter, float(member_values[i]), type_.px(3))


def _draw_upright(
    target: pygame.Surface, place: pygame.Rect, parameter: Parameter, value: float, mark_px: int
) -> None:
    target.fill(TRACK, place)
    end = place.bottom - round(position(parameter, value) * place.height)
    is_lit = is_moved(parameter, value)
    zero = place.bottom - round(origin(parameter) * place.height) if is_lit else end
    top, bottom = min(zero, end), max(zero, end)
    target.fill(ACCENT, pygame.Rect(place.x, top, place.width, bottom - top))
    y = min(max(end - mark_px // 2, place.y), place.bottom - mark_px)
    colour = INK if top < bottom else FAINT
    target.fill(colour, pygame.Rect(place.x, y, place.width, mark_px))
