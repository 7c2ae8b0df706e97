"""Protocol Buffers' wire format, read within bounds and written: what ONNX files are made of.

https://protobuf.dev/programming-guides/encoding
"""

from collections.abc import Iterable, Iterator

from models.importers.budget import Budget
from models.importers.refusal import refuse

VARINT, FIXED64, LENGTH, FIXED32 = 0, 1, 2, 5
FIXED_BYTES = {FIXED64: 8, FIXED32: 4}
VARINT_BYTES = 10
DAMAGED = "no ONNX model, or one that is cut short or damaged"
Value = int | memoryview
Parts = list[bytes | memoryview]


def fields(data: memoryview, budget: Budget) -> Iterator[tuple[int, Value]]:
    """Each field's number and value: an integer, or a view of the bytes where it is none."""
    at = 0
    while at < len(data):
        budget.step()
        key, at = _varint(data, at)
        kind = key & 7
        if kind == VARINT:
            value, at = _varint(data, at)
            yield key >> 3, value
            continue
        if kind == LENGTH:
            size, at = _varint(data, at)
        else:
            size = FIXED_BYTES.get(kind, len(data))
        if size > len(data) - at:
            refuse(DAMAGED)
        yield key >> 3, data[at : at + size]
        at += size


def varints(data: memoryview, budget: Budget) -> Iterator[int]:
    """Packed integers."""
    at = 0
    while at < len(data):
        budget.step()
        value, at = _varint(data, at)
        yield value


def signed(value: int) -> int:
    """An int64 as it was before it was made a varint."""
    return value - (1 << 64) if value >> 63 else value


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    """An unsigned 64 bit integer, and where it ends."""
    value = 0
    for index, byte in enumerate(data[at : at + VARINT_BYTES]):
        value |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:
            return value & ((1 << 64) - 1), at + index + 1
    refuse(DAMAGED)


def number(field: int, value: int) -> Parts:
    """A field that holds an integer of 64 bits."""
    return [_as_varint(field << 3 | VARINT) + _as_varint(value & ((1 << 64) - 1))]


def fixed32(field: int, four: bytes) -> Parts:
    """A field of four bytes: a float."""
    return [_as_varint(field << 3 | FIXED32) + four]


def chunk(field: int, parts: Iterable[bytes | memoryview]) -> Parts:
    """A field that holds text, bytes, or a message made of parts."""
    inner = list(parts)
    size = sum(map(len, inner))
    return [_as_varint(field << 3 | LENGTH) + _as_varint(size), *inner]


def text(field: int, words: str) -> Parts:
    """A field that holds text."""
    return chunk(field, [words.encode()])


def _as_varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
