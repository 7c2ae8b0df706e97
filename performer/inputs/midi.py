"""MIDI: opens every matching port that is there or is plugged in, and reads them all.

One thread owns all MIDI objects and reads them by polling. rtmidi's callbacks are not used: they
run in JACK's real-time thread, and closing a port under one waits for that thread with Python's
lock held, which hangs the whole program while a knob moves.
"""

import contextlib
import threading
import time
from typing import Any

from performer.clock import Clock
from performer.events import Inbox, PortEvent
from performer.inputs import InputError, midi_system
from performer.inputs.midi_port import QUEUE, Heart, Port
from performer.inputs.midi_system import CLIENT, list_ports
from performer.inputs.refusals import Refusals

__all__ = ["MidiInput", "list_ports"]

_POLL_S = 0.001
# A port that is pulled and plugged in again between two scans looks as if nothing had happened,
# but its connection is gone. A scan takes 0.02 ms.
_SCAN_S = 0.01
_PROBE_S = 3.0
_RARE_PROBE_S = 30.0
_REOPEN_S = 2.0
MOST_ABANDONED = 64


class MidiInput:
    """Reads all MIDI inputs, or those whose name contains `name`, whatever its case.

    Where the system has virtual ports (not Windows), other programs can also send to
    `performer:in`. Never raises: `status` says in a sentence how it stands.
    """

    def __init__(self, inbox: Inbox, clock: Clock, name: str | None = None) -> None:
        self._inbox, self._clock = inbox, clock
        self._wanted = (name or "").lower()
        self._refusals = Refusals(inbox, clock)
        self._scanner: Port | None = None
        self._heart: Heart | None = None
        self._lost: list[Any] = []
        self._abandoned = 0
        self._api, self._api_name = 0, ""
        self._ports: dict[str, Port] = {}
        self._failed: dict[str, float] = {}
        self._names: tuple[str, ...] = ()
        self._problem = "MIDI: looking for a MIDI system"
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="midi", daemon=True)
        self._thread.start()

    @property
    def ports(self) -> tuple[str, ...]:
        """The names of the devices' ports that are open now."""
        return self._names

    @property
    def status(self) -> str:
        """How MIDI stands, in a sentence."""
        names = ", ".join(self._names) or "no controller is plugged in"
        return self._problem or f"MIDI ({self._api_name}): {names}"

    def close(self) -> None:
        """Close all ports."""
        self._closing.set()
        self._thread.join()

    def _run(self) -> None:
        probe_s = _PROBE_S
        while not self._closing.is_set():
            try:
                self._start()
                probe_s = _PROBE_S
                self._serve()
            except InputError as error:
                self._problem = str(error)
            except Exception as error:
                # Nothing a driver does may end this thread.
                self._problem = f"MIDI: {error}"
                self._refusals.add("MIDI", f"{type(error).__name__}: {error}")
            self._lose()
            self._closing.wait(probe_s)
            # A probe costs a process: where there is no MIDI at all, it becomes rare.
            probe_s = min(2 * probe_s, _RARE_PROBE_S)
        self._bury()

    def _start(self) -> None:
        api = midi_system.find_api()
        # Only now: a call to a JACK server that hangs would hang the program, and JACK frees by
        # itself what outlives its server as soon as the next client comes.
        self._bury()
        if self._closing.is_set():
            return
        import rtmidi

        self._api, self._api_name = api, rtmidi.get_api_name(api)
        port_name = midi_system.virtual_port(self._api_name)
        source = rtmidi.MidiIn(api, CLIENT, QUEUE)
        self._scanner = Port(source, f"{CLIENT}:in")
        if api == rtmidi.API_UNIX_JACK:
            sender = rtmidi.MidiOut(api, f"{CLIENT}-heart")
            self._lost.append(sender)
            self._heart = Heart(sender, self._scanner, port_name)
            self._lost.remove(sender)
        elif api != rtmidi.API_WINDOWS_MM:
            source.open_virtual_port(port_name)
        self._problem = ""

    def _serve(self) -> None:
        scan_s = float("-inf")
        while not self._closing.is_set() and self._scanner is not None:
            if time.monotonic() >= scan_s:
                self._scan(self._scanner)
                scan_s = time.monotonic() + _SCAN_S
            for port in (self._scanner, *self._ports.values()):
                for event in port.read(self._clock, self._refusals):
                    self._inbox.put(event)
            if self._heart is not None and not self._heart.beats():
                raise InputError("MIDI: the JACK server has gone; waiting for it")
            time.sleep(_POLL_S)

    def _scan(self, scanner: Port) -> None:
        """Open what came and close what went."""
        there = scanner.source.get_ports()
        wanted = [raw for raw in there if raw and self._wants(raw)]
        for raw in [raw for raw in self._ports if raw not in wanted]:
            self._forget(raw)
        self._bury()
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
        self._lost.append(port.source)
        self._announce(port.name, False)

    def _announce(self, name: str, present: bool) -> None:
        self._names = tuple(port.name for port in self._ports.values())
        self._inbox.put(PortEvent(self._clock.now(), name, present))

    def _wants(self, raw: str) -> bool:
        return midi_system.is_device(raw) and self._wanted in self._display(raw).lower()

    def _display(self, raw: str) -> str:
        return midi_system.display_name(raw, self._api_name)

    def _lose(self) -> None:
        """Give up every port, without a call to a system that may be gone."""
        for raw in list(self._ports):
            self._forget(raw)
        if self._scanner is not None:
            self._lost.append(self._scanner.source)
        if self._heart is not None:
            self._part_from(self._heart)
        self._scanner = self._heart = None
        self._failed.clear()

    def _part_from(self, heart: Heart) -> None:
        """Whatever has failed, most likely the server has died; each that is left takes files."""
        if self._closing.is_set() or self._abandoned >= MOST_ABANDONED:
            self._lost.append(heart.source)
        else:
            heart.abandon()
            self._abandoned += 1

    def _bury(self) -> None:
        """Close and delete what was given up."""
        while self._lost:
            source = self._lost.pop()
            # A driver may complain about a device that is gone; nothing is left to do for it.
            with contextlib.suppress(Exception):
                source.close_port()
            source.delete()
