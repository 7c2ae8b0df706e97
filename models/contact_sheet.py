"""A contact sheet: images side by side, those with a problem framed in its colour."""

import io
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFont

from models.preparation import (
    ALIKE,
    ASPECT,
    COPY,
    PREVIEW_PX,
    PROBLEMS,
    SMALL,
    TRANSPARENT,
    UNREADABLE,
    Report,
)

COLOURS = {
    UNREADABLE: "#f0463c",
    COPY: "#ff9d2e",
    ALIKE: "#ffd84d",
    SMALL: "#4aa8ff",
    ASPECT: "#b98cff",
    TRANSPARENT: "#3fd6a8",
}
GROUND, CELL, TEXT, DIM = "#16171a", "#222428", "#f2f2f0", "#9a9da5"
TILES_MOST = 240
COLUMNS_LEAST, COLUMNS_MOST = 6, 12
MARGIN_PX, LEGEND_Y_PX, GAP_PX, FRAME_PX, CAPTION_PX = 40, 84, 16, 4, 26
STEP_X_PX, STEP_Y_PX = PREVIEW_PX[0] + GAP_PX, PREVIEW_PX[1] + CAPTION_PX + GAP_PX


@dataclass(frozen=True, slots=True)
class Tile:
    """One image of the sheet: its preview, None where it cannot be read, and what is wrong."""

    name: str
    preview: bytes | None
    problems: tuple[str, ...]
    note: str


def draw_sheet(report: Report, title: str) -> Image.Image:
    """The sheet, RGB: the images with problems first, then some of the others."""
    tiles, total = choose_tiles(report), len(report.pictures) + len(report.unreadable)
    columns = max(COLUMNS_LEAST, min(COLUMNS_MOST, round(len(tiles) ** 0.5 * 1.2)))
    width = 2 * MARGIN_PX + columns * STEP_X_PX - GAP_PX
    legend = _legend(report, width)
    top = legend[-1][1] + 56
    height = top + -(-len(tiles) // columns) * STEP_Y_PX - GAP_PX + MARGIN_PX
    sheet = Image.new("RGB", (width, height), GROUND)
    draw = ImageDraw.Draw(sheet)
    draw.text((MARGIN_PX, 32), _shortened(title, width // 2, 28), TEXT, _font(28))
    shown = f"{len(tiles)} of {total} images, {report.fit} to {report.canvas}"
    draw.text((width - MARGIN_PX, 40), shown, DIM, _font(18), anchor="ra")
    for x, y, colour, words in legend:
        draw.rounded_rectangle((x, y + 2, x + 18, y + 20), 4, colour)
        draw.text((x + 28, y), words, TEXT, _font(18))
    for index, tile in enumerate(tiles):
        row, column = divmod(index, columns)
        _draw_tile(sheet, tile, MARGIN_PX + column * STEP_X_PX, top + row * STEP_Y_PX)
    return sheet


def choose_tiles(report: Report) -> list[Tile]:
    """At most `TILES_MOST`: problems in their order, groups together, then the rest, spread."""
    problems = report.problems
    wrong: dict[str, list[str]] = {}
    for problem in PROBLEMS:
        for name in problems.get(problem, ()):
            wrong.setdefault(name, []).append(problem)
    notes, order = _groups(report)
    names = _fair([list(report.unreadable), order, *problems.values()])
    rest = [picture.name for picture in report.pictures if picture.name not in {*names, *wrong}]
    room = TILES_MOST - len(names)
    names += rest if len(rest) <= room else rest[:: -(-len(rest) // max(room, 1))][:room]
    previews = {picture.name: picture.preview for picture in report.pictures}
    return [
        Tile(name, previews.get(name), tuple(wrong.get(name, ())), notes.get(name, ""))
        for name in names
    ]


def _fair(lists: list[list[str]]) -> list[str]:
    """All names once, in order; of too many some of every list, so that none hides another."""
    share = TILES_MOST // max(len(lists), 1)
    in_order = [name for names in lists for name in names]
    first = [name for names in lists for name in names[:share]]
    chosen = set(list(dict.fromkeys(first + in_order))[:TILES_MOST])
    return [name for name in dict.fromkeys(in_order) if name in chosen]


def _groups(report: Report) -> tuple[dict[str, str], list[str]]:
    """What stands at the images of each group, and all of them in order."""
    notes: dict[str, str] = {}
    order: list[str] = []
    for number, group in enumerate((*report.copies, *report.alike), start=1):
        for name in group:
            notes[name] = " ".join(filter(None, [notes.get(name), f"#{number}"]))
        order += group
    return notes, order


def _legend(report: Report, width: int) -> list[tuple[int, int, str, str]]:
    """Every problem that there is, wrapped into lines: x, y, colour and words."""
    counts = {problem: len(names) for problem, names in report.problems.items()}
    entries = [(COLOURS[problem], f"{problem}  {count}") for problem, count in counts.items()]
    if report.copies or report.alike:
        entries.append((DIM, "same # looks the same; keep the first"))
    placed, x, y = [], MARGIN_PX, LEGEND_Y_PX
    for colour, words in entries or [(DIM, "nothing is wrong")]:
        step = 60 + int(_font(18).getlength(words))
        if x > MARGIN_PX and x + step > width - MARGIN_PX:
            x, y = MARGIN_PX, y + 32
        placed.append((x, y, colour, words))
        x += step
    return placed


def _draw_tile(sheet: Image.Image, tile: Tile, x: int, y: int) -> None:
    draw = ImageDraw.Draw(sheet)
    width, height = PREVIEW_PX
    draw.rectangle((x, y, x + width - 1, y + height - 1), CELL)
    if tile.preview is None:
        for ends in ((40, 30, width - 40, height - 30), (width - 40, 30, 40, height - 30)):
            line = (x + ends[0], y + ends[1], x + ends[2], y + ends[3])
            draw.line(line, COLOURS[UNREADABLE], 3)
    else:
        with Image.open(io.BytesIO(tile.preview)) as preview:
            left, above = (width - preview.width) // 2, (height - preview.height) // 2
            sheet.paste(preview, (x + left, y + above))
    if tile.problems:
        frame = (x - FRAME_PX, y - FRAME_PX, x + width + FRAME_PX - 1, y + height + FRAME_PX - 1)
        draw.rectangle(frame, None, COLOURS[tile.problems[0]], FRAME_PX)
    for index, problem in enumerate(tile.problems[1:]):  # The graver one has the frame.
        at = x + width - 20 - 20 * index, y + 6
        draw.rounded_rectangle((*at, at[0] + 14, at[1] + 14), 3, COLOURS[problem], GROUND)
    _draw_caption(draw, tile, x, y + height + 8)


def _draw_caption(draw: ImageDraw.ImageDraw, tile: Tile, x: int, y: int) -> None:
    room = PREVIEW_PX[0]
    if tile.note:
        draw.text((x + room, y), tile.note, TEXT, _font(14), anchor="ra")
        room -= int(_font(14).getlength(tile.note)) + 8
    draw.text((x, y), _shortened(tile.name, room, 14), DIM, _font(14))


def _shortened(text: str, width: int, size: int) -> str:
    """Text no wider than `width`; of a long one the end, which tells files apart."""
    text, font = _printable(text), _font(size)
    if font.getlength(text) <= width:
        return text
    while text and font.getlength("..." + text) > width:
        text = text[1:]
    return "..." + text


def _printable(text: str) -> str:
    """Text without what no font can show: the halves of characters in damaged file names."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)
