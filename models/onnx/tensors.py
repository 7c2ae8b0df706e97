"""Constants of an ONNX graph: their kinds, read with sizes that match, and written."""

import struct
from dataclasses import dataclass
from math import prod

from models.importers.budget import Budget
from models.importers.refusal import refuse, shown
from models.onnx import wire
from models.onnx.wire import DAMAGED, Parts, Value

DIMENSIONS_MAXIMUM = 8
OUTSIDE = 1
WORD_SIZES = {1: 4, 2: 1, 3: 1, 4: 2, 5: 2, 6: 4, 7: 8, 9: 1, 10: 2, 11: 8, 12: 4, 13: 8, 16: 2}
FLOAT, INT32, INT64, FLOAT16, DOUBLE, BFLOAT16 = 1, 6, 7, 10, 11, 16
FLOATS = (FLOAT, FLOAT16, DOUBLE, BFLOAT16)


@dataclass(slots=True)
class Constant:
    """A tensor: ONNX's number of its type, its shape, and its values as they lie in memory."""

    name: str
    kind: int
    dims: tuple[int, ...]
    data: bytes | memoryview

    @property
    def count(self) -> int:
        """How many values it has."""
        return prod(self.dims)


@dataclass(slots=True)
class Outside:
    """The one file beside a model in which exporters put its weights; None where there is none.

    Whatever name the model tells it by, no other is read.
    """

    data: memoryview | None = None
    told: str = ""

    def part(self, entries: dict[str, str]) -> memoryview:
        """The bytes that a tensor's entries tell of; raises `ImporterError`."""
        location = entries.get("location", "")
        if self.data is None:
            refuse(
                f'its weights are in another file, "{shown(location)}"; lay that beside it under '
                "its own name and .data, or export it with all weights inside"
            )
        if self.told not in ("", location):
            refuse("its weights are in several other files; export it with all weights inside")
        self.told = location
        start, size = (entries.get(key, "0") for key in ("offset", "length"))
        if not (start.isdecimal() and size.isdecimal() and len(start + size) < 40):
            refuse(DAMAGED)
        if int(start) + int(size) > len(self.data):
            refuse("the file with its weights is cut short")
        return self.data[int(start) : int(start) + int(size)]


def read_constant(data: memoryview, budget: Budget, outside: Outside) -> Constant:
    """A TensorProto; raises `ImporterError` unless its values are as many as its shape tells."""
    made = Constant("", 0, (), b"")
    dims: list[int] = []
    entries: dict[str, str] = {}
    is_outside = False
    typed: list[bytes | memoryview] = []
    for number, value in wire.fields(data, budget):
        if number == 1:
            dims += integers(value, budget)
        elif number == 2:
            made.kind = integer(value)
        elif number in (4, 10):
            typed.append(chunk(value))
        elif number in (5, 7, 11):
            typed.append(_packed(value, made.kind, budget))
        elif number == 8:
            made.name = text(value)
        elif number == 9:
            made.data = chunk(value)
        elif number == 13:
            key, entry = _entry(chunk(value), budget)
            entries[key] = entry
        elif number == 14:
            is_outside = integer(value) == OUTSIDE
        elif number == 3:
            refuse("it holds a tensor in segments")
    if is_outside:
        made.data = outside.part(entries)
    elif typed and not made.data:
        made.data = typed[0] if len(typed) == 1 else b"".join(typed)
    made.dims = tuple(dims)
    _check(made)
    return made


def _check(made: Constant) -> None:
    if made.kind not in WORD_SIZES:
        refuse(f"{shown(made.name)} is of a type that is not known here ({made.kind})")
    if len(made.dims) > DIMENSIONS_MAXIMUM or any(side < 0 for side in made.dims):
        refuse(f"{shown(made.name)} has a strange shape")
    if made.count * WORD_SIZES[made.kind] != len(made.data):
        refuse(f"{shown(made.name)} is larger or smaller than its shape tells")


def _packed(value: Value, kind: int, budget: Budget) -> bytes:
    """Integers that were written one by one, as they lie in memory."""
    if kind not in WORD_SIZES:
        refuse("it holds a tensor that tells its type too late, or one that is not known here")
    size = WORD_SIZES[kind]
    mask = (1 << 8 * size) - 1
    return b"".join((each & mask).to_bytes(size, "little") for each in integers(value, budget))


def _entry(data: memoryview, budget: Budget) -> tuple[str, str]:
    told = {1: "", 2: ""}
    for number, value in wire.fields(data, budget):
        told[number] = text(value)
    return told[1], told[2]


def written(made: Constant) -> Parts:
    """As a TensorProto."""
    parts: Parts = []
    for side in made.dims:
        parts += wire.number(1, side)
    parts += wire.number(2, made.kind)
    parts += wire.text(8, made.name)
    return parts + wire.chunk(9, [made.data])


def integer(value: Value) -> int:
    """A field's integer; raises `ImporterError` where it is none."""
    if not isinstance(value, int):
        refuse(DAMAGED)
    return wire.signed(value)


def integers(value: Value, budget: Budget) -> list[int]:
    """One of repeated integers, or all of them at once."""
    if isinstance(value, int):
        return [wire.signed(value)]
    return [wire.signed(each) for each in wire.varints(value, budget)]


def chunk(value: Value) -> memoryview:
    """A field's bytes; raises `ImporterError` where it has none."""
    if isinstance(value, int):
        refuse(DAMAGED)
    return value


def text(value: Value) -> str:
    """A field's text; raises `ImporterError` where it is none."""
    try:
        return bytes(chunk(value)).decode()
    except UnicodeDecodeError:
        refuse(DAMAGED)


def floats(value: Value) -> list[float]:
    """One of repeated floats, or all of them at once."""
    data = chunk(value)
    if len(data) % 4 or not data:
        refuse(DAMAGED)
    return list(struct.unpack(f"<{len(data) // 4}f", data))
