"""What MIDI's process and the instrument say to each other, as MessagePack."""

from typing import Any

import msgspec

from performer.events import ClockEvent, Event, MidiEvent, Notice, PortEvent, Refusal

Letter = tuple[str, int, int, int]
LONGEST_NEWS = 16_000_000
_KINDS: tuple[type[Event], ...] = (MidiEvent, ClockEvent, PortEvent, Refusal, Notice)
_decoders: dict[str, msgspec.msgpack.Decoder[Any]] = {
    kind.source: msgspec.msgpack.Decoder(kind) for kind in _KINDS
}
_news = msgspec.msgpack.Decoder(tuple[str, tuple[str, ...], list[tuple[str, msgspec.Raw]]])
_letter = msgspec.msgpack.Decoder(Letter)


def encode_news(status: str, ports: tuple[str, ...], events: list[Event]) -> bytes:
    """How MIDI stands in a sentence, the names of the open ports, and what came in."""
    told = [(event.source, event) for event in events]
    return msgspec.msgpack.encode((status, ports, told))


def decode_news(message: bytes) -> tuple[str, tuple[str, ...], list[Event]]:
    """What `encode_news` was given; raises msgspec.MsgspecError and KeyError."""
    status, ports, told = _news.decode(message)
    return status, ports, [_decoders[source].decode(event) for source, event in told]


def encode_letter(port: str, status: int, number: int, value: int) -> bytes:
    """A message of three bytes for the device whose input is `port`."""
    return msgspec.msgpack.encode((port, status, number, value))


def decode_letter(letter: bytes) -> Letter:
    """What `encode_letter` was given; raises msgspec.MsgspecError."""
    return _letter.decode(letter)
