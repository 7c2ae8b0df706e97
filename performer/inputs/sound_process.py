"""The process that owns sound: it listens to a device or a file, and seeks it when it is lost."""

import contextlib
import signal
import threading
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Protocol

from performer.attended import END, hush
from performer.clock import Clock, SystemClock
from performer.events import Event
from performer.inputs import InputError
from performer.inputs.hearing import Block, Hearing
from performer.inputs.news import encode_news
from performer.inputs.sound_device import DeviceSource, look_again
from performer.inputs.sound_file import FileSource
from performer.plain_text import printable

RETRY_S = 2.0
LONGEST_WORD = 65_536


class Source(Protocol):
    """Something to listen to."""

    name: str
    rate_hz: float

    def blocks(self, closing: threading.Event) -> Iterator[tuple[Block, float]]:
        """HOP samples each (HOP,), and when they ended; until `closing`."""
        ...


class Teller:
    """Tells the instrument how sound stands; `closing` is set where nobody hears it any more."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe, self.closing = pipe, threading.Event()

    def tell(self, status: str, *names: str, events: tuple[Event, ...] = ()) -> None:
        try:
            self._pipe.send_bytes(encode_news(status, names, list(events)))
        except OSError:
            self.closing.set()

    def wait_for_the_end(self) -> None:
        """Wait for the last word, or the instrument's end."""
        with contextlib.suppress(EOFError, OSError):
            while self._pipe.recv_bytes(LONGEST_WORD) != END:
                pass
        self.closing.set()


def serve(pipe: Connection, what: str) -> None:
    """Listen until the end."""
    teller = Teller(pipe)
    signal.signal(signal.SIGTERM, lambda *_: teller.closing.set())
    threading.Thread(target=teller.wait_for_the_end, daemon=True).start()
    hush()
    while not teller.closing.is_set():
        try:
            _listen(_source(what, SystemClock()), teller)
        except InputError as error:
            teller.tell(str(error))
        except Exception as error:  # Whatever a driver does.
            teller.tell(printable(f"sound: {type(error).__name__}: {error}"))
        if not teller.closing.wait(RETRY_S):
            look_again()


def _source(what: str, clock: Clock) -> Source:
    path = Path(what)
    return FileSource(path, clock) if path.is_file() else DeviceSource(what, clock)


def _listen(source: Source, teller: Teller) -> None:
    """Pass on what is heard until the end; raises what the source does, as `InputError`."""
    teller.tell("", source.name)
    hearing = Hearing(source.rate_hz)
    try:
        for block, end_s in source.blocks(teller.closing):
            teller.tell("", source.name, events=(hearing.hear(block, end_s),))
    except Exception as error:
        said = f"sound: {source.name} is lost ({error}); looking for it"
        raise InputError(printable(said)) from None
