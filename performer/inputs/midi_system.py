"""Finds the MIDI system that works on this computer, and names its ports."""

import os
import re
import subprocess
import sys
from typing import Any

from performer.inputs import InputError

CLIENT = "performer"
_MIDO_PREFIX = "mido.backends.rtmidi"
_PROBE = "import rtmidi, sys; rtmidi.MidiIn(int(sys.argv[1])).delete()"
_PROBE_LIMIT_S = 5.0


def find_api() -> int:
    """The number of the rtmidi API to use: the first that answers, or MIDO_BACKEND's.

    Raises InputError with the reason when there is none.
    """
    try:
        import rtmidi
    except ImportError as error:
        raise InputError(f"MIDI: python-rtmidi cannot be loaded ({error})") from error
    candidates = _candidates(rtmidi, os.environ.get("MIDO_BACKEND", ""))
    for api in candidates:
        if _answers(rtmidi, api):
            return api
    names = ", ".join(rtmidi.get_api_display_name(api) for api in candidates)
    raise InputError(f"MIDI: no MIDI system answers on this computer (tried {names or 'none'})")


def _candidates(rtmidi: Any, wanted: str) -> list[int]:
    compiled = [api for api in rtmidi.get_compiled_api() if api != rtmidi.API_RTMIDI_DUMMY]
    module, _, name = wanted.partition("/")
    if not name and module in ("", _MIDO_PREFIX):
        return compiled
    api = getattr(rtmidi, f"API_{name}", -1)
    if module != _MIDO_PREFIX or api not in compiled:
        raise InputError(f"MIDI: MIDO_BACKEND={wanted} is not a part of python-rtmidi here")
    return [api]


def _answers(rtmidi: Any, api: int) -> bool:
    # A missing ALSA or JACK writes to the terminal and may hang with Python's lock held, which
    # would freeze the picture: a child process tries first.
    if api not in (rtmidi.API_LINUX_ALSA, rtmidi.API_UNIX_JACK) or not sys.executable:
        return True
    try:
        subprocess.run(  # noqa: S603
            [sys.executable, "-P", "-c", _PROBE, str(api)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=_PROBE_LIMIT_S,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return True


def display_name(raw: str, api_name: str) -> str:
    """A port's name without the numbers that change when it is plugged in again.

    ALSA: `nanoKONTROL2:nanoKONTROL2 MIDI 1 20:0`; Windows: `nanoKONTROL2 1`.
    """
    if api_name == "alsa":
        raw = re.sub(r" \d+:\d+$", "", raw)
        client, _, port = raw.partition(":")
        return port if port.startswith(client) else raw
    if api_name == "winmm":
        return re.sub(r" \d+$", "", raw)
    return raw


def virtual_port(api_name: str) -> str:
    """The name of our virtual port; macOS shows it without the name of the program."""
    return f"{CLIENT} in" if api_name == "core" else "in"


def is_own(raw: str) -> bool:
    """Whether a port belongs to this program; JACK numbers the clients of one name."""
    return re.match(rf"{CLIENT}(-heart)?(-\d+)?:", raw) is not None


def is_device(raw: str) -> bool:
    """Whether a port is worth opening: neither our own nor ALSA's loop back."""
    return bool(raw) and not is_own(raw) and "midi through" not in raw.lower()


def list_ports() -> list[str]:
    """The names of all MIDI inputs there are now; raises InputError without a MIDI system."""
    api = find_api()
    import rtmidi

    scanner = rtmidi.MidiIn(api, CLIENT)
    try:
        api_name = rtmidi.get_api_name(api)
        return [display_name(raw, api_name) for raw in scanner.get_ports() if is_device(raw)]
    finally:
        scanner.delete()
