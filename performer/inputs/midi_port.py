"""An open MIDI input and the reader of its messages."""

from collections.abc import Iterator

from performer.events import ClockEvent, MidiEvent
from performer.inputs.midi_backend import MidiInput
from performer.inputs.midi_messages import Reader, messages_in
from performer.inputs.refusals import Refusals


class Port:
    """One open input, and the name by which the player knows it."""

    def __init__(self, source: MidiInput, name: str) -> None:
        self.source = source
        self.name = name
        self._reader = Reader(name)
        self._dropped = 0

    def read(self, refusals: Refusals) -> Iterator[MidiEvent | ClockEvent]:
        """The events that came since the last time."""
        for packet, time_s in self.source.read():
            for message in messages_in(packet):
                try:
                    yield from self._reader.read(message, time_s)
                except Exception as error:
                    refusals.add(f"MIDI from {self.name}", str(error))
        dropped = self.source.dropped
        if dropped != self._dropped:
            refusals.add(
                f"MIDI from {self.name}", f"{dropped} messages dropped so far: too many at once"
            )
            self._dropped = dropped
