"""The journal of a show: what its parts say, on the screen and in files that never grow large."""

import logging
import os
import threading
import time
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import IO

from performer.plain_text import PlainFormatter
from performer.screen_log import log_to_screen

FILE_BYTES, FILES = 1_000_000, 5
LINE_BYTES = 2000
LINES, PERIOD_S = 120, 60.0
FORMAT = "%(asctime)s %(message)s"


def open_journal(path: Path) -> None:
    """Let all that is logged go to the screen and to a file; without room for one, as it can."""
    log_to_screen(FORMAT)
    logging.raiseExceptions = False  # A full disk is no reason to print a traceback a line.
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = OwnFile(path, maxBytes=FILE_BYTES, backupCount=FILES, encoding="utf-8")
    except OSError as error:
        logging.getLogger(__name__).warning(
            "the log cannot be written to %s: %s", path, error.strerror
        )
        return
    file.setFormatter(PlainFormatter(FORMAT))
    logging.getLogger().addHandler(file)


class OwnFile(RotatingFileHandler):
    """A log that its owner alone may read: the page's address with its token stands in it."""

    def _open(self) -> TextIOWrapper:
        def opener(path: str, flags: int) -> int:
            return os.open(path, flags, 0o600)

        return open(self.baseFilename, "a", encoding=self.encoding, opener=opener)


class LineLimit:
    """Lets so many lines through a period, and counts the rest."""

    def __init__(self, now_s: float) -> None:
        self._end_s, self._left, self._silent = now_s + PERIOD_S, LINES, 0

    def allows(self, now_s: float) -> bool:
        """Whether a line of `now_s` is to be written."""
        if now_s >= self._end_s:
            self._end_s, self._left = now_s + PERIOD_S, LINES
        self._left -= 1
        self._silent += self._left < 0
        return self._left >= 0

    def left_out(self) -> int:
        """How many lines were left out since the last call."""
        count, self._silent = self._silent, 0
        return count


def note_lines(name: str, stream: IO[bytes]) -> threading.Thread:
    """A thread that writes down what a part says on a pipe, until that ends."""
    thread = threading.Thread(target=_note, args=(name, stream), name=name, daemon=True)
    thread.start()
    return thread


def _note(name: str, stream: IO[bytes]) -> None:
    log, limit = logging.getLogger(__name__), LineLimit(time.monotonic())
    with stream:
        while line := stream.readline(LINE_BYTES):
            text = line.decode("utf-8", "replace").rstrip()
            if text and limit.allows(time.monotonic()):
                if count := limit.left_out():
                    log.info("%s: (%d lines left out)", name, count)
                log.info("%s: %s", name, text)
