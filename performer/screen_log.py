"""The log on the screen, written beside the show.

A terminal may stand still: Ctrl-S, a click into a Windows console, a pager. Whoever writes to it
then waits until it goes on. Here that is a thread, never the frame loop.
"""

import logging
import sys
from collections.abc import Callable

from performer.plain_text import PlainFormatter
from performer.postman import Postman

MOST_WAITING = 1000
LONGEST_FLUSH_S = 1.0


class ScreenLog(logging.Handler):
    """Has `write` take each line of the log as bytes, in a thread; what it is too slow for is lost.

    How many lines were lost is told when it goes on.
    """

    def __init__(self, write: Callable[[bytes], object]) -> None:
        super().__init__()
        self._write = write
        self._lost = 0
        self._postman = Postman("log", self._show, MOST_WAITING)

    def emit(self, record: logging.LogRecord) -> None:
        line = f"{self.format(record)}\n".encode(errors="backslashreplace")
        if not self._postman.post(line):
            self._lost += 1

    def flush(self) -> None:
        """Wait until all is written, but not for a terminal that stands still."""
        self._postman.flush(LONGEST_FLUSH_S)

    def _show(self, line: bytes) -> None:
        lost, self._lost = self._lost, 0
        if lost:
            self._write(f"({lost} lines left out)\n".encode())
        self._write(line)


def log_to_screen(form: str = "%(message)s") -> None:
    """Let all that is logged from `INFO` on go to standard error, if there is one."""
    if logging.getLogger().handlers or sys.stderr is None:
        return
    # Without a buffer of Python's, whose lock a thread that waits would hold at the end.
    raw = open(sys.stderr.fileno(), "wb", buffering=0, closefd=False)  # noqa: SIM115
    screen = ScreenLog(raw.write)
    screen.setFormatter(PlainFormatter(form))
    logging.basicConfig(level=logging.INFO, handlers=[screen])


def flush_log() -> None:
    """Let what is logged stand before what is printed next."""
    for handler in logging.getLogger().handlers:
        handler.flush()
