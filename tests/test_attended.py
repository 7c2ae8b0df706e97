"""Processes beside the show: they talk, end, fall silent, and are started again."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any

import pytest

from performer import attended
from performer.attended import END, Attended

DEADLINE_S = 20.0


def echo(pipe: Connection, greeting: bytes) -> None:
    """Says its greeting, and what it is told, until it is told to end."""
    pipe.send_bytes(greeting)
    while (message := pipe.recv_bytes()) != END:
        pipe.send_bytes(message)


def fall_silent(pipe: Connection) -> None:
    """Says one word, takes nothing, and never ends."""
    pipe.send_bytes(b"here")
    threading.Event().wait()


class Heard:
    """What was heard of a process, and how many of its lives are over."""

    def __init__(self) -> None:
        self.messages: list[bytes] = []
        self.lives = 0

    def end(self) -> None:
        self.lives += 1


@contextmanager
def attending(
    target: attended.Target, *arguments: Any, silent_s: float | None = None
) -> Iterator[tuple[Attended, Heard]]:
    heard = Heard()
    one = Attended(
        "echo", target, lambda: arguments, heard.messages.append, 100, heard.end, silent_s
    )
    one.start()
    try:
        yield one, heard
    finally:
        one.close()


def wait_for(done: Callable[[], bool]) -> None:
    deadline_s = time.monotonic() + DEADLINE_S
    while not done():
        assert time.monotonic() < deadline_s
        time.sleep(0.005)


def test_it_talks_ends_in_order_and_begins_again_when_killed() -> None:
    with attending(echo, b"hello") as (one, heard):
        wait_for(lambda: heard.messages == [b"hello"])
        one.send(b"one")
        wait_for(lambda: heard.messages == [b"hello", b"one"])
        assert one.process is not None
        one.process.kill()
        wait_for(lambda: heard.messages == [b"hello", b"one", b"hello"])
        assert heard.lives == 1 and one.started == 2
    assert one.process.exitcode == 0 and heard.lives == 2


def test_one_that_says_too_much_is_ended() -> None:
    with attending(echo, b"x" * 101) as (one, heard):
        wait_for(lambda: one.started == 2)
    assert heard.messages == [] and heard.lives == 2


def test_one_that_falls_silent_is_ended_though_somebody_waits_for_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with attending(fall_silent, silent_s=3.0) as (one, heard):
        wait_for(lambda: len(heard.messages) > 0)
        before = one.started
        teller = threading.Thread(target=one.send, args=(bytes(10_000_000),))
        teller.start()
        wait_for(lambda: one.started > before)
        teller.join(DEADLINE_S)
        assert not teller.is_alive() and "echo: its process does not answer" in caplog.text


def test_closing_does_not_wait_for_one_that_never_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attended, "ENDING_S", 0.2)
    with attending(fall_silent) as (one, heard):
        wait_for(lambda: heard.messages == [b"here"])
    assert one.process is not None and not one.process.is_alive()


def test_nothing_is_started_where_it_is_over_before() -> None:
    one = Attended("nobody", echo, lambda: None, print, 100)
    one.start()
    one.close()
    assert one.process is None and one.started == 0
