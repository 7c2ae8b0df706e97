"""Single MIDI ports: one that is read, and one that proves that JACK still lives."""

import time
from collections.abc import Iterator
from typing import Any

from performer.clock import Clock
from performer.events import ClockEvent, MidiEvent
from performer.inputs.midi_messages import Reader, messages_in
from performer.inputs.midi_system import CLIENT, is_own
from performer.inputs.refusals import Refusals
from performer.inputs.stamps import Arrival

QUEUE = 4096
_MOST_AT_ONCE = 1024
_BEAT_S = 1.0
_DEAD_S = 3.0
_ACTIVE_SENSING = [0xFE]


class Port:
    """One open rtmidi input and the reader of its messages."""

    def __init__(self, source: Any, name: str) -> None:
        self.source = source
        self.name = name
        self.heard_s = time.monotonic()
        self._reader = Reader(name)
        self._arrival = Arrival()
        # Only long messages stay out: the clock is needed, and rtmidi's times run through all.
        source.ignore_types(sysex=True, timing=False, active_sense=False)

    def read(self, clock: Clock, refusals: Refusals) -> Iterator[MidiEvent | ClockEvent]:
        """The events that came since the last time."""
        for _ in range(_MOST_AT_ONCE):
            packet = self.source.get_message()
            if packet is None:
                return
            self.heard_s = time.monotonic()
            data, since_s = packet
            time_s = self._arrival.time_s(clock.now(), since_s)
            for message in messages_in(data):
                try:
                    yield from self._reader.read(message, time_s)
                except Exception as error:
                    refusals.add(f"MIDI from {self.name}", str(error))


class Heart:
    """Sends Active Sensing to our own virtual port.

    A JACK server that died goes on listing all its ports to those who were its clients, and no
    call reports it: only messages that no longer arrive tell.
    """

    def __init__(self, source: Any, port: Port, port_name: str) -> None:
        self.source = source
        self._port = port
        before = source.get_ports()
        port.source.open_virtual_port(port_name)
        ours = [raw for raw in source.get_ports() if raw not in before and is_own(raw)]
        source.open_port(source.get_ports().index(ours[0]), f"{CLIENT} heart")
        self._next_s = 0.0

    def beats(self) -> bool:
        """Whether messages still arrive; call it often, after reading the port."""
        now_s = time.monotonic()
        silent_s = now_s - self._port.heard_s
        if now_s >= self._next_s:
            if silent_s > _DEAD_S:
                return False
            # One beat a second: a full buffer would block with Python's lock held.
            self.source.send_message(_ACTIVE_SENSING)
            self._next_s = now_s + _BEAT_S
        return True

    def close(self) -> None:
        """Close the sender, which waits a second where its server has gone."""
        self.source.close_port()
        self.source.delete()
