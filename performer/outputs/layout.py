"""The file of outputs: which windows and displays there are, and what each shows of the picture."""

import math
from itertools import pairwise
from pathlib import Path
from typing import Literal

import msgspec

from performer.outputs.fit import Fit
from performer.toml_files import Document, read_text

VERSION = 1
MOST_OUTPUTS = 16
LARGEST_PX = 16_384
FARTHEST_PX = 100_000

Mirror = Literal["none", "left-right", "top-bottom", "both"]
Point = tuple[float, float]
Corners = tuple[Point, Point, Point, Point]
STRAIGHT: Corners = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))


class Blend(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Soft edges where projectors overlap: widths as shares of the output, 0..1.

    `gamma` is the projector's: the light of two edges adds up to that of the picture.
    """

    left: float = 0.0
    right: float = 0.0
    top: float = 0.0
    bottom: float = 0.0
    gamma: float = 2.2


class Output(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A window or a whole display, and what it shows.

    `size` and `position` are a window's, in pixels, the position from its display's top left.
    `crop` is the part of the picture that is shown: left, top, right, bottom, each 0..1 of the
    picture; `mirror` turns that part over. `corners` are where the output's top left, top right,
    bottom right and bottom left go, x and y 0..1 of the window.
    """

    name: str = ""
    display: int = 0
    windowed: bool = False
    size: tuple[int, int] | None = None
    position: tuple[int, int] | None = None
    fit: Fit = "contain"
    crop: tuple[float, float, float, float] = (0.0, 0.0, 1.0, 1.0)
    mirror: Mirror = "none"
    corners: Corners = STRAIGHT
    blend: Blend = Blend()


class _Head(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The plain keys at the top of the file."""

    version: int


def load_outputs(path: Path) -> tuple[Output, ...]:
    """Read a file of outputs, the first of which leads; raises PatchError."""
    return parse_outputs(read_text(path), path)


def parse_outputs(text: str, path: Path) -> tuple[Output, ...]:
    """Read its text; `path` names it in errors. Raises PatchError."""
    doc = Document(text, path)
    if doc.head(_Head, ("outputs",)).version != VERSION:
        doc.fail("version", f"must be {VERSION}")
    entries = doc.entries("outputs")
    if not 1 <= len(entries) <= MOST_OUTPUTS:
        doc.fail("outputs", f"must be 1 to {MOST_OUTPUTS} [[outputs]]")
    return tuple(_output(doc, f"outputs[{i}]", raw, i) for i, raw in enumerate(entries, 1))


def _output(doc: Document, entry: str, raw: object, number: int) -> Output:
    plain, blend = raw, Blend()
    if isinstance(raw, dict) and "blend" in raw:
        plain = {key: value for key, value in raw.items() if key != "blend"}
        blend = doc.convert(raw["blend"], Blend, f"{entry}.blend")
    output = doc.convert(plain, Output, entry)
    _check_place(doc, entry, output)
    _check_crop(doc, entry, output)
    _check_corners(doc, entry, output)
    _check_blend(doc, f"{entry}.blend", blend)
    return msgspec.structs.replace(
        output,
        name=output.name or f"output {number}",
        windowed=output.windowed or output.size is not None,
        blend=blend,
    )


def _check_place(doc: Document, entry: str, output: Output) -> None:
    doc.check(f"{entry}.display", output.display, 0, 63)
    for size_px in output.size or ():
        doc.check(f"{entry}.size", size_px, 1, LARGEST_PX)
    for place_px in output.position or ():
        doc.check(f"{entry}.position", place_px, -FARTHEST_PX, FARTHEST_PX)
    if output.position is not None and not (output.windowed or output.size):
        doc.fail(f"{entry}.position", "is a window's; add a size")


def _check_crop(doc: Document, entry: str, output: Output) -> None:
    for share in output.crop:
        doc.check(f"{entry}.crop", share, 0.0, 1.0)
    left, top, right, bottom = output.crop
    if min(right - left, bottom - top) < 0.01:
        doc.fail(f"{entry}.crop", "must be left, top, right, bottom, at least 0.01 apart")


def _check_corners(doc: Document, entry: str, output: Output) -> None:
    for point in output.corners:
        for share in point:
            doc.check(f"{entry}.corners", share, 0.0, 1.0)
    if not is_convex(output.corners):
        doc.fail(
            f"{entry}.corners",
            "must go round: top left, top right, bottom right, bottom left, with no corner inside",
        )


def _check_blend(doc: Document, entry: str, blend: Blend) -> None:
    for edge in ("left", "right", "top", "bottom"):
        doc.check(f"{entry}.{edge}", getattr(blend, edge), 0.0, 1.0)
    for one, other in (("left", "right"), ("top", "bottom")):
        if getattr(blend, one) + getattr(blend, other) > 1.0:
            doc.fail(f"{entry}.{other}", f"{one} and {other} overlap; together at most 1")
    doc.check(f"{entry}.gamma", blend.gamma, 1.0, 4.0)


def is_convex(corners: Corners) -> bool:
    """Whether the corners go round clockwise, as seen, each of them an outer one."""
    round_ = [*corners, *corners[:2]]
    sides = [(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(round_)]
    lengths = [math.hypot(*side) for side in sides]
    turns = (
        one[0] * other[1] - one[1] * other[0] > 1e-3 * length * next_length
        for (one, other), (length, next_length) in zip(
            pairwise(sides), pairwise(lengths), strict=True
        )
    )
    return min(lengths) > 1e-3 and all(turns)
