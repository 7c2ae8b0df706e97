"""A terminal that stands still holds nobody up."""

import logging
import threading
from collections.abc import Iterator

import pytest

from performer import screen_log
from performer.plain_text import PlainFormatter
from performer.screen_log import MOST_WAITING, ScreenLog


class Terminal:
    """Takes bytes while it `goes_on`."""

    def __init__(self) -> None:
        self.goes_on = threading.Event()
        self.shown = b""

    def write(self, data: bytes) -> None:
        self.goes_on.wait()
        self.shown += data


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    made = Terminal()
    yield made
    made.goes_on.set()


def log(screen: ScreenLog, text: str) -> None:
    screen.handle(logging.LogRecord("x", logging.INFO, "", 0, text, None, None))


def test_lines_are_shown_in_order_and_plain(terminal: Terminal) -> None:
    terminal.goes_on.set()
    screen = ScreenLog(terminal.write)
    screen.setFormatter(PlainFormatter("%(levelname)s %(message)s"))
    for text in ("one", "tw\x1bo", "\udce4"):
        log(screen, text)
    screen.flush()
    assert terminal.shown == b"INFO one\nINFO tw?o\nINFO ?\n"


def test_who_logs_to_a_terminal_that_stands_still_goes_on(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(screen_log, "LONGEST_FLUSH_S", 0.05)
    screen = ScreenLog(terminal.write)
    for number in range(2 * MOST_WAITING):
        log(screen, str(number))
    screen.flush()
    assert terminal.shown == b""
    terminal.goes_on.set()
    monkeypatch.setattr(screen_log, "LONGEST_FLUSH_S", 10.0)
    screen.flush()
    lines = terminal.shown.decode().splitlines()
    numbers = [int(line) for line in lines if line.isdigit()]
    lost = [int(line[1:].split()[0]) for line in lines if "left out" in line]
    assert numbers == sorted(numbers) and numbers[0] == 0 and len(numbers) >= MOST_WAITING
    assert sum(lost) + len(numbers) == 2 * MOST_WAITING and lost


def test_a_terminal_that_was_closed_ends_nothing() -> None:
    def fail(data: bytes) -> None:
        raise BrokenPipeError

    screen = ScreenLog(fail)
    log(screen, "one")
    log(screen, "two")
    screen.flush()
    assert screen._postman._waiting.unfinished_tasks == 0
