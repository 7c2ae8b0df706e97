"""MIDI as the instrument sees it: what comes in, and lights that go back, by way of a process.

RtMidi calls its system with Python's lock held, and JACK's realtime thread waits for that lock: a
system that hangs would hold up every thread of the instrument, and a frame that is drawn the
messages. So neither shares a process with the other.
"""

from multiprocessing.process import BaseProcess

from performer.attended import Attended
from performer.clock import Clock
from performer.events import Inbox, PortEvent
from performer.inputs.midi_letter import encode_letter
from performer.inputs.midi_process import Alike, serve
from performer.inputs.midi_reader import LOOKING
from performer.inputs.midi_system import list_ports
from performer.inputs.news import LONGEST_NEWS, decode_news
from performer.postman import Postman

__all__ = ["Midi", "list_ports"]

# Longer than it may be busy with looking for a MIDI system, and resting after that.
SILENT_S = 60.0
MOST_WAITING = 4096


class Midi:
    """Reads all MIDI inputs, or those whose name contains `name`, whatever its case.

    Where the system has virtual ports (not Windows), other programs can also send to
    `performer:in`. `alike` tells whether an output and an input are of one device; it goes to
    another process. Never raises: `status` says in a sentence how it stands.
    """

    def __init__(self, inbox: Inbox, clock: Clock, name: str | None, alike: Alike) -> None:
        self._inbox, self._clock = inbox, clock
        self._names: tuple[str, ...] = ()
        self.status = LOOKING
        self._attended = Attended(
            "midi", serve, lambda: (name, alike), self._hear, LONGEST_NEWS, self._lose, SILENT_S
        )
        self._attended.start()
        self._postman = Postman("midi out", self._attended.send, MOST_WAITING)

    @property
    def ports(self) -> tuple[str, ...]:
        """The names of the devices' ports that are open now."""
        return self._names

    @property
    def process(self) -> BaseProcess | None:
        """That which owns MIDI, as soon as it has been started."""
        return self._attended.process

    def send(self, port: str, status: int, number: int, value: int) -> None:
        """Let the device whose input is `port` have a message soon; only the newest value goes.

        Where nobody takes them some are lost: all are sent anew when the port is there again.
        """
        self._postman.post(encode_letter(port, status, number, value))

    def close(self) -> None:
        """Close all ports."""
        self._attended.close()
        self._postman.close()

    def _hear(self, message: bytes) -> None:
        self.status, ports, events = decode_news(message)
        self._names = ports
        for event in events:
            self._inbox.put(event)

    def _lose(self) -> None:
        """The process has ended, and all ports with it."""
        for port in self._names:
            self._inbox.put(PortEvent(self._clock.now(), port, False))
        self._names, self.status = (), LOOKING
