"""What a page may ask of the instrument: one small JSON object, checked on both sides."""

import math

import msgspec

from performer.parameters import BY_NAME, TABLE

MAX_BYTES = 4096


class Command(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """Parameters by name: values to be set, in their units, and what is pressed."""

    set: dict[str, float] = {}
    press: list[str] = []


_DECODER = msgspec.json.Decoder(Command)


class CommandError(ValueError):
    """What came is no command; the reason in words."""


def decode(text: bytes | str) -> Command:
    """The command; raises `CommandError` for anything that the instrument does not know."""
    if len(text) > MAX_BYTES:
        raise CommandError(f"a message of {len(text)} bytes; {MAX_BYTES} are allowed")
    try:
        command = _DECODER.decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise CommandError(str(error)) from None
    for name in (*command.set, *command.press):
        if name not in BY_NAME:
            raise CommandError(f'no parameter is called "{name[:40]}"')
    if len(command.press) > len(TABLE):
        raise CommandError("more presses than there are parameters")
    if not all(math.isfinite(value) for value in command.set.values()):
        raise CommandError("a value that is not a number")
    if any(BY_NAME[name].kind == "value" for name in command.press):
        raise CommandError("a value cannot be pressed")
    return command


def encode(command: Command) -> bytes:
    """As JSON."""
    return msgspec.json.encode(command)
