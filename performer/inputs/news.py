"""What a process that owns an input tells the instrument, as MessagePack."""

from typing import Any

import msgspec

from performer.events import (
    ClockEvent,
    Event,
    MidiEvent,
    Notice,
    PortEvent,
    Refusal,
    SoundEvent,
)

LONGEST_NEWS = 16_000_000
_KINDS: tuple[type[Event], ...] = (
    MidiEvent,
    ClockEvent,
    PortEvent,
    SoundEvent,
    Refusal,
    Notice,
)
_decoders: dict[str, msgspec.msgpack.Decoder[Any]] = {
    kind.source: msgspec.msgpack.Decoder(kind) for kind in _KINDS
}
_news = msgspec.msgpack.Decoder(tuple[str, tuple[str, ...], list[tuple[str, msgspec.Raw]]])


def encode_news(status: str, names: tuple[str, ...], events: list[Event]) -> bytes:
    """How the input stands in a sentence, the names of what is open, and what came in."""
    told = [(event.source, event) for event in events]
    return msgspec.msgpack.encode((status, names, told))


def decode_news(message: bytes) -> tuple[str, tuple[str, ...], list[Event]]:
    """What `encode_news` was given; raises msgspec.MsgspecError and KeyError."""
    status, names, told = _news.decode(message)
    return status, names, [_decoders[source].decode(event) for source, event in told]
