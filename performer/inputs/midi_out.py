"""MIDI back to the devices: one thread, one mailbox in which the newest value of a light wins."""

import os
import threading
import time
from collections.abc import Callable

from performer.inputs import InputError
from performer.inputs.midi_backend import MidiBackend
from performer.inputs.midi_backend import MidiOutput as Output
from performer.inputs.midi_names import display_name, is_device

# Half of what a MIDI cable carries, so that no device's own queue runs over.
PAUSE_S = 0.0025
RETRY_S = 0.5
RARE_RETRY_S = 30.0
MOST_WAITING = 4096

Place = tuple[str, int, int]


class MidiOutput:
    """Sends three-byte messages to the outputs that belong to open inputs.

    `alike` tells whether two port names are of one device; `backend` gives the MIDI system, None
    where there is none yet. Never raises and never blocks: a port that cannot be opened is tried
    again, ever more rarely, and its messages wait for it.
    """

    def __init__(
        self, alike: Callable[[str, str], bool], backend: Callable[[], MidiBackend | None]
    ) -> None:
        self._alike, self._backend = alike, backend
        self._mail: dict[Place, int] = {}
        self._gone: set[str] = set()
        self._changed = threading.Condition()
        self._closing = False
        self._ports: dict[str, Output] = {}
        self._retry: dict[str, tuple[float, float]] = {}
        self._thread = threading.Thread(target=self._run, name="midi out", daemon=True)
        self._thread.start()

    def send(self, port: str, status: int, number: int, value: int) -> None:
        """Let the device whose input is `port` have a message soon; only the newest value goes."""
        with self._changed:
            if len(self._mail) < MOST_WAITING:
                self._mail[port, status, number] = value
            self._changed.notify()

    def forget(self, port: str) -> None:
        """The device has gone: what waits for it is dropped, and its output opened anew later."""
        with self._changed:
            self._mail = {place: value for place, value in self._mail.items() if place[0] != port}
            self._gone.add(port)
            self._changed.notify()

    def close(self) -> None:
        """Send no more, and close all ports."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        while (letter := self._next()) is not None:
            (port, status, number), value = letter
            try:
                self._output(port).send([status, number, value])
            except Exception:
                # Not there yet, or a driver's complaint: the port is opened anew.
                self._put_off(port)
                with self._changed:
                    self._mail.setdefault((port, status, number), value)
            time.sleep(PAUSE_S)
        for port in list(self._ports):
            self._lose(port)

    def _next(self) -> tuple[Place, int] | None:
        """The oldest message whose port is not put off; None at the end."""
        with self._changed:
            while not self._closing:
                for port in self._gone:
                    self._lose(port)
                    self._retry.pop(port, None)
                self._gone.clear()
                now_s = time.monotonic()
                for place in self._mail:
                    if self._retry.get(place[0], (0.0, 0.0))[0] <= now_s:
                        return place, self._mail.pop(place)
                self._changed.wait(RETRY_S if self._mail else None)
        return None

    def _put_off(self, port: str) -> None:
        self._lose(port)
        _, pause_s = self._retry.get(port, (0.0, RETRY_S))
        self._retry[port] = time.monotonic() + pause_s, min(2.0 * pause_s, RARE_RETRY_S)

    def _lose(self, port: str) -> None:
        output = self._ports.pop(port, None)
        if output is not None:
            output.close()

    def _output(self, port: str) -> Output:
        if port not in self._ports:
            self._ports[port] = self._open(port)
            self._retry.pop(port, None)
        return self._ports[port]

    def _open(self, port: str) -> Output:
        """The output of the device whose input is `port`: of those alike the one named most so.

        Raises InputError, and what the system raises.
        """
        backend = self._backend()
        if backend is None:
            raise InputError("MIDI: there is no MIDI system yet")
        names = {raw: display_name(raw, backend.name) for raw in backend.outputs()}
        fitting = [
            raw
            for raw, name in names.items()
            if is_device(raw) and (name == port or self._alike(name, port))
        ]
        if not fitting:
            raise InputError(f"MIDI: {port} has no output")
        return backend.open_output(
            max(fitting, key=lambda raw: len(os.path.commonprefix([names[raw], port])))
        )
