"""Opens every matching MIDI input that is there or is plugged in, and reads them all.

One thread owns all MIDI inputs and reads them by polling. rtmidi's callbacks are not used: they
run in JACK's real-time thread, and closing a port under one waits for that thread with Python's
lock held, which hangs the whole process while a knob moves.
"""

import contextlib
import threading
import time
from collections.abc import Callable

from performer.clock import Clock
from performer.events import Event, Inbox, Notice, PortEvent
from performer.inputs import InputError, midi_system
from performer.inputs.midi_port import QUEUE, Heart, Port
from performer.inputs.midi_system import CLIENT
from performer.inputs.refusals import Refusals

_POLL_S = 0.001
# A port that is pulled and plugged in again between two scans looks as if nothing had happened,
# but its connection is gone. A scan takes 0.02 ms.
_SCAN_S = 0.01
_PROBE_S = 3.0
_RARE_PROBE_S = 30.0
_REOPEN_S = 2.0
_TELL_S = 1.0
LOOKING = "MIDI: looking for a MIDI system"
Tell = Callable[[list[Event]], None]


class MidiReader:
    """Reads all MIDI inputs, or those whose name contains `name`.

    Where the system has virtual ports, other programs can also send to `performer:in`. `on_change`
    is told the name of each port that comes or goes. `status` says in a sentence how it stands.
    """

    def __init__(self, clock: Clock, name: str | None, on_change: Callable[[str], None]) -> None:
        self._inbox = Inbox()
        self._clock, self._on_change = clock, on_change
        self._wanted = (name or "").lower()
        self._refusals = Refusals(self._inbox, clock)
        self._scanner: Port | None = None
        self._heart: Heart | None = None
        self._api, self._api_name = 0, ""
        self._ports: dict[str, Port] = {}
        self._failed: dict[str, float] = {}
        self._problem = LOOKING

    @property
    def ports(self) -> tuple[str, ...]:
        """The names of the devices' ports that are open now."""
        return tuple(port.name for port in self._ports.values())

    @property
    def status(self) -> str:
        """How MIDI stands, in a sentence."""
        names = ", ".join(self.ports) or "no controller is plugged in"
        return self._problem or f"MIDI ({self._api_name}): {names}"

    def read(self, closing: threading.Event, tell: Tell) -> None:
        """Wait for a MIDI system and read, until `closing` is set.

        `tell` is given what came, as soon as it came, and nothing now and then. Raises InputError
        when the system has gone, or what a driver raises.
        """
        if self._find(closing, tell):
            self._start()
            self._serve(closing, tell)

    def give_up(self, problem: str) -> list[Event]:
        """The last events: no port is there any more, and why; calls no system that may be gone."""
        for port in self._ports.values():
            self._announce(port.name, False)
        self._ports.clear()
        self._problem = problem
        self._inbox.put(Notice(self._clock.now(), problem))
        return self._inbox.drain()

    def close(self) -> None:
        """Close all ports, also one that is half open."""
        for port in self._ports.values():
            _close(port)
        self._ports.clear()
        if self._heart is not None:
            self._heart.close()
        if self._scanner is not None:
            _close(self._scanner)
        self._heart = self._scanner = None

    def _find(self, closing: threading.Event, tell: Tell) -> bool:
        """Wait for a MIDI system; False when it is over before."""
        probe_s = _PROBE_S
        while not closing.is_set():
            try:
                self._api = midi_system.find_api()
                return True
            except InputError as error:
                self._problem = str(error)
            tell([])
            closing.wait(probe_s)
            # A probe costs a process: where there is no MIDI at all, it becomes rare.
            probe_s = min(2 * probe_s, _RARE_PROBE_S)
        return False

    def _start(self) -> None:
        import rtmidi

        self._api_name = rtmidi.get_api_name(self._api)
        port_name = midi_system.virtual_port(self._api_name)
        source = rtmidi.MidiIn(self._api, CLIENT, QUEUE)
        self._scanner = Port(source, f"{CLIENT}:in")
        if self._api == rtmidi.API_UNIX_JACK:
            sender = rtmidi.MidiOut(self._api, f"{CLIENT}-heart")
            self._heart = Heart(sender, self._scanner, port_name)
        elif self._api != rtmidi.API_WINDOWS_MM:
            source.open_virtual_port(port_name)
        self._problem = ""

    def _serve(self, closing: threading.Event, tell: Tell) -> None:
        scan_s = tell_s = float("-inf")
        while not closing.is_set() and self._scanner is not None:
            now_s = time.monotonic()
            if now_s >= scan_s:
                self._scan(self._scanner)
                scan_s = now_s + _SCAN_S
            for port in (self._scanner, *self._ports.values()):
                for event in port.read(self._clock, self._refusals):
                    self._inbox.put(event)
            events = self._inbox.drain()
            if events or now_s >= tell_s:
                tell(events)
                tell_s = now_s + _TELL_S
            if self._heart is not None and not self._heart.beats():
                raise InputError("MIDI: the JACK server has gone; waiting for it")
            time.sleep(_POLL_S)

    def _scan(self, scanner: Port) -> None:
        """Open what came and close what went."""
        there = scanner.source.get_ports()
        wanted = [raw for raw in there if raw and self._wants(raw)]
        for raw in [raw for raw in self._ports if raw not in wanted]:
            self._forget(raw)
        for raw in wanted:
            if raw not in self._ports and self._failed.get(raw, 0.0) <= time.monotonic():
                self._open(raw)
        self._failed = {raw: at_s for raw, at_s in self._failed.items() if raw in there}

    def _open(self, raw: str) -> None:
        import rtmidi

        name = self._display(raw)
        source = rtmidi.MidiIn(self._api, CLIENT, QUEUE)
        try:
            # Its own list: a port's index may have changed since the scan.
            source.open_port(source.get_ports().index(raw), name)
        except Exception as error:
            source.delete()
            if raw not in self._failed:
                self._refusals.add(f"MIDI port {name}", f"cannot be opened: {error}")
            self._failed[raw] = time.monotonic() + _REOPEN_S
            return
        self._failed.pop(raw, None)
        self._ports[raw] = Port(source, name)
        self._announce(name, True)

    def _forget(self, raw: str) -> None:
        port = self._ports.pop(raw)
        self._announce(port.name, False)
        _close(port)

    def _announce(self, name: str, present: bool) -> None:
        self._inbox.put(PortEvent(self._clock.now(), name, present))
        self._on_change(name)

    def _wants(self, raw: str) -> bool:
        return midi_system.is_device(raw) and self._wanted in self._display(raw).lower()

    def _display(self, raw: str) -> str:
        return midi_system.display_name(raw, self._api_name)


def _close(port: Port) -> None:
    # A driver may complain about a device that is gone; nothing is left to do for it.
    with contextlib.suppress(Exception):
        port.source.close_port()
    port.source.delete()
