"""Reads MIDI channel and clock messages and normalises their values (MIDI 1.0)."""

from collections.abc import Sequence
from itertools import pairwise

import mido

from performer.events import ClockEvent, ClockKind, MidiEvent, MidiKind

_STATUS, _SYSTEM = 0x80, 0xF0
_SONG_POSITION = 0xF2
_REAL_TIME: dict[int, ClockKind] = {0xF8: "tick", 0xFA: "start", 0xFB: "continue", 0xFC: "stop"}
_POSITIONS_A_BEAT = 4


def normalise_7bit(value: int) -> float:
    """0..127 to 0..1; 64, the centre of a knob, is exactly 0.5."""
    return value / 128 if value <= 64 else (value - 1) / 126


def normalise_14bit(value: int) -> float:
    """0..16383 to 0..1; 8192, the centre, is exactly 0.5."""
    return value / 16384 if value <= 8192 else (value - 1) / 16382


def normalise_bend(value: int) -> float:
    """-8192..8191 to 0..1; 0, the wheel at rest, is exactly 0.5."""
    return normalise_14bit(value + 8192)


def normalise_velocity(value: int) -> float:
    """0..127 to 0..1, for what has no centre: velocity and pressure."""
    return value / 127


def messages_in(packet: Sequence[int]) -> list[Sequence[int]]:
    """The messages of a packet, which begin with a status byte each.

    JACK allows only one in a packet, yet csound sends several in one when a curve is steep.
    """
    begins = [i for i, byte in enumerate(packet) if byte >= _STATUS and i]
    return [packet[begin:end] for begin, end in pairwise([0, *begins, len(packet)])]


class Reader:
    """Makes events of the messages of one port; remembers the MSB of its 14-bit controllers."""

    def __init__(self, port: str) -> None:
        self._port = port
        self._msb: dict[tuple[int, int], int] = {}

    def read(self, data: Sequence[int], time_s: float) -> Sequence[MidiEvent | ClockEvent]:
        """The events of one message, none where the instrument does not use it.

        Raises ValueError when the bytes are no MIDI message.
        """
        if not data:
            raise ValueError("an empty message")
        if data[0] >= _SYSTEM:
            return self._system(data, time_s)
        try:
            message = mido.Message.from_bytes(data)
        except IndexError:
            # mido's answer to half a pitch wheel.
            raise ValueError(f"half a message {list(data)}") from None
        channel = message.channel + 1

        def event(kind: MidiKind, number: int, value: float) -> MidiEvent:
            return MidiEvent(time_s, self._port, kind, channel, number, value)

        match message.type:
            case "control_change":
                number, value = message.control, message.value
                events = [event("cc", number, normalise_7bit(value))]
                fine = self._fourteen_bits(channel, number, value)
                return events if fine is None else [*events, event("cc14", number - 32, fine)]
            case "note_on":
                return [event("note", message.note, normalise_velocity(message.velocity))]
            case "note_off":
                return [event("note", message.note, 0.0)]
            case "pitchwheel":
                return [event("bend", 0, normalise_bend(message.pitch))]
            case "aftertouch":
                return [event("pressure", 0, normalise_velocity(message.value))]
            case "polytouch":
                return [event("poly", message.note, normalise_velocity(message.value))]
            case "program_change":
                return [event("program", message.program, 1.0)]
        return []

    def _system(self, data: Sequence[int], time_s: float) -> list[ClockEvent]:
        """The clock's messages; song position is told in sixteenths."""
        if data[0] in _REAL_TIME:
            return [ClockEvent(time_s, self._port, _REAL_TIME[data[0]])]
        if data[0] != _SONG_POSITION:
            return []
        if len(data) != 3 or max(data[1:]) > 127:
            raise ValueError(f"a broken song position {list(data)}")
        beats = (data[2] << 7 | data[1]) / _POSITIONS_A_BEAT
        return [ClockEvent(time_s, self._port, "position", beats)]

    def _fourteen_bits(self, channel: int, number: int, value: int) -> float | None:
        """The whole value when an LSB (n + 32) follows its MSB (n)."""
        if number < 32:
            self._msb[channel, number] = value
        elif number < 64:
            msb = self._msb.get((channel, number - 32))
            if msb is not None:
                return normalise_14bit(msb << 7 | value)
        return None
