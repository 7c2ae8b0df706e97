"""MIDI back to the devices: one thread, one mailbox in which the newest value of a light wins."""

import contextlib
import os
import threading
import time
from collections.abc import Callable
from typing import Any

from performer.inputs import InputError, midi_system
from performer.inputs.midi_system import CLIENT

# rtmidi's JACK buffer holds 16 kB, and writing into a full one would stop the whole process: at
# this pace it lasts until a dead server is noticed. It is also half of what a MIDI cable carries.
PAUSE_S = 0.0025
RETRY_S = 0.5
RARE_RETRY_S = 30.0
MOST_WAITING = 4096

Place = tuple[str, int, int]


class MidiOutput:
    """Sends three-byte messages to the outputs that belong to open inputs.

    `alike` tells whether two port names are of one device. Never raises and never blocks: a port
    that cannot be opened is tried again, ever more rarely, and its messages wait for it.
    """

    def __init__(self, alike: Callable[[str, str], bool]) -> None:
        self._alike = alike
        self._mail: dict[Place, int] = {}
        self._gone: set[str] = set()
        self._changed = threading.Condition()
        self._closing = False
        self._ports: dict[str, Any] = {}
        self._retry: dict[str, tuple[float, float]] = {}
        self._api: int | None = None
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
                self._output(port).send_message([status, number, value])
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
                    self._api = None
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
            # A driver may complain about a device that is gone; nothing is left to do for it.
            with contextlib.suppress(Exception):
                output.close_port()
            output.delete()

    def _output(self, port: str) -> Any:
        if port not in self._ports:
            self._ports[port] = self._open(port)
            self._retry.pop(port, None)
        return self._ports[port]

    def _open(self, port: str) -> Any:
        """The output of the device whose input is `port`: of those alike the one named most so."""
        import rtmidi

        if self._api is None:
            self._api = midi_system.find_api()
        output = rtmidi.MidiOut(self._api, CLIENT)
        try:
            name = self._find(output, rtmidi.get_api_name(self._api), port)
            output.open_port(output.get_ports().index(name), "out")
        except Exception:
            output.delete()
            raise
        return output

    def _find(self, output: Any, api_name: str, port: str) -> str:
        """The raw name of the output that belongs to an input; raises InputError."""
        names = {
            raw: midi_system.display_name(raw, api_name)
            for raw in output.get_ports()
            if midi_system.is_device(raw)
        }
        fitting = [raw for raw, name in names.items() if name == port or self._alike(name, port)]
        if not fitting:
            raise InputError(f"MIDI: {port} has no output")
        return max(fitting, key=lambda raw: len(os.path.commonprefix([names[raw], port])))
