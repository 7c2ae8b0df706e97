"""The board: memory that the instrument writes and the page reads, and neither waits for.

Each part has a counter that is odd while the part is written (a sequence lock): a reader who finds
it odd, or changed after copying, has read nothing and comes again. All is written by one thread.
"""

import os
import sys
from collections.abc import Callable
from multiprocessing.shared_memory import SharedMemory
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from performer.parameters import TABLE

MAX_HEIGHT_PX, MAX_WIDTH_PX = 360, 4096
MAX_STATUS_BYTES = 1 << 18  # 500 cues with names in any script

VALUES, STATUS, PICTURE = range(3)
_HEAD = np.dtype([("seq", "i8"), ("size", "i8", 3)])
_VALUES_AT = 3 * _HEAD.itemsize
_STATUS_AT = _VALUES_AT + 2 * len(TABLE) * 8
_PICTURE_AT = _STATUS_AT + MAX_STATUS_BYTES
SIZE = _PICTURE_AT + MAX_HEIGHT_PX * MAX_WIDTH_PX * 3

Values = NDArray[np.float64]
Image = NDArray[np.uint8]
Read = TypeVar("Read")


class _Shared:
    """The memory and its parts: two rows of values, a text, a picture."""

    def __init__(self, memory: SharedMemory) -> None:
        self._memory = memory
        self._seq: NDArray[np.int64] = self._part(0, 3, _HEAD)["seq"]
        self._size: NDArray[np.int64] = self._part(0, 3, _HEAD)["size"]
        self._values: Values = self._part(_VALUES_AT, 2 * len(TABLE), np.float64).reshape(2, -1)
        self._status: NDArray[np.uint8] = self._part(_STATUS_AT, MAX_STATUS_BYTES, np.uint8)
        self._picture: NDArray[np.uint8] = self._part(_PICTURE_AT, SIZE - _PICTURE_AT, np.uint8)

    def _part(self, offset: int, count: int, dtype: Any) -> NDArray[Any]:
        assert self._memory.buf is not None  # noqa: S101 - it is open
        return np.frombuffer(self._memory.buf, dtype, count, offset)

    def close(self) -> None:
        """Let go of the memory."""
        del self._seq, self._size, self._values, self._status, self._picture
        self._memory.close()


class Board(_Shared):
    """The instrument's side, which owns the memory and gives it back when closed."""

    def __init__(self) -> None:
        """Raises OSError where the system has not enough of such memory."""
        memory = SharedMemory(create=True, size=SIZE)
        try:
            _reserve(memory)
        except OSError:
            memory.close()
            memory.unlink()
            raise
        super().__init__(memory)

    @property
    def name(self) -> str:
        """By which another process opens it."""
        return self._memory.name

    def write_values(self, values: Values, targets: Values) -> None:
        """Both float64 in table order and units."""
        self._seq[VALUES] += 1
        self._values[0], self._values[1] = values, targets
        self._seq[VALUES] += 1

    def write_status(self, text: bytes) -> None:
        """Some JSON; nothing is written where it is too long."""
        if len(text) <= MAX_STATUS_BYTES:
            self._seq[STATUS] += 1
            self._status[: len(text)] = np.frombuffer(text, np.uint8)
            self._size[STATUS, 0] = len(text)
            self._seq[STATUS] += 1

    def write_picture(self, image: Image) -> None:
        """uint8 (H, W, 3) of any size; of a large one only some rows, which is quick to copy."""
        height, width, _ = image.shape
        part = image[:: -(-height // MAX_HEIGHT_PX), :: -(-width // MAX_WIDTH_PX)]
        self._seq[PICTURE] += 1
        self._picture[: part.size].reshape(part.shape)[...] = part
        self._size[PICTURE] = part.shape[0], part.shape[1], height * part.shape[1] // width
        self._seq[PICTURE] += 1

    def close(self) -> None:
        super().close()
        self._memory.unlink()


class Reader(_Shared):
    """The page's side: each method returns None where nothing new can be read."""

    def __init__(self, name: str) -> None:
        """Raises FileNotFoundError where the instrument is gone."""
        super().__init__(SharedMemory(name))
        self._seen = [0, 0, 0]

    def values(self) -> Values | None:
        """Values and targets, float64 (2, parameters)."""
        return self._read(VALUES, self._values.copy)

    def status(self) -> bytes | None:
        """The JSON of the last status."""
        return self._read(STATUS, lambda: self._status[: self._size[STATUS, 0]].tobytes())

    def picture(self) -> tuple[Image, int] | None:
        """Rows of a picture, uint8 (H, W, 3), and the height in px that they stand for."""
        return self._read(PICTURE, self._copy_picture)

    def _copy_picture(self) -> tuple[Image, int]:
        rows, width, height = (int(n) for n in self._size[PICTURE])
        return self._picture[: rows * width * 3].reshape(rows, width, 3).copy(), height

    def _read(self, part: int, copy: Callable[[], Read]) -> Read | None:
        before = int(self._seq[part])
        if before % 2 or before == self._seen[part]:
            return None
        found = copy()
        if self._seq[part] != before:
            return None
        self._seen[part] = before
        return found


def _reserve(memory: SharedMemory) -> None:
    """Take all of it now: a later write to memory that the system lacks would end the show."""
    if sys.platform == "linux":
        file = os.open(f"/dev/shm/{memory.name.lstrip('/')}", os.O_RDWR)  # noqa: S108
        try:
            os.posix_fallocate(file, 0, SIZE)
        finally:
            os.close(file)
