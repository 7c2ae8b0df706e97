"""The take as a file, or what waits to become one: nothing in it is lost while a disk is full."""

import errno
import logging
import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO

from performer.black_box import begins
from performer.limited_log import LimitedLog
from performer.takes import Head, Moment, Packer, TakeError

# What the disk has no room for, and on the disk hours of a show that is not recorded yet.
KEPT_MAXIMUM, SPOOLED_MINIMUM, SPOOLED_MAXIMUM = 64_000_000, 1_000_000, 500_000_000
SPOOLED_SHARE = 0.25  # of what is free at first


class TakeWriter:
    """Writes what is put, all of it on one thread.

    Until a take is wanted it lies, packed, in a nameless file in the `spool` folder, which may grow
    `is_large`. With a moment that tells where all stands another take begins: what was not wanted
    is forgotten, what was is whole. `name` picks a free name, for the first too where `path` is
    None. A disk that is full is tried again and again: when it has room, the take is whole. What
    `is_lost` is written no more, but can be rendered as far as it came.
    """

    def __init__(self, path: Path | None, name: Callable[[], Path], spool: Path) -> None:
        """Raises `TakeError` where the path cannot be written."""
        self.path, self._name, self._spool = path, name, spool
        self.trouble = ""
        self.is_lost = self.is_large = False
        self._log = LimitedLog(logging.getLogger("performer.take"))
        self._now_s = 0.0
        self._head: Head | None = None
        self._is_empty, self._is_taken = True, path is not None
        self._packer = Packer()
        self._kept: list[bytes] = []
        self.written = self._kept_bytes = 0
        self._room = 0.0
        self._file: BinaryIO | None = None if path is None else _create(path)

    @property
    def is_whole(self) -> bool:
        """Whether nothing is missing in the file."""
        return not (self._kept or self.is_lost)

    def begin(self, head: Head) -> None:
        """What the take begins with."""
        self._head, self._packer = head, Packer()
        self._kept, self._kept_bytes, self.written = [], 0, 0
        if self._file is not None:
            self._file.seek(0)
            self._file.truncate()
        self._keep(self._packer.head(head))

    def put(self, moments: Sequence[Moment], *, wanted: bool) -> None:
        """Pack what came, and write it."""
        part: list[Moment] = []
        for moment in moments:
            if begins(moment) and not (self.is_lost or self._is_empty):
                self._begin_another(part)
                part = []
            part.append(moment)
            self._is_empty = False
        self._put(part, wanted=wanted)

    def _put(self, moments: Sequence[Moment], *, wanted: bool) -> None:
        if moments and not self.is_lost:
            self._now_s = moments[-1].now_s
            packed, left_out = self._packer.frames(moments)
            self._keep(packed)
            if left_out:
                self._warn(f"{left_out} events cannot be written")
        if not self.is_lost or self.path is not None:
            self._write(wanted)

    def lose(self, reason: str) -> None:
        """Give up: what is written stays and can be rendered."""
        self.is_lost = True
        self._kept, self._kept_bytes = [], 0
        if self._file is not None and self.path is None:
            self._file.close()
        self._warn(reason)

    def close(self) -> None:
        """No more is put."""
        if self._file is not None:
            self._file.close()

    def _begin_another(self, last: Sequence[Moment]) -> None:
        """Leave a take with its last moments, or forget what was not one yet."""
        if self._is_taken:
            self._put(last, wanted=True)
            word = "whole" if self.is_whole else f"cut off: {self.trouble}"
            log = logging.getLogger("performer.take")
            log.info("take: %s is %s", self.path or "this one", word)
            self.close()
            self._file = self.path = None
        assert self._head is not None  # noqa: S101 - it has begun
        self.begin(self._head)

    def _keep(self, packed: bytes) -> None:
        self._kept.append(packed)
        self._kept_bytes += len(packed)
        if self._kept_bytes > KEPT_MAXIMUM:
            self.lose(self.trouble or "it was too much at once")

    def _write(self, wanted: bool) -> None:
        """Write what is kept: into the take, or into the nameless file where none is wanted."""
        try:
            if wanted and self.path is None:
                self._take_over()
            elif self._file is None:
                self._file = _nameless(self._spool)
                free = shutil.disk_usage(self._spool).free
                self._room = min(max(SPOOLED_SHARE * free, SPOOLED_MINIMUM), SPOOLED_MAXIMUM)
            while self._kept and self._file is not None:
                self._append(self._file, self._kept[0])
                self._kept_bytes -= len(self._kept.pop(0))
            self.trouble = self.trouble if self.is_lost else ""
        except (OSError, TakeError) as error:
            if self.path is not None or wanted:
                self._warn(getattr(error, "strerror", None) or str(error))
        is_over = self._file is not None and self.written > self._room
        self.is_large = is_over or self._kept_bytes > KEPT_MAXIMUM / 2

    def _take_over(self) -> None:
        """The take from now on, with all that was kept before."""
        path = self._name()
        file = _create(path)
        if self._file is not None:
            try:
                self._file.seek(0)
                shutil.copyfileobj(self._file, file)
                if file.tell() < self.written:
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            except OSError:
                self._file.seek(self.written)
                file.close()
                path.unlink()
                raise
            self._file.close()
        self._file, self.path, self._is_taken = file, path, True

    def _append(self, file: BinaryIO, packed: bytes) -> None:
        """Write one record whole, or leave the file as it was."""
        try:
            left = memoryview(packed)
            while left:
                left = left[file.write(left) :]
            if self.path is not None:
                os.fsync(file.fileno())
        except OSError:
            file.truncate(self.written)
            file.seek(self.written)
            raise
        self.written += len(packed)

    def _warn(self, reason: str) -> None:
        self.trouble = reason
        self._log.warning(self._now_s, "take: %s", reason)


def _nameless(folder: Path) -> BinaryIO:
    """A file that goes when it is closed, however that happens; raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    return tempfile.TemporaryFile(buffering=0, dir=folder)


def _create(path: Path) -> BinaryIO:
    """A new file; a performance is never written over. Raises `TakeError`."""
    try:
        return path.open("xb", buffering=0)
    except FileExistsError:
        raise TakeError(f"{path} is there already; takes are never overwritten") from None
    except OSError as error:
        raise TakeError(f"{path}: cannot be written: {error.strerror}") from None
