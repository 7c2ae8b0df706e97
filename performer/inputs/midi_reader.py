"""Opens every matching MIDI input that is there or is plugged in, and reads them all."""

import threading
import time
from collections.abc import Callable
from typing import NamedTuple

from performer.clock import Clock
from performer.events import Event, Inbox, Notice, PortEvent
from performer.inputs import InputError, midi_system
from performer.inputs.midi_backend import MidiBackend
from performer.inputs.midi_names import CLIENT, display_name, is_device
from performer.inputs.midi_port import Port
from performer.inputs.refusals import Refusals

# How long nothing may come before the loop looks around: whether it is over, or the system gone.
_WAIT_S = 0.05
_PROBE_S = 3.0
_RARE_PROBE_S = 30.0
# A port may be listed a moment before its program lets others connect to it.
_REOPEN_S, _LONGEST_REOPEN_S = 0.02, 2.0
_TELL_S = 1.0
LOOKING = "MIDI: looking for a MIDI system"
Tell = Callable[[list[Event]], None]


class Failure(NamedTuple):
    """A port that could not be opened: when to try again, and how long to wait after that."""

    retry_s: float
    pause_s: float


class MidiReader:
    """Reads all MIDI inputs, or those whose name contains `name`.

    Where the system has virtual ports, other programs can also send to `performer:in`. `on_change`
    is told the name of each port that comes or goes. `status` says in a sentence how it stands,
    and `backend` is the system, once there is one.
    """

    def __init__(self, clock: Clock, name: str | None, on_change: Callable[[str], None]) -> None:
        self._inbox = Inbox()
        self._clock, self._on_change = clock, on_change
        self._wanted = (name or "").lower()
        self._refusals = Refusals(self._inbox, clock)
        self.backend: MidiBackend | None = None
        self._own: Port | None = None
        self._ports: dict[str, Port] = {}
        self._failed: dict[str, Failure] = {}
        self._problem = LOOKING

    @property
    def ports(self) -> tuple[str, ...]:
        """The names of the devices' ports that are open now."""
        return tuple(port.name for port in self._ports.values())

    @property
    def status(self) -> str:
        """How MIDI stands, in a sentence."""
        names = ", ".join(self.ports) or "no controller is plugged in"
        system = self.backend.name if self.backend else ""
        return self._problem or f"MIDI ({system}): {names}"

    def read(self, closing: threading.Event, tell: Tell) -> None:
        """Wait for a MIDI system and read, until `closing` is set.

        `tell` is given what came, as soon as it came, and nothing now and then. Raises InputError
        when the system has gone, or what a driver raises.
        """
        backend = self._find(closing, tell)
        if backend is not None:
            self._start(backend)
            self._serve(backend, closing, tell)

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
            port.source.close()
        self._ports.clear()
        if self._own is not None:
            self._own.source.close()
        if self.backend is not None:
            self.backend.close()
        self._own = self.backend = None

    def _find(self, closing: threading.Event, tell: Tell) -> MidiBackend | None:
        """Wait for a MIDI system; None when it is over before."""
        probe_s = _PROBE_S
        while not closing.is_set():
            try:
                return midi_system.open_system(self._clock)
            except InputError as error:
                self._problem = str(error)
            tell([])
            closing.wait(probe_s)
            # A probe costs a process: where there is no MIDI at all, it becomes rare.
            probe_s = min(2 * probe_s, _RARE_PROBE_S)
        return None

    def _start(self, backend: MidiBackend) -> None:
        self.backend = backend
        own = backend.open_virtual_input()
        self._own = Port(own, f"{CLIENT}:in") if own is not None else None
        self._problem = ""

    def _serve(self, backend: MidiBackend, closing: threading.Event, tell: Tell) -> None:
        tell_s = float("-inf")
        while not closing.is_set():
            if backend.ports_changed() or self._due(*self._failed):
                self._scan(backend)
            for port in (*([self._own] if self._own else []), *self._ports.values()):
                for event in port.read(self._refusals):
                    self._inbox.put(event)
            events, now_s = self._inbox.drain(), time.monotonic()
            if events or now_s >= tell_s:
                tell(events)
                tell_s = now_s + _TELL_S
            backend.check()
            backend.wait(_WAIT_S)

    def _scan(self, backend: MidiBackend) -> None:
        """Open what came and close what went."""
        there = backend.inputs()
        wanted = [raw for raw in there if raw and self._wants(raw, backend)]
        for raw, port in list(self._ports.items()):
            if raw not in wanted or port.source.lost:
                self._forget(raw)
        for raw in wanted:
            if raw not in self._ports and (raw not in self._failed or self._due(raw)):
                self._open(raw, backend)
        self._failed = {raw: each for raw, each in self._failed.items() if raw in there}

    def _due(self, *failed: str) -> bool:
        """Whether one of these ports, which could not be opened, is to be tried again."""
        return any(self._failed[raw].retry_s <= time.monotonic() for raw in failed)

    def _open(self, raw: str, backend: MidiBackend) -> None:
        name = display_name(raw, backend.name)
        try:
            source = backend.open_input(raw)
        except Exception as error:
            self._put_off(raw, name, error)
            return
        self._failed.pop(raw, None)
        self._ports[raw] = Port(source, name)
        self._announce(name, True)

    def _put_off(self, raw: str, name: str, error: Exception) -> None:
        """Try a port again, ever more rarely; the player is told once that becomes rare."""
        _, pause_s = self._failed.get(raw, Failure(0.0, _REOPEN_S))
        longer_s = min(2 * pause_s, _LONGEST_REOPEN_S)
        if pause_s < longer_s == _LONGEST_REOPEN_S:
            self._refusals.add(f"MIDI port {name}", f"cannot be opened: {error}")
        self._failed[raw] = Failure(time.monotonic() + pause_s, longer_s)

    def _forget(self, raw: str) -> None:
        port = self._ports.pop(raw)
        self._announce(port.name, False)
        port.source.close()

    def _announce(self, name: str, present: bool) -> None:
        self._inbox.put(PortEvent(self._clock.now(), name, present))
        self._on_change(name)

    def _wants(self, raw: str, backend: MidiBackend) -> bool:
        return is_device(raw) and self._wanted in display_name(raw, backend.name).lower()
