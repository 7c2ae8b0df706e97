"""The panel as the instrument sees it: it shows each frame to the board, and hears commands.

The frame loop only writes memory; a thread hears what the page's process sends.
"""

import contextlib
import logging
import os
import socket
from collections import deque
from collections.abc import Callable
from dataclasses import fields
from multiprocessing.process import BaseProcess
from typing import Any

import msgspec
import numpy as np

from performer.attended import BACK_OFF_S, Attended
from performer.clock import Clock
from performer.events import Inbox, PageEvent, Refusal
from performer.panel import PanelError
from performer.panel.board import Board, Image, Values
from performer.panel.commands import MAX_BYTES, CommandError, decode
from performer.panel.process import serve
from performer.panel.settings import Settings
from performer.status import Status

PICTURE_PERIOD_S = 1 / 15
STATUS_PERIOD_S = 0.5
LOG_LINES = 40


class LogTail(logging.Handler):
    """The last lines of the program's log."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: deque[str] = deque(maxlen=LOG_LINES)

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{record.levelname[0]} {record.getMessage()[:200]}")


class Panel:
    """An onlooker of the stage, whose page is a process of its own."""

    def __init__(
        self,
        inbox: Inbox,
        clock: Clock,
        listener: socket.socket | Callable[[], socket.socket],
        title: str,
        url: str,
        token: str | None,
        osc: tuple[str, int] | None,
    ) -> None:
        """`listener` is bound, or what binds it as soon as it can; the panel closes it.

        Raises `PanelError`.
        """
        try:
            self._board = Board()
        except OSError as error:
            raise PanelError(f"the page needs shared memory: {error.strerror}") from error
        self._inbox, self._clock = inbox, clock
        self._bind = listener if callable(listener) else lambda: listener
        self._listener = None if callable(listener) else listener
        self._settings = Settings(self._board.name, title, url, token, osc, os.getpid())
        self._log = LogTail()
        logging.getLogger("performer").addHandler(self._log)
        self._picture_due_s = self._status_due_s = float("-inf")
        self._attended = Attended("page", serve, self._begin, self._hear, MAX_BYTES)
        self._attended.start()

    @property
    def process(self) -> BaseProcess | None:
        """The page's, as soon as it has been started."""
        return self._attended.process

    @property
    def started(self) -> int:
        """How often it was started."""
        return self._attended.started

    @property
    def url(self) -> str:
        """What a browser opens."""
        return self._settings.url

    def look(
        self,
        now_s: float,
        image: Image,
        values: Values,
        targets: Values,
        status: Callable[[], Status],
    ) -> None:
        """A frame has been shown."""
        self._board.write_values(values, targets)
        if now_s >= self._picture_due_s:
            self._picture_due_s = now_s + PICTURE_PERIOD_S
            self._board.write_picture(image)
        elif now_s >= self._status_due_s:  # never in one frame with the picture
            self._status_due_s = now_s + STATUS_PERIOD_S
            self._board.write_status(as_json(status(), list(self._log.lines)))

    def close(self) -> None:
        """End the page."""
        logging.getLogger("performer").removeHandler(self._log)
        self._attended.close()
        if self._listener is not None:
            self._listener.close()
        self._board.close()

    def _begin(self) -> tuple[socket.socket, Settings] | None:
        """What the process is given, once the port is bound; None when it is over before."""
        while self._listener is None:
            if self._attended.closing.wait(BACK_OFF_S):
                return None
            with contextlib.suppress(PanelError):
                self._listener = self._bind()
        return self._listener, self._settings

    def _hear(self, message: bytes) -> None:
        now_s = self._clock.now()
        try:
            command = decode(message)
        except CommandError as error:
            self._inbox.put(Refusal(now_s, "page", str(error)))
            return
        for name, value in command.set.items():
            self._inbox.put(PageEvent(now_s, name, value))
        for name in command.press:
            self._inbox.put(PageEvent(now_s, name, None))


def as_json(status: Status, log: list[str]) -> bytes:
    """All of a status that is no array of numbers, and the log's last lines.

    The name of a file need not be text: what is none in it is a question mark.
    """
    told = {field.name: getattr(status, field.name) for field in fields(status)}
    plain = {name: value for name, value in told.items() if not isinstance(value, np.ndarray)}
    all_told = plain | {"log": log}
    try:
        return msgspec.json.encode(all_told, enc_hook=str)
    except UnicodeEncodeError:
        return msgspec.json.encode(_as_text(msgspec.to_builtins(all_told, enc_hook=str)))


def _as_text(value: Any) -> Any:
    """The same, each text in it one that can be encoded."""
    if isinstance(value, str):
        return value.encode(errors="replace").decode()
    if isinstance(value, dict):
        return {_as_text(name): _as_text(inner) for name, inner in value.items()}
    return [_as_text(inner) for inner in value] if isinstance(value, list | tuple) else value
