"""A running instrument's mirror: its pulse and its last picture, in memory that outlives it."""

import contextlib
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
NAME = "performer-mirror-"
PIXELS_MAXIMUM = 4096 * 4096
HEADER = struct.Struct("<QQQQII")  # the counts, height, width
COUNT, SIZE = struct.Struct("<Q"), struct.Struct("<II")
PULSE, WRITES, CURTAINS, READY, SIZE_AT = 0, 8, 16, 24, 32
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

    def beat(self) -> None:
        """Show that the instrument lives."""
        self._count(PULSE)

    def tell_ready(self) -> None:
        """Show that an understudy could go on air."""
        self._count(READY)

    def tell_curtain(self) -> None:
        """Show that a curtain has opened, which may lie over the instrument."""
        self._count(CURTAINS)

    def show(self, image: Image) -> None:
        """Put a picture, uint8 (H, W, 3); one that is too large is left out."""
        height, width = image.shape[:2]
        if HEADER.size + image.nbytes > len(self._memory):
            return
        writes = self.writes | 1
        self._put(WRITES, writes)
        SIZE.pack_into(self._memory, SIZE_AT, height, width)
        np.frombuffer(self._memory, np.uint8, image.nbytes, HEADER.size)[:] = image.reshape(-1)
        self._put(WRITES, writes + 1)

    @property
    def pulse(self) -> int:
        """How often it has beaten."""
        return self._get(PULSE)

    @property
    def writes(self) -> int:
        """A number that changes with each picture."""
        return self._get(WRITES)

    @property
    def curtains(self) -> int:
        """How many curtains have opened."""
        return self._get(CURTAINS)

    @property
    def ready(self) -> int:
        """How many understudies have become ready."""
        return self._get(READY)

    def picture(self) -> Image | None:
        """A copy of the last picture, uint8 (H, W, 3); None where there is none that is whole."""
        for _ in range(TRIES):
            before = self.writes
            height, width = SIZE.unpack_from(self._memory, SIZE_AT)
            size = height * width * 3
            if not size or before & 1 or HEADER.size + size > len(self._memory):
                continue
            pixels = np.frombuffer(self._memory, np.uint8, size, HEADER.size).copy()
            if self.writes == before:
                return pixels.reshape(height, width, 3)
        return None

    def remove(self) -> None:
        """Close it and remove its file, which on Windows cannot be while it is mapped."""
        with contextlib.suppress(BufferError):
            self._memory.close()
        with contextlib.suppress(OSError):
            self.path.unlink()

    def _get(self, at: int) -> int:
        return int(COUNT.unpack_from(self._memory, at)[0])

    def _put(self, at: int, number: int) -> None:
        COUNT.pack_into(self._memory, at, number & 0xFFFF_FFFF_FFFF_FFFF)

    def _count(self, at: int) -> None:
        self._put(at, self._get(at) + 1)


def make_mirror() -> Mirror:
    """A new mirror, in memory where the system has files there; its maker removes the file."""
    folder = MEMORY if os.access(MEMORY, os.W_OK) else None
    if folder is not None:
        _remove_orphans(folder)
    handle, name = tempfile.mkstemp(prefix=f"{NAME}{os.getpid()}-", dir=folder)
    with os.fdopen(handle, "wb") as file:
        file.truncate(HEADER.size + PIXELS_MAXIMUM * 3)
    return Mirror(Path(name))


def _remove_orphans(folder: Path) -> None:
    """Remove what belongs to processes that were killed before they could."""
    for path in folder.glob(f"{NAME}*"):
        owner = path.name.removeprefix(NAME).partition("-")[0]
        if owner.isdigit() and not Path("/proc", owner).exists():
            with contextlib.suppress(OSError):
                path.unlink()


def given_mirror() -> Mirror | None:
    """The mirror that whoever started this process holds up to it, if anyone does."""
    name = os.environ.get(VARIABLE)
    try:
        return Mirror(Path(name)) if name else None
    except (OSError, ValueError):
        return None
