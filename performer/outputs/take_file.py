"""The take on the disk: written beside the frame loop, as the show goes on."""

import errno
import logging
import os
import shlex
import shutil
import tempfile
import threading
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO

from performer.events import Event
from performer.limited_log import LimitedLog
from performer.outputs.base import Image, minutes
from performer.takes import Head, Packer, TakeError

EVERY_S = 0.5
# What a thread that gets no time may be behind: minutes.
WAITING_MAXIMUM = 20_000
# What the disk has no room for, and on the disk days of a show that is not recorded yet.
KEPT_MAXIMUM, SPOOLED_MAXIMUM = 64_000_000, 500_000_000
SPOOLED_SHARE = 0.25  # of what is free at first


class TakeFile:
    """Keeps the show from its first frame, and writes it once `record` has been on.

    Only from its first frame can a show be played again as it was, so all of it is kept, packed,
    in a nameless file in the `spool` folder until then. `path` None picks a free name by `name`.
    A disk that is full is tried again and again: when it has room, the take is whole.
    """

    parameter = "record"

    def __init__(
        self, head: Callable[[], Head], path: Path | None, name: Callable[[], Path], spool: Path
    ) -> None:
        """`head` is called on the thread, for it may have to read much."""
        self._head, self._name, self._spool = head, name, spool
        self._file: BinaryIO | None = None
        self._log = LimitedLog(logging.getLogger("performer.take"))
        self._waiting: deque[tuple[float, tuple[Event, ...]]] = deque()
        self._packer = Packer()
        self._kept: list[bytes] = []
        self._written = self._kept_bytes = 0
        self._room = 0.0
        self._wanted, self._is_empty = False, True
        self._began_s: float | None = None
        self._recorded_s = self._now_s = 0.0
        self.trouble = ""
        self._is_lost = False
        self.path = path
        if path is not None:
            self._file = _create(path)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="take", daemon=True)

    def start(self) -> None:
        """Begin to write what `frame` hands over."""
        self._thread.start()

    @property
    def lamp(self) -> str:
        if self._began_s is None:
            return ""
        if self._is_lost:
            return "TAKE LOST"
        return f"TAKE {minutes(self._recorded_s + self._now_s - self._began_s)}"

    def frame(self, on: bool, now_s: float, events: Sequence[Event], image: Image) -> None:
        self._now_s, self._is_empty = now_s, False
        self._wanted |= on
        if on and self._began_s is None:
            self._began_s = now_s
        elif not on and self._began_s is not None:
            self._recorded_s += now_s - self._began_s
            self._began_s = None
        if len(self._waiting) < WAITING_MAXIMUM:
            self._waiting.append((now_s, tuple(events)))
        else:
            self._is_lost, self.trouble = True, "the disk was too slow"

    def close(self) -> None:
        """Write what is left, and say where it is."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join()
        if self._file is not None:
            self._file.close()
        if self.path is None:
            return
        if self._is_empty:
            self.path.unlink(missing_ok=True)
        else:
            self._tell(self.path)

    def _tell(self, path: Path) -> None:
        logger = logging.getLogger("performer.take")
        if self._kept or self._is_lost:
            logger.warning("take: %s is cut off: %s", path, self.trouble)
        out = path.with_suffix(".mp4")
        logger.info("Render the take (%.1f MB) with:", self._written / 1e6)
        logger.info("  %s", shlex.join(["performer", "render", str(path), "--out", str(out)]))

    def _run(self) -> None:
        try:
            self._keep(self._packer.head(self._head()))
            while not self._ended.wait(EVERY_S):
                self._work()
            self._work()
        except Exception as error:  # Whatever it is, the show goes on.
            self._lose(f"{type(error).__name__}: {error}")

    def _work(self) -> None:
        """Pack what waits, and write it."""
        frames = [self._waiting.popleft() for _ in range(len(self._waiting))]
        if frames and not self._is_lost:
            packed, left_out = self._packer.frames(frames)
            self._keep(packed)
            if left_out:
                self._warn(f"{left_out} events cannot be written")
        if not self._is_lost or self.path is not None:
            self._write()

    def _keep(self, packed: bytes) -> None:
        self._kept.append(packed)
        self._kept_bytes += len(packed)
        if self._kept_bytes > KEPT_MAXIMUM:
            self._lose(self.trouble or "so long a show must be recorded from its start")

    def _lose(self, reason: str) -> None:
        """Give up: what is written stays and can be rendered."""
        self._is_lost = True
        self._kept, self._kept_bytes = [], 0
        if self._file is not None and self.path is None:
            self._file.close()
        self._warn(reason)

    def _write(self) -> None:
        """Write what is kept: into the take, or into the nameless file where none is wanted."""
        try:
            if self._wanted and self.path is None:
                self._begin()
            elif self._file is None:
                self._file = _nameless(self._spool)
                free = shutil.disk_usage(self._spool).free
                self._room = min(SPOOLED_SHARE * free, SPOOLED_MAXIMUM)
            while self._kept and self._file is not None:
                self._append(self._file, self._kept[0])
                self._kept_bytes -= len(self._kept.pop(0))
            self.trouble = self.trouble if self._is_lost else ""
        except (OSError, TakeError) as error:
            if self.path is not None or self._wanted:
                self._warn(getattr(error, "strerror", None) or str(error))
        if self.path is None and self._written > self._room:
            self._lose("so long a show must be recorded from its start")

    def _begin(self) -> None:
        """The take from now on, with all that was kept before."""
        path = self._name()
        file = _create(path)
        if self._file is not None:
            try:
                self._file.seek(0)
                shutil.copyfileobj(self._file, file)
                if file.tell() < self._written:
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            except OSError:
                self._file.seek(self._written)
                file.close()
                path.unlink()
                raise
            self._file.close()
        self._file, self.path = file, path

    def _append(self, file: BinaryIO, packed: bytes) -> None:
        """Write one record whole, or leave the file as it was."""
        try:
            left = memoryview(packed)
            while left:
                left = left[file.write(left) :]
            if self.path is not None:
                os.fsync(file.fileno())
        except OSError:
            file.truncate(self._written)
            file.seek(self._written)
            raise
        self._written += len(packed)

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
        raise TakeError(f"{path} is there already; takes are never written over") from None
    except OSError as error:
        raise TakeError(f"{path}: cannot be written: {error.strerror}") from None
