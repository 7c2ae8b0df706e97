"""What the instrument tells MIDI's process: messages for devices, as MessagePack."""

import msgspec

Letter = tuple[str, int, int, int]
_letter = msgspec.msgpack.Decoder(Letter)


def encode_letter(port: str, status: int, number: int, value: int) -> bytes:
    """A message of three bytes for the device whose input is `port`."""
    return msgspec.msgpack.encode((port, status, number, value))


def decode_letter(letter: bytes) -> Letter:
    """What `encode_letter` was given; raises msgspec.MsgspecError."""
    return _letter.decode(letter)
