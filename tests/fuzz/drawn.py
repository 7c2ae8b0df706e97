"""Values of any type drawn from bytes: what is well formed and yet may hold anything."""

import struct
from collections.abc import Callable
from dataclasses import fields
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from performer.parameters import TABLE

FLOATS = (0.0, -0.0, 0.5, 1.0, -1.0, 1e-320, 1e18, -1e300, 1.7e308, float("inf"), float("nan"))
INTS = (0, 1, -1, 16, 127, 128, 1 << 31, -(1 << 63), (1 << 64) - 1, 1 << 2000)
TEXTS = ("", "\0", "\ud800", "/*", "/learn", "a.toml", "escape", "l", "nano", "\x1b[2J", "é" * 300)
MOST = 5


class Drawn:
    """What some bytes decide, one after the other; where they end all is 0."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    @property
    def left(self) -> bool:
        """Whether there is more."""
        return self._at < len(self._data)

    def byte(self) -> int:
        return self._bytes(1)[0]

    def an(self, kind: type) -> Any:
        """A dataclass, each of its fields drawn."""
        hints = get_type_hints(kind)
        return kind(**{each.name: self.of(hints[each.name]) for each in fields(kind)})

    def of(self, hint: Any) -> Any:
        """A value of a type."""
        origin, inner = get_origin(hint), get_args(hint)
        if origin in (Union, UnionType):
            return self.of(self._one(inner))
        if origin is Literal:
            return self._one(inner)
        if origin is tuple and inner[-1] is Ellipsis:
            return tuple(self.of(inner[0]) for _ in range(self.byte() % MOST))
        if origin is tuple:
            return tuple(self.of(each) for each in inner)
        return self._plain(hint)

    def _plain(self, hint: Any) -> Any:
        makers: dict[Any, Callable[[], object]] = {
            float: self._float,
            int: self._int,
            str: self._text,
            bytes: lambda: self._bytes(self.byte() % 32),
            bool: lambda: bool(self.byte() & 1),
        }
        return makers[hint]() if hint in makers else None

    def _float(self) -> float:
        which = self.byte()
        if which < 64:
            return self._one(FLOATS)
        return self.byte() / 255 if which < 192 else struct.unpack("<d", self._bytes(8))[0]

    def _int(self) -> int:
        return self._one(INTS) if self.byte() < 64 else self.byte()

    def _text(self) -> str:
        which = self.byte()
        if which < 64:
            return self._one(TEXTS)
        row = self._one(TABLE)
        return row.name if which < 160 else row.address

    def _one(self, of: tuple[Any, ...]) -> Any:
        return of[int.from_bytes(self._bytes(2), "little") % len(of)]

    def _bytes(self, count: int) -> bytes:
        self._at += count
        return self._data[self._at - count : self._at].ljust(count, b"\0")
