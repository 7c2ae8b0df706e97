"""Reads one OSC datagram, after checking that its structure holds.

Open Sound Control 1.0 and 1.1. python-osc reads the single values; its packet parser is not used,
because a negative size makes it loop for ever and it misreads the tags `S`, `c` and `I`.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pythonosc.parsing import osc_types

from performer.events import OscArgument

MAX_DEPTH = 8
_BUNDLE = b"#bundle\0"
_IMMEDIATELY = 1
_NTP_TO_UNIX_S = 2_208_988_800
_CONSTANTS: dict[str, OscArgument] = {"T": True, "F": False, "N": None, "I": float("inf")}


class MalformedPacket(Exception):
    """A datagram that breaks the OSC specification, with the reason in words."""


@dataclass(frozen=True, slots=True)
class TimedMessage:
    """One message; `unix_s` is the time its bundle is dated, None for immediately."""

    unix_s: float | None
    address: str
    args: tuple[OscArgument, ...]


def _character(code: int) -> str:
    # Half of a surrogate pair is no character, and no UTF-8 can be made of it.
    if not 0 <= code <= 0x10FFFF or 0xD800 <= code <= 0xDFFF:
        raise MalformedPacket(f"character {code} is not in Unicode")
    return chr(code)


def _ntp_seconds(timetag: int) -> float:
    return timetag / 2**32


# Tag: its size in bytes, who reads it, and what makes an argument of it.
_FIXED: dict[str, tuple[int, Callable[[bytes, int], tuple[Any, int]], Callable[[Any], Any]]] = {
    "i": (4, osc_types.get_int, int),
    "f": (4, osc_types.get_float, float),
    "h": (8, osc_types.get_int64, int),
    "d": (8, osc_types.get_double, float),
    "t": (8, osc_types.get_uint64, _ntp_seconds),
    "c": (4, osc_types.get_int, _character),
    "r": (4, osc_types.get_rgba, int),
    "m": (4, osc_types.get_midi, bytes),
}


def decode(datagram: bytes) -> list[TimedMessage]:
    """All messages of a datagram, in order; MalformedPacket if any part of it is bad."""
    messages: list[TimedMessage] = []
    _element(datagram, None, 0, messages)
    return messages


def _element(data: bytes, unix_s: float | None, depth: int, into: list[TimedMessage]) -> None:
    if not data:
        raise MalformedPacket("an empty packet")
    if len(data) % 4:
        raise MalformedPacket(f"{len(data)} bytes is not a multiple of 4")
    if data.startswith(_BUNDLE):
        _bundle(data, unix_s, depth, into)
    else:
        into.append(_message(data, unix_s))


def _bundle(data: bytes, outer_s: float | None, depth: int, into: list[TimedMessage]) -> None:
    if depth >= MAX_DEPTH:
        raise MalformedPacket(f"bundles nested deeper than {MAX_DEPTH}")
    if len(data) < 16:
        raise MalformedPacket("a bundle without a whole timetag")
    unix_s = _later(_unix_time(data), outer_s)
    at = 16
    while at < len(data):
        (size,) = struct.unpack_from(">i", data, at)
        at += 4
        if size <= 0 or size % 4 or size > len(data) - at:
            raise MalformedPacket(f"a bundle element of {size} bytes where {len(data) - at} follow")
        _element(data[at : at + size], unix_s, depth + 1, into)
        at += size


def _unix_time(data: bytes) -> float | None:
    timetag, _ = osc_types.get_uint64(data, 8)
    return None if timetag <= _IMMEDIATELY else _ntp_seconds(timetag) - _NTP_TO_UNIX_S


def _later(inner_s: float | None, outer_s: float | None) -> float | None:
    if inner_s is None or outer_s is None:
        return inner_s if outer_s is None else outer_s
    return max(inner_s, outer_s)


def _message(data: bytes, unix_s: float | None) -> TimedMessage:
    if not data.startswith(b"/"):
        raise MalformedPacket(f"an address that starts with {data[:1]!r} instead of '/'")
    address, at = _string(data, 0)
    if at == len(data):
        return TimedMessage(unix_s, address, ())
    if data[at] != ord(","):
        raise MalformedPacket(f"{address} has arguments but no type tags")
    tags, at = _string(data, at)
    args, at = _arguments(data, at, tags[1:])
    if at != len(data):
        raise MalformedPacket(f"{address} has {len(data) - at} bytes more than its type tags")
    return TimedMessage(unix_s, address, args)


def _arguments(data: bytes, at: int, tags: str) -> tuple[tuple[OscArgument, ...], int]:
    """The arguments and where they end; arrays are flattened."""
    args: list[OscArgument] = []
    arrays = 0
    for tag in tags:
        if tag in "[]":
            arrays += 1 if tag == "[" else -1
            if arrays < 0:
                break
        elif tag in _CONSTANTS:
            args.append(_CONSTANTS[tag])
        else:
            value, at = _value(data, at, tag)
            args.append(value)
    if arrays:
        raise MalformedPacket("array brackets that do not match")
    return tuple(args), at


def _value(data: bytes, at: int, tag: str) -> tuple[OscArgument, int]:
    if tag in "sS":
        return _string(data, at)
    if tag == "b":
        return _blob(data, at)
    if tag not in _FIXED:
        raise MalformedPacket(f"unknown type tag {tag!r}")
    size, read, convert = _FIXED[tag]
    if size > len(data) - at:
        raise MalformedPacket(f"argument '{tag}' needs {size} bytes, {len(data) - at} are left")
    return convert(read(data, at)[0]), at + size


def _string(data: bytes, at: int) -> tuple[str, int]:
    # The data is a multiple of 4 long, so a NUL inside it leaves room for its padding too.
    end = data.find(b"\0", at)
    if end < 0:
        raise MalformedPacket("a string that does not end")
    try:
        return data[at:end].decode("utf-8"), (end // 4 + 1) * 4
    except UnicodeDecodeError:
        raise MalformedPacket("a string that is not UTF-8") from None


def _blob(data: bytes, at: int) -> tuple[bytes, int]:
    left = len(data) - at - 4
    if left < 0:
        raise MalformedPacket("a blob without a whole size")
    size, _ = osc_types.get_int(data, at)
    if not 0 <= size <= left:
        raise MalformedPacket(f"a blob of {size} bytes where {left} follow")
    blob, end = osc_types.get_blob(data, at)
    return bytes(blob), end
