"""Finds the MIDI system that works on this computer; a system is a row of SYSTEMS."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from performer.clock import Clock, SystemClock
from performer.inputs import InputError, midi_jack, midi_rtmidi
from performer.inputs.midi_backend import MidiBackend
from performer.inputs.midi_names import display_name, is_device

# Either chooses a system: ours by its name, mido's by the name that RtMidi has for it.
VARIABLE, MIDO_VARIABLE = "PERFORMER_MIDI", "MIDO_BACKEND"
_MIDO_PREFIX = "mido.backends.rtmidi"
_PROBE_LIMIT_S = 5.0
_NO_LIBRARY = 3
_PROBE = """\
import sys
try:
    import {module}
except (ImportError, OSError):
    sys.exit({no_library})
{probe}
"""


@dataclass(frozen=True)
class System:
    """A MIDI system: its name here and in RtMidi, and the library that speaks it.

    `probe` is Python that raises where the system does not answer; `needs` says what else must
    be installed.
    """

    name: str
    api: str
    module: str
    probe: str
    needs: str
    open: Callable[[Clock], MidiBackend]


def _rtmidi(name: str, api: str) -> System:
    opener = partial(midi_rtmidi.RtMidiBackend, name=name, api=api)
    probe = midi_rtmidi.PROBE.format(api=api)
    return System(name, api, midi_rtmidi.MODULE, probe, midi_rtmidi.NEEDS, opener)


SYSTEMS = (
    _rtmidi("alsa", "LINUX_ALSA"),
    System(
        "jack",
        "UNIX_JACK",
        midi_jack.MODULE,
        midi_jack.PROBE,
        midi_jack.NEEDS,
        midi_jack.JackBackend,
    ),
    _rtmidi("core", "MACOSX_CORE"),
    _rtmidi("winmm", "WINDOWS_MM"),
)
# In the order in which they are asked.
_OF_PLATFORM = {"darwin": ("core",), "win32": ("winmm",)}
_OF_UNIX = ("alsa", "jack")


def open_system(clock: Clock) -> MidiBackend:
    """The first system that answers, or the one that an environment variable names.

    Raises InputError with the reason when there is none.
    """
    reasons = []
    for system in _candidates():
        reason = _why_not(system)
        if not reason:
            return system.open(clock)
        reasons.append(f"{system.name} {reason}")
    raise InputError(f"MIDI: no MIDI system answers on this computer ({'; '.join(reasons)})")


def list_ports() -> list[str]:
    """The names of all MIDI inputs there are now; raises InputError without a MIDI system."""
    backend = open_system(SystemClock())
    try:
        return [display_name(port, backend.name) for port in backend.inputs() if is_device(port)]
    finally:
        backend.close()


def _candidates() -> list[System]:
    here = _OF_PLATFORM.get(sys.platform, _OF_UNIX)
    systems = [system for name in here for system in SYSTEMS if system.name == name]
    if wanted := os.environ.get(VARIABLE, ""):
        chosen = [system for system in systems if system.name == wanted.lower()]
        if not chosen:
            raise InputError(
                f"MIDI: {VARIABLE}={wanted} is not a MIDI system here; there are: {', '.join(here)}"
            )
        return chosen
    return _of_mido(systems, os.environ.get(MIDO_VARIABLE, ""))


def _of_mido(systems: list[System], wanted: str) -> list[System]:
    """Those that mido's variable means: `mido.backends.rtmidi`, or one as `…/UNIX_JACK`."""
    module, _, api = wanted.partition("/")
    chosen = [system for system in systems if api in ("", system.api)]
    if module not in ("", _MIDO_PREFIX) or not chosen:
        names = ", ".join(f"{_MIDO_PREFIX}/{system.api}" for system in systems)
        raise InputError(
            f"MIDI: {MIDO_VARIABLE}={wanted} is not a MIDI system here; there are: {names}"
        )
    return chosen


def _why_not(system: System) -> str:
    """Why a system cannot be used, "" if it can.

    A missing ALSA or JACK writes to the terminal and may hang with Python's lock held, which would
    freeze whoever asks: a child process tries first.
    """
    if not sys.executable:
        return ""
    probe = _PROBE.format(module=system.module, no_library=_NO_LIBRARY, probe=system.probe)
    try:
        code = subprocess.run(  # noqa: S603
            [sys.executable, "-P", "-c", probe],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=_PROBE_LIMIT_S,
        ).returncode
    except (OSError, subprocess.SubprocessError):
        return "does not answer"
    return {0: "", _NO_LIBRARY: f"needs {system.needs}"}.get(code, "does not answer")
