"""The reader of all MIDI inputs, on a system that is scripted: ports that fail, drop and go."""

import threading
import time

import pytest

from performer.clock import SystemClock
from performer.events import Event, MidiEvent, PortEvent, Refusal
from performer.inputs import InputError, midi_system
from performer.inputs.midi_backend import MidiInput, MidiOutput, Timed
from performer.inputs.midi_reader import MidiReader
from performer.inputs.refusals import PAUSE_S


class Input:
    def __init__(self) -> None:
        self.dropped, self.lost, self.closed = 0, False, False
        self.waiting: list[Timed] = []

    def read(self) -> list[Timed]:
        came, self.waiting = self.waiting, []
        return came

    def close(self) -> None:
        self.closed = True


class Backend:
    """A system with ports by name; `refusing` holds those that cannot be opened yet."""

    name = "alsa"

    def __init__(self, *ports: str) -> None:
        self.ports, self.refusing, self.tries = list(ports), set[str](), list[float]()
        self.open: dict[str, Input] = {}
        self.changed, self.problem, self.closed = True, "", False

    def inputs(self) -> list[str]:
        return list(self.ports)

    outputs = inputs

    def ports_changed(self) -> bool:
        changed, self.changed = self.changed, False
        return changed

    def open_input(self, port: str) -> MidiInput:
        self.tries.append(time.monotonic())
        if port in self.refusing:
            raise OSError("busy")
        self.open[port] = Input()
        return self.open[port]

    def open_virtual_input(self) -> MidiInput | None:
        return None

    def open_output(self, port: str) -> MidiOutput:
        raise NotImplementedError

    def wait(self, timeout_s: float) -> None:
        time.sleep(0.001)

    def check(self) -> None:
        if self.problem:
            raise InputError(self.problem)

    def close(self) -> None:
        self.closed = True


class Bench:
    """A reader in a thread, and all that it told."""

    def __init__(self, backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(midi_system, "open_system", lambda clock: backend)
        self.events: list[Event] = []
        self.changes: list[str] = []
        self.error: Exception | None = None
        self.closing = threading.Event()
        self.reader = MidiReader(SystemClock(), None, self.changes.append)
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self) -> None:
        try:
            self.reader.read(self.closing, self.events.extend)
        except InputError as error:
            self.error = error

    def wait_for(self, count: int, kind: type[Event]) -> list[Event]:
        deadline_s = time.monotonic() + 10.0
        while len(found := [e for e in self.events if isinstance(e, kind)]) < count:
            assert time.monotonic() < deadline_s, self.events
            time.sleep(0.002)
        return found

    def end(self) -> None:
        self.closing.set()
        self.thread.join(5.0)
        self.reader.close()


def test_a_port_that_cannot_be_opened_yet_is_open_soon_and_nobody_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    backend = Backend("pads:out 20:0")
    backend.refusing.add("pads:out 20:0")
    bench = Bench(backend, monkeypatch)
    while len(backend.tries) < 3:
        time.sleep(0.002)
    backend.refusing.clear()
    bench.wait_for(1, PortEvent)
    bench.end()
    assert bench.changes == ["pads:out"] and backend.closed
    assert backend.open["pads:out 20:0"].closed
    assert not [e for e in bench.events if isinstance(e, Refusal)]
    first, second, third, *_ = backend.tries
    assert 0.02 <= second - first < third - first - 0.02, "each pause is longer"


def test_a_port_that_stays_closed_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("performer.inputs.midi_reader._LONGEST_REOPEN_S", 0.06)
    backend = Backend("pads:out 20:0")
    backend.refusing.add("pads:out 20:0")
    bench = Bench(backend, monkeypatch)
    while len(backend.tries) < 6:
        time.sleep(0.002)
    bench.end()
    refusals = [e for e in bench.events if isinstance(e, Refusal)]
    assert [(e.origin, e.reason) for e in refusals] == [
        ("MIDI port pads:out", "cannot be opened: busy")
    ]


def test_a_port_that_is_lost_or_gone_is_announced_and_closed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    backend = Backend("pads:out 20:0")
    bench = Bench(backend, monkeypatch)
    bench.wait_for(1, PortEvent)
    first = backend.open["pads:out 20:0"]
    first.lost, backend.changed = True, True
    bench.wait_for(3, PortEvent)
    assert first.closed and not backend.open["pads:out 20:0"].closed
    backend.ports, backend.changed = [], True
    plugs = bench.wait_for(4, PortEvent)
    bench.end()
    assert [e.present for e in plugs if isinstance(e, PortEvent)] == [True, False, True, False]


def test_messages_that_were_dropped_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    backend = Backend("pads:out 20:0")
    bench = Bench(backend, monkeypatch)
    bench.wait_for(1, PortEvent)
    port = backend.open["pads:out 20:0"]
    port.dropped, port.waiting = 3, [([0xB0, 7, 64], 1.5)]
    bench.wait_for(1, MidiEvent)
    bench.wait_for(1, Refusal)
    time.sleep(2 * PAUSE_S)
    port.dropped = 10
    bench.wait_for(2, Refusal)
    bench.end()
    assert [e.reason for e in bench.events if isinstance(e, Refusal)] == [
        "3 messages dropped so far: too many at once",
        "10 messages dropped so far: too many at once",
    ]
    assert [e for e in bench.events if isinstance(e, MidiEvent)] == [
        MidiEvent(1.5, "pads:out", "cc", 1, 7, 0.5)
    ]


def test_a_system_that_has_gone_ends_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    backend = Backend("pads:out 20:0")
    bench = Bench(backend, monkeypatch)
    bench.wait_for(1, PortEvent)
    backend.problem = "MIDI: gone"
    bench.thread.join(5.0)
    assert str(bench.error) == "MIDI: gone"
    last = bench.reader.give_up("MIDI: gone")
    assert [e.present for e in last if isinstance(e, PortEvent)] == [False]
    assert bench.reader.status == "MIDI: gone" and not backend.closed
