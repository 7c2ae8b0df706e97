"""The process that owns MIDI: it reads all inputs, and sends lights to their devices.

It ends when the instrument does, when it is told to, or when its MIDI system has died: then the
instrument starts another one.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection

from performer.attended import END, hush
from performer.clock import SystemClock
from performer.events import Event
from performer.inputs import InputError
from performer.inputs.midi_letter import decode_letter
from performer.inputs.midi_out import MidiOutput
from performer.inputs.midi_reader import MidiReader
from performer.inputs.news import encode_news
from performer.plain_text import printable

Alike = Callable[[str, str], bool]
LONGEST_LETTER = 65_536
# So long a thread of ours may keep JACK's realtime thread waiting for Python's lock.
SWITCH_S = 0.0005


def serve(pipe: Connection, name: str | None, alike: Alike) -> None:
    """Read and send until the end."""
    hush()
    closing = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: closing.set())
    sys.setswitchinterval(SWITCH_S)
    lights = MidiOutput(alike, lambda: reader.backend)
    reader = MidiReader(SystemClock(), name, lights.forget)

    def tell(events: list[Event]) -> None:
        try:
            pipe.send_bytes(encode_news(reader.status, reader.ports, events))
        except OSError:
            closing.set()

    threading.Thread(target=_hear, args=(pipe, lights, closing), daemon=True).start()
    try:
        reader.read(closing, tell)
    except Exception as error:
        # No call to a system that may be gone: it could wait for ever.
        tell(reader.give_up(_sentence(error)))
        os._exit(0)
    lights.close()
    reader.close()


def _sentence(error: Exception) -> str:
    if isinstance(error, InputError):
        return str(error)
    return printable(f"MIDI: {type(error).__name__}: {error}")


def _hear(pipe: Connection, lights: MidiOutput, closing: threading.Event) -> None:
    """Pass letters on, until the last word or the instrument's end."""
    try:
        while (letter := pipe.recv_bytes(LONGEST_LETTER)) != END:
            lights.send(*decode_letter(letter))
    except (EOFError, OSError):
        pass
    closing.set()
