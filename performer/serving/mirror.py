"""A running instrument's mirror: its pulse and its last picture, in memory that outlives it."""

import mmap
import os
import struct
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]

VARIABLE = "PERFORMER_MIRROR"
MEMORY = Path("/dev/shm")  # noqa: S108 - made by mkstemp, readable by its owner alone
PIXELS_MAXIMUM = 4096 * 4096
HEADER = struct.Struct("<QQII")  # pulse, writes, height, width
PULSE, WRITES, SIZE = struct.Struct("<Q"), struct.Struct("<Q"), struct.Struct("<II")
WRITES_AT, SIZE_AT = 8, 16
TRIES = 5


class Mirror:
    """A file mapped into several processes: one writes, others look.

    The count of writes is odd while a picture is being written (a seqlock), so whoever looks
    takes none that is half there.
    """

    def __init__(self, path: Path) -> None:
        """Map the file; raises OSError or ValueError where it is not one of these."""
        with path.open("r+b") as file:
            self._memory = mmap.mmap(file.fileno(), 0)
        if len(self._memory) < HEADER.size:
            raise ValueError(f"{path} is no mirror")
        self.path = path
        self._pulse = PULSE.unpack_from(self._memory)[0]

    def beat(self) -> None:
        """Show that the instrument lives."""
        self._pulse = (self._pulse + 1) & 0xFFFF_FFFF_FFFF_FFFF
        PULSE.pack_into(self._memory, 0, self._pulse)

    def show(self, image: Image) -> None:
        """Put a picture, uint8 (H, W, 3); one that is too large is left out."""
        height, width = image.shape[:2]
        if HEADER.size + image.nbytes > len(self._memory):
            return
        writes = WRITES.unpack_from(self._memory, WRITES_AT)[0] | 1
        WRITES.pack_into(self._memory, WRITES_AT, writes)
        SIZE.pack_into(self._memory, SIZE_AT, height, width)
        np.frombuffer(self._memory, np.uint8, image.nbytes, HEADER.size)[:] = image.reshape(-1)
        WRITES.pack_into(self._memory, WRITES_AT, (writes + 1) & 0xFFFF_FFFF_FFFF_FFFF)

    @property
    def pulse(self) -> int:
        """How often it has beaten."""
        return int(PULSE.unpack_from(self._memory)[0])

    @property
    def writes(self) -> int:
        """A number that changes with each picture."""
        return int(WRITES.unpack_from(self._memory, WRITES_AT)[0])

    def picture(self) -> Image | None:
        """A copy of the last picture, uint8 (H, W, 3); None where there is none that is whole."""
        for _ in range(TRIES):
            _, before, height, width = HEADER.unpack_from(self._memory)
            size = height * width * 3
            if not size or before & 1 or HEADER.size + size > len(self._memory):
                continue
            pixels = np.frombuffer(self._memory, np.uint8, size, HEADER.size).copy()
            if self.writes == before:
                return pixels.reshape(height, width, 3)
        return None


def make_mirror() -> Mirror:
    """A new mirror, in memory where the system has files there; its maker removes the file."""
    folder = MEMORY if os.access(MEMORY, os.W_OK) else None
    handle, name = tempfile.mkstemp(prefix="performer-mirror-", dir=folder)
    with os.fdopen(handle, "wb") as file:
        file.truncate(HEADER.size + PIXELS_MAXIMUM * 3)
    return Mirror(Path(name))


def given_mirror() -> Mirror | None:
    """The mirror that whoever started this process holds up to it, if anyone does."""
    name = os.environ.get(VARIABLE)
    try:
        return Mirror(Path(name)) if name else None
    except (OSError, ValueError):
        return None
