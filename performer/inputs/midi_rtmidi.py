"""MIDI by RtMidi: ALSA's sequencer, CoreMIDI and WinMM, through supriya-midi.

Its wheels for Linux carry a libjack that today's servers do not speak with, so JACK has a file of
its own. RtMidi calls its system with Python's lock held, and its callbacks are not used: closing a
port under one waits for the thread that waits for this lock.
"""

import contextlib
import time
from collections.abc import Sequence
from typing import Any

from performer.clock import Clock
from performer.inputs import InputError
from performer.inputs.midi_backend import QUEUE, Timed
from performer.inputs.midi_names import CLIENT, display_name, virtual_name
from performer.inputs.stamps import Arrival

NEEDS = "supriya-midi, and on Linux the system's libasound (Debian: libasound2)"
MODULE = "supriya_midi"
PROBE = "supriya_midi.MidiIn(supriya_midi.RtMidiAPI.{api}).delete()"
MOST_AT_ONCE = 1024
POLL_S = 0.001
# A port that is pulled and plugged in again between two scans looks as if nothing had happened,
# but its connection is gone. A scan takes 0.02 to 0.2 ms.
SCAN_S = 0.01


class RtMidiInput:
    """One `supriya_midi.MidiIn` with an open port; RtMidi drops what is more than QUEUE."""

    dropped = 0
    lost = False

    def __init__(self, source: Any, clock: Clock) -> None:
        self._source, self._clock = source, clock
        self._arrival = Arrival()
        # Only system exclusive stays out: RtMidi's times run through all other messages.
        source.ignore_types(sysex=True, timing=False, active_sense=False)

    def read(self) -> list[Timed]:
        """At most MOST_AT_ONCE messages, and when they came."""
        came: list[Timed] = []
        while len(came) < MOST_AT_ONCE and (packet := self._source.get_message()) is not None:
            message, since_s = packet
            came.append((message, self._arrival.time_s(self._clock.now(), since_s)))
        return came

    def close(self) -> None:
        """Close the port."""
        _delete(self._source)


class RtMidiOutput:
    """One `supriya_midi.MidiOut` with an open port."""

    def __init__(self, target: Any) -> None:
        self._target = target

    def send(self, message: Sequence[int]) -> None:
        """Send it now; raises RtMidiError."""
        self._target.send_message(message)

    def close(self) -> None:
        """Close the port."""
        _delete(self._target)


class RtMidiBackend:
    """One API of RtMidi: `api` is a name of `supriya_midi.RtMidiAPI`."""

    def __init__(self, clock: Clock, name: str, api: str) -> None:
        import supriya_midi

        self.name = name
        self._library = supriya_midi
        self._clock = clock
        self._api = supriya_midi.RtMidiAPI[api]
        self._scanner = self._make(supriya_midi.MidiIn, CLIENT, QUEUE)
        self._scan_s = float("-inf")

    def inputs(self) -> list[str]:
        """The names of all ports that can be read."""
        return list(self._scanner.get_ports())

    def outputs(self) -> list[str]:
        """The names of all ports that can be sent to."""
        scanner = self._make(self._library.MidiOut, CLIENT)
        try:
            return list(scanner.get_ports())
        finally:
            scanner.delete()

    def ports_changed(self) -> bool:
        """Whether it is time for another scan: RtMidi does not tell."""
        now_s = self._clock.now()
        if now_s < self._scan_s:
            return False
        self._scan_s = now_s + SCAN_S
        return True

    def open_input(self, port: str) -> RtMidiInput:
        """Open the input of a device; raises RtMidiError, and ValueError when it has gone."""
        source = self._make(self._library.MidiIn, CLIENT, QUEUE)
        return RtMidiInput(_opened(source, port, display_name(port, self.name)), self._clock)

    def open_virtual_input(self) -> RtMidiInput | None:
        """Open `performer:in`; Windows has no virtual ports."""
        if self._api == self._library.RtMidiAPI.WINDOWS_MM:
            return None
        self._scanner.open_virtual_port(virtual_name(self.name))
        return RtMidiInput(self._scanner, self._clock)

    def open_output(self, port: str) -> RtMidiOutput:
        """Open the output to a device; raises RtMidiError, and ValueError when it has gone."""
        return RtMidiOutput(_opened(self._make(self._library.MidiOut, CLIENT), port, "out"))

    def wait(self, timeout_s: float) -> None:
        """Wait a millisecond."""
        time.sleep(min(timeout_s, POLL_S))

    def check(self) -> None:
        """Nothing to find out: these systems are a part of the computer's."""

    def close(self) -> None:
        """Leave the system."""
        _delete(self._scanner)

    def _make(self, kind: Any, *arguments: object) -> Any:
        try:
            made = kind(self._api, *arguments)
        except Exception as error:
            raise InputError(f"MIDI: {self.name} does not answer ({error})") from error
        made.set_error_callback(self._complain)
        return made

    def _complain(self, kind: Any, text: str, _data: object) -> None:
        """Raise what is more than a warning; a port that goes during a scan is one."""
        kinds = self._library.RtMidiErrorType
        if kind not in (kinds.WARNING, kinds.DEBUG_WARNING):
            raise self._library.RtMidiError(text, kind)


def _opened(made: Any, port: str, name: str) -> Any:
    try:
        # Its own list: a port's index may have changed since the scan.
        made.open_port(made.get_ports().index(port), name)
    except Exception:
        made.delete()
        raise
    return made


def _delete(made: Any) -> None:
    # A driver may complain about a device that is gone; nothing is left to do for it.
    with contextlib.suppress(Exception):
        made.close_port()
    made.delete()
