"""MIDI by JACK, and by PipeWire which speaks it: JACK-Client, on the system's libjack.

JACK-Client lets Python's lock go in every call to libjack, and takes it for the realtime thread's
callback.
"""

import contextlib
import queue
import threading
import time
from collections.abc import Iterator
from itertools import count
from typing import Any, TypeVar

from performer.clock import Clock
from performer.inputs import InputError
from performer.inputs.midi_jack_clock import FrameClock
from performer.inputs.midi_jack_ports import JackInput, JackOutput
from performer.inputs.midi_names import CLIENT, virtual_name

NEEDS = "JACK-Client and the system's libjack (Debian: libjack-jackd2-0)"
MODULE = "jack"
PROBE = "jack.Client('performer-probe', no_start_server=True).close()"
DEAD_S = 3.0
# Longer than the longest cycle: 8,192 frames at 44.1 kHz.
_CYCLE_S = 0.5
_LOOK_S = 0.0005
# A port that went and came again shows no connection a cycle later than it shows itself.
_RESCAN_S = 0.1
_MOST_LISTINGS = 10
P = TypeVar("P", JackInput, JackOutput)


class JackBackend:
    """One client of JACK, `performer`, with a port for each device and direction."""

    name = "jack"

    def __init__(self, clock: Clock) -> None:
        import jack

        try:
            self._client: Any = jack.Client(CLIENT, no_start_server=True)
        except jack.JackError as error:
            raise InputError(f"MIDI: the JACK server does not answer ({error})") from error
        self._clock = clock
        self._frames = FrameClock(self._client.samplerate)
        # Replaced, never changed: the realtime thread goes through them.
        self._inputs: tuple[JackInput, ...] = ()
        self._outputs: tuple[JackOutput, ...] = ()
        self._calls = threading.RLock()
        self._wakeups: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._woken, self._scanned_s = False, float("-inf")
        self._cycles = self._changes = self._scanned = 0
        self._cycle_s, self._problem = clock.now(), ""
        self._client.set_process_callback(self._process)
        self._client.set_shutdown_callback(self._shut_down)
        self._client.set_port_registration_callback(self._registered, only_available=False)
        self._client.activate()

    def inputs(self) -> list[str]:
        """The names of all MIDI ports that can be read."""
        return _names(self._client, is_output=True)

    def outputs(self) -> list[str]:
        """The names of all MIDI ports that can be sent to."""
        return _names(self._client, is_input=True)

    def ports_changed(self) -> bool:
        """Whether a port has come or gone; now and then without being told so."""
        changes, now_s = self._changes, self._clock.now()
        if changes == self._scanned and now_s < self._scanned_s + _RESCAN_S:
            return False
        self._scanned, self._scanned_s = changes, now_s
        return True

    def open_input(self, port: str) -> JackInput:
        """Connect an input of our own to a device's output; raises JackError."""
        with self._calls:
            name = _free_name(self._client.midi_inports, port.replace(":", " "))
            ours = self._input(name, port)
            return self._connected(ours, port, ours.port)

    def open_virtual_input(self) -> JackInput:
        """Open `performer:in`."""
        with self._calls:
            return self._input(virtual_name(self.name), "")

    def open_output(self, port: str) -> JackOutput:
        """Connect an output of our own to a device's input; raises JackError."""
        with self._calls:
            name = _free_name(self._client.midi_outports, f"to {port.replace(':', ' ')}")
            ours = JackOutput(self._client.midi_outports.register(name), self._close_output)
            self._outputs = (*self._outputs, ours)
            return self._connected(ours, ours.port, port)

    def wait(self, timeout_s: float) -> None:
        """Wait for a message, a change of ports or the server's end."""
        with contextlib.suppress(queue.Empty):
            self._wakeups.get(timeout=timeout_s)
        self._woken = False

    def check(self) -> None:
        """Raise InputError when the server has ended, or hangs: cycles no longer come."""
        if self._problem:
            raise InputError(f"MIDI: {self._problem}; waiting for it")
        if self._clock.now() > self._cycle_s + DEAD_S:
            raise InputError(f"MIDI: the JACK server has stood still for {DEAD_S:g} s; waiting")

    def close(self) -> None:
        """Leave the server."""
        with contextlib.suppress(Exception):
            self._client.deactivate()
            self._client.close()

    def _connected(self, ours: P, source: Any, to: Any) -> P:
        try:
            self._client.connect(source, to)
        except Exception:
            ours.close()
            raise
        return ours

    def _input(self, name: str, device: str) -> JackInput:
        port = self._client.midi_inports.register(name)
        ours = JackInput(port, device, self._client.samplerate, self._close_input)
        self._inputs = (*self._inputs, ours)
        return ours

    def _close_input(self, ours: JackInput) -> None:
        with self._calls:
            self._inputs = tuple(port for port in self._inputs if port is not ours)
            self._unregister(ours.port)

    def _close_output(self, ours: JackOutput) -> None:
        with self._calls:
            self._outputs = tuple(port for port in self._outputs if port is not ours)
            self._unregister(ours.port)

    def _unregister(self, port: Any) -> None:
        """Give a port up once the realtime thread no longer uses it; never if it stands still."""
        cycle, end_s = self._cycles, time.monotonic() + _CYCLE_S
        while self._cycles == cycle:
            if self._problem or time.monotonic() > end_s:
                return
            time.sleep(_LOOK_S)
        with contextlib.suppress(Exception):
            port.unregister()

    def _process(self, length: int) -> None:
        """One cycle, in the realtime thread."""
        self._cycles += 1
        self._cycle_s = now_s = self._clock.now()
        begin_s = self._frames.begin_s(self._client.last_frame_time, length, now_s)
        came = False
        for port in self._inputs:
            came = port.take(begin_s, length) or came
        for out in self._outputs:
            out.write()
        if came:
            self._wake()

    def _shut_down(self, _status: Any, _reason: str) -> None:
        self._problem = "the JACK server has gone"
        self._wake()

    def _registered(self, port: Any, came: bool) -> None:
        """A port came or went, and may have gone again; called in a thread of JACK's."""
        if came and port is not None:
            for ours in self._inputs:
                ours.registered(port.name)
        self._changes += 1
        self._wake()

    def _wake(self) -> None:
        # One wake-up waits at a time, so that the queue stays short.
        if not self._woken:
            self._woken = True
            self._wakeups.put(None)


def _names(client: Any, **direction: bool) -> list[str]:
    """The names of the MIDI ports of one direction; raises JackError where listing always fails."""
    for _ in range(_MOST_LISTINGS - 1):
        # JACK-Client lists names, then asks for each port: one that goes meanwhile is an error.
        with contextlib.suppress(Exception):
            return [port.name for port in client.get_ports(is_midi=True, **direction)]
    return [port.name for port in client.get_ports(is_midi=True, **direction)]


def _numbered(name: str) -> Iterator[str]:
    yield name
    yield from (f"{name} {number}" for number in count(2))


def _free_name(ports: Any, name: str) -> str:
    """A name for a port that none of ours has, and that JACK takes (at most 320 bytes whole)."""
    taken = {port.shortname for port in ports}
    name = name.encode()[:200].decode(errors="ignore")
    return next(each for each in _numbered(name) if each not in taken)
