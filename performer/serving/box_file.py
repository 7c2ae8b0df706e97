"""The black box on the disk: written beside the frame loop, all along, and never longer."""

import errno
import logging
import os
import threading
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path

from performer.black_box import PIECE_S, PIECES, Standing, begins
from performer.engine import Engine
from performer.events import Event, Notice
from performer.limited_log import LimitedLog
from performer.takes import Head, Moment, Packer, TakeEvents

EVERY_S = 0.5
WAITING_MAXIMUM = 4_000
PIECE = ".piece"


class BoxFile(logging.Handler):
    """A companion of the stage that keeps the last minutes in pieces, each a take.

    They lie in `folder`, named by this process, and stay there when it is killed. What is logged
    meanwhile is kept as notices. A disk that is slow or full costs the box a piece, never a frame.
    """

    def __init__(self, head: Callable[[], Head], folder: Path) -> None:
        """`head` is called on the thread, for it may have to read much."""
        super().__init__(logging.WARNING)
        self._head, self._folder = head, folder
        self._standing = Standing()
        self._log = LimitedLog(logging.getLogger("performer.black_box"))
        self._frames: deque[tuple[float, tuple[Event, ...]]] = deque(maxlen=WAITING_MAXIMUM)
        self._said: deque[str] = deque(maxlen=8)
        self._due_s, self._now_s, self._number = float("-inf"), 0.0, 0
        self._packer = Packer()
        self._piece: Path | None = None
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="black box", daemon=True)

    def start(self) -> None:
        """Begin to keep what `follow` is told, and what is logged."""
        logging.getLogger("performer").addHandler(self)
        self._thread.start()

    def emit(self, record: logging.LogRecord) -> None:
        self._said.append(record.getMessage()[:200])

    def follow(self, now_s: float, events: Sequence[Event], engine: Engine) -> None:
        self._now_s = now_s
        said = [Notice(now_s, self._said.popleft()) for _ in range(len(self._said))]
        self._standing.take(events)
        self._frames.append((now_s, (*events, *said)))
        if now_s >= self._due_s:
            self._due_s = now_s + PIECE_S
            state = engine.performance.state(now_s)
            self._frames.append((now_s, self._standing.begin(state)))

    def close(self) -> None:
        """Write what is left."""
        logging.getLogger("performer").removeHandler(self)
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join()
        super().close()

    def forget(self) -> None:
        """Remove all pieces: the show ended in order."""
        for path in pieces(self._folder, os.getpid()):
            path.unlink(missing_ok=True)

    def _run(self) -> None:
        try:
            head = self._head()
            while not self._ended.wait(EVERY_S):
                self._work(head)
            self._work(head)
        except Exception as error:  # Whatever it is, the show goes on.
            self._warn(f"{type(error).__name__}: {error}")

    def _work(self, head: Head) -> None:
        """Write what waits, each part of it into its piece."""
        waiting = [Moment(*self._frames.popleft()) for _ in range(len(self._frames))]
        part: list[Moment] = []
        for moment in waiting:
            if begins(moment):
                self._write(part)
                self._begin(head)
                part = []
            part.append(moment)
        self._write(part)

    def _begin(self, head: Head) -> None:
        """A new piece; the oldest is removed."""
        self._packer = Packer()
        self._number += 1
        self._piece = self._folder / f"{os.getpid()}-{self._number:06}{PIECE}"
        for old in pieces(self._folder, os.getpid())[: 1 - PIECES]:
            old.unlink(missing_ok=True)
        self._put(self._packer.head(head))

    def _write(self, frames: TakeEvents) -> None:
        if frames and self._piece is not None:
            self._put(self._packer.frames(frames)[0])

    def _put(self, packed: bytes) -> None:
        if self._piece is None:
            return
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            handle = os.open(self._piece, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            with os.fdopen(handle, "wb", buffering=0) as file:
                if file.write(packed) < len(packed):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError as error:
            # What is whole can be read; the next piece is tried again.
            self._piece = None
            self._warn(error.strerror or str(error))

    def _warn(self, reason: str) -> None:
        self._log.warning(self._now_s, "the black box cannot be written: %s", reason)


def pieces(folder: Path, process: int) -> list[Path]:
    """The pieces that a process left, the oldest first."""
    return sorted(folder.glob(f"{process}-*{PIECE}"))
