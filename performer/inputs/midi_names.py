"""The names of MIDI ports: what a player sees, and which ports are worth opening."""

import re

CLIENT = "performer"


def display_name(port: str, system: str) -> str:
    """A port's name without the numbers that change when it is plugged in again.

    ALSA: `nanoKONTROL2:nanoKONTROL2 MIDI 1 20:0`; Windows: `nanoKONTROL2 1`.
    """
    if system == "alsa":
        port = re.sub(r" \d+:\d+$", "", port)
        client, _, name = port.partition(":")
        return name if name.startswith(client) else port
    if system == "winmm":
        return re.sub(r" \d+$", "", port)
    return port


def virtual_name(system: str) -> str:
    """The name of our virtual port; macOS shows it without the name of the program."""
    return f"{CLIENT} in" if system == "core" else "in"


def is_own(port: str) -> bool:
    """Whether a port belongs to this program; JACK numbers the clients of one name."""
    return re.match(rf"{CLIENT}(-\d+)?:", port) is not None


def is_device(port: str) -> bool:
    """Whether a port is worth opening: neither our own nor ALSA's loop back."""
    return bool(port) and not is_own(port) and "midi through" not in port.lower()
