"""Writes OSC datagrams: addresses and floats, in bundles that no network splits (OSC 1.0)."""

import struct
from collections.abc import Iterator, Mapping

LARGEST = 1400
_HEAD = b"#bundle\0" + struct.pack(">Q", 1)


def encode(state: Mapping[str, float]) -> Iterator[bytes]:
    """The datagrams that tell addresses and their values, each at most 1,400 bytes."""
    if len(state) == 1:
        yield from (_message(address, value) for address, value in state.items())
        return
    bundle = _HEAD
    for address, value in state.items():
        message = _message(address, value)
        if len(bundle) + 4 + len(message) > LARGEST:
            yield bundle
            bundle = _HEAD
        bundle += struct.pack(">i", len(message)) + message
    if bundle != _HEAD:
        yield bundle


def _message(address: str, value: float) -> bytes:
    return _padded(address) + b",f\0\0" + struct.pack(">f", value)


def _padded(text: str) -> bytes:
    raw = text.encode() + b"\0"
    return raw + b"\0" * (-len(raw) % 4)
