"""MIDI through real JACK ports: values, times, plugging in and out, and a server that dies."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from operator import eq

import pytest
from midi_device import Device, plugged_in
from parts import JackServer, require, wait_until

from performer.clock import SystemClock
from performer.events import Event, Inbox, MidiEvent, Notice, PortEvent
from performer.inputs.midi import Midi, list_ports

pytestmark = pytest.mark.live
PERIOD_S = 256 / 48_000


class Bench:
    """A MIDI input and all events it handed over."""

    def __init__(self, name: str | None = None) -> None:
        self.inbox, self.events = Inbox(), list[Event]()
        self.midi = Midi(self.inbox, SystemClock(), name, eq)

    def wait_for(self, done: Callable[[], bool], timeout_s: float = 5.0, what: str = "") -> None:
        def arrived() -> bool:
            self.events += self.inbox.drain()
            return done()

        wait_until(arrived, timeout_s, f"{what}; {self.midi.status}")

    def wait_for_knob(self, device: Device) -> None:
        """Move a knob until it is heard: a JACK server that is not synchronous loses events."""

        def heard() -> bool:
            device.send("b0 01 40")
            return bool(self.heard)

        self.wait_for(heard, what="a knob")

    def ready(self, *ports: str) -> None:
        self.wait_for(lambda: self.midi.status.startswith("MIDI (jack)"), what="JACK")
        self.wait_for(lambda: sorted(self.midi.ports) == sorted(ports), what=f"ports {ports}")

    @property
    def heard(self) -> list[MidiEvent]:
        return [event for event in self.events if isinstance(event, MidiEvent)]

    @property
    def notices(self) -> str:
        return "; ".join(event.text for event in self.events if isinstance(event, Notice))

    @property
    def plugs(self) -> list[tuple[str, bool]]:
        return [(e.port, e.present) for e in self.events if isinstance(e, PortEvent)]


@contextmanager
def opened(name: str | None = None) -> Iterator[Bench]:
    bench = Bench(name)
    try:
        yield bench
    finally:
        bench.midi.close()


def test_a_knob_arrives_with_its_values_and_times(steady_jack_server: JackServer) -> None:
    with plugged_in("knobs") as device, opened() as bench:
        bench.ready("knobs:out")
        sent_s = device.send(*(f"b2 07 {value:02x}" for value in range(128)))
        bench.wait_for(lambda: len(bench.heard) >= 128)
        assert [event.value for event in bench.heard] == [
            v / 128 if v <= 64 else (v - 1) / 126 for v in range(128)
        ]
        assert {(e.port, e.kind, e.channel, e.number) for e in bench.heard} == {
            ("knobs:out", "cc", 3, 7)
        }
        seen_s = time.perf_counter()
        times_s = [event.time_s for event in bench.heard]
        # A busy machine may run JACK's cycle late, and a message is dated within one.
        assert all(a - PERIOD_S - 0.001 <= b for a, b in zip(sent_s, times_s, strict=True))
        assert times_s == sorted(times_s) and times_s[-1] <= seen_s


def test_times_are_exact_to_the_frame(steady_jack_server: JackServer) -> None:
    with plugged_in("knobs") as device, opened() as bench:
        bench.ready("knobs:out")

        def median_s() -> float:
            """Of the errors; what waits for the end of its cycle is as old as it is."""
            bench.events.clear()
            sent_s = device.send(*["b0 07 40"] * 101)
            bench.wait_for(lambda: len(bench.heard) >= 101)
            errors = [abs(e.time_s - s) for e, s in zip(bench.heard, sent_s, strict=True)]
            return sorted(errors)[50]

        wait_until(lambda: median_s() < PERIOD_S / 10, 20.0, "times to the frame")


def test_a_knob_arrives_within_a_frame(steady_jack_server: JackServer) -> None:
    with plugged_in("knobs") as device, opened() as bench:
        bench.ready("knobs:out")

        def median_s() -> float:
            bench.events.clear()
            sent_s = device.send(*["b0 07 40"] * 51)
            bench.wait_for(lambda: len(bench.heard) >= 51)
            return sorted(e.time_s - s for e, s in zip(bench.heard, sent_s, strict=True))[25]

        # Other programs may hold the processor for a moment, not each time.
        wait_until(lambda: median_s() < 1 / 60, 15.0, "a knob within a frame")


def test_fourteen_bits_and_the_other_messages(steady_jack_server: JackServer) -> None:
    with plugged_in("keys") as device, opened() as bench:
        bench.ready("keys:out")
        device.send("b0 01 40", "b0 21 00", "90 24 7f", "80 24 00", "e0 00 40", "d0 7f", "c0 05")
        bench.wait_for(lambda: len(bench.heard) >= 8)
        assert [(e.kind, e.number, e.value) for e in bench.heard] == [
            *(("cc", 1, 0.5), ("cc", 33, 0.0), ("cc14", 1, 0.5), ("note", 36, 1.0)),
            *(("note", 36, 0.0), ("bend", 0, 0.5), ("pressure", 0, 1.0), ("program", 5, 1.0)),
        ]


def test_only_the_named_port_is_opened(steady_jack_server: JackServer) -> None:
    with plugged_in("left") as left, plugged_in("right") as right, opened("RIGHT") as bench:
        bench.ready("right:out")
        assert sorted(list_ports()) == ["left:out", "right:out"]
        left.send("b0 01 01")
        right.send("b0 02 02")
        bench.wait_for(lambda: bool(bench.heard))
        assert [(e.port, e.number) for e in bench.heard] == [("right:out", 2)]


def test_software_sends_to_our_own_port(steady_jack_server: JackServer) -> None:
    connect = require("jack_connect", "jackd2")
    with plugged_in("live") as device, opened("no such controller") as bench:
        bench.ready()
        subprocess.run([connect, "live:out", "performer:in"], check=True)
        bench.wait_for_knob(device)
        assert (bench.heard[0].port, bench.heard[0].value) == ("performer:in", 0.5)


def test_a_controller_that_is_unplugged_and_plugged_in_again(jack_server: JackServer) -> None:
    with opened() as bench:
        bench.ready()
        for _ in range(2):
            bench.events.clear()
            with plugged_in("pads") as device:
                bench.wait_for(lambda: bench.plugs == [("pads:out", True)], 3.0, "plug")
                bench.wait_for_knob(device)
                device.unplug()
                bench.wait_for(lambda: bench.plugs[1:] == [("pads:out", False)], 3.0, "unplug")
                assert bench.midi.ports == ()


def test_a_controller_replugged_between_two_looks_is_reopened(jack_server: JackServer) -> None:
    with plugged_in("pads") as device, opened() as bench:
        bench.ready("pads:out")
        for again in range(1, 6):
            device.replug()
            bench.wait_for(lambda n=again: len(bench.plugs) == 1 + 2 * n, what="replug")  # type: ignore[misc]
            bench.events = [e for e in bench.events if not isinstance(e, MidiEvent)]
            bench.wait_for_knob(device)
        assert bench.plugs == [("pads:out", True), ("pads:out", False)] * 5 + [("pads:out", True)]


def test_what_a_player_disconnects_stays_so(jack_server: JackServer) -> None:
    disconnect = require("jack_disconnect", "jackd2")
    with plugged_in("pads") as device, opened() as bench:
        bench.ready("pads:out")
        subprocess.run([disconnect, "pads:out", "performer:pads out"], check=True)
        with plugged_in("other") as other:
            bench.wait_for(lambda: len(bench.plugs) == 2, what="another device")
            other.unplug()
        bench.wait_for(lambda: len(bench.plugs) == 3, what="its end")
        device.send(*["b0 01 40"] * 20)
        bench.wait_for(lambda: True)
        assert not bench.heard and bench.midi.ports == ("pads:out",)


def test_a_burst_arrives_whole_and_in_order(steady_jack_server: JackServer) -> None:
    count = 5000
    with plugged_in("flood") as device, opened() as bench:
        bench.ready("flood:out")
        device.burst(count)
        bench.wait_for(lambda: len(cc(bench)) >= count, 10.0, "a burst")
        assert cc(bench) == [(i >> 7 & 127, i & 127) for i in range(count)]


def cc(bench: Bench) -> list[tuple[int, int]]:
    """The numbers and values (0..127) of the control changes."""
    return [
        (e.number, round(e.value * 128) if e.value <= 0.5 else round(e.value * 126) + 1)
        for e in bench.heard
        if e.kind == "cc"
    ]


def test_closing_while_a_knob_moves_does_not_hang(steady_jack_server: JackServer) -> None:
    with plugged_in("flood") as device:
        for _ in range(3):
            with opened() as bench:
                bench.ready("flood:out")
                device.start_sending(*["b0 01 40"] * 100)
                bench.wait_for(lambda bench=bench: len(bench.heard) > 10)  # type: ignore[misc]
                start_s = time.monotonic()
                bench.midi.close()
                assert time.monotonic() - start_s < 1.0
            assert device._answer()


@contextmanager
def holds_s() -> Iterator[list[float]]:
    """How long each turn of another thread takes that asks for Python's lock all the time."""
    holds, over = [0.0], threading.Event()

    def turn() -> None:
        before_s = time.monotonic()
        while not over.wait(0.01):
            now_s = time.monotonic()
            holds.append(now_s - before_s)
            before_s = now_s

    thread = threading.Thread(target=turn)
    thread.start()
    try:
        yield holds
    finally:
        over.set()
        thread.join()


def test_it_goes_on_when_the_server_dies_and_comes_back(jack_server: JackServer) -> None:
    with opened() as bench, holds_s() as holds:
        bench.ready()
        jack_server.stop()
        bench.wait_for(lambda: not bench.midi.status.startswith("MIDI (jack)"), what="the loss")
        bench.wait_for(lambda: "JACK server has gone" in bench.notices, what="the reason")
        jack_server.start()
        bench.ready()
        with plugged_in("again") as device:
            bench.ready("again:out")
            bench.wait_for_knob(device)
    assert max(holds) < 0.9, "closing a port of a dead server holds everybody up for a second"


def test_nobody_waits_for_a_server_that_hangs(jack_server: JackServer) -> None:
    with plugged_in("pads"), opened() as bench:
        bench.ready("pads:out")
        jack_server.hang()
        try:
            with holds_s() as holds:
                bench.midi.close()
        finally:
            jack_server.go_on()
    assert max(holds) < 0.9, "a call to a server that hangs holds everybody up"
    process = bench.midi.process
    assert process is not None and not process.is_alive()


def test_a_server_that_hangs_is_noticed_and_one_that_goes_on_is_used(
    jack_server: JackServer,
) -> None:
    with plugged_in("pads") as device, opened() as bench:
        bench.ready("pads:out")
        jack_server.hang()
        try:
            bench.wait_for(lambda: "has stood still" in bench.notices, 5.0, "the reason")
        finally:
            jack_server.go_on()
        bench.wait_for(lambda: bench.plugs[-1] == ("pads:out", True), 20.0, "the server")
        bench.events.clear()
        bench.wait_for_knob(device)


def test_another_process_takes_over_from_one_that_died(jack_server: JackServer) -> None:
    with plugged_in("pads") as device, opened() as bench:
        bench.ready("pads:out")
        process = bench.midi.process
        assert process is not None and process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        plugs = [("pads:out", True), ("pads:out", False), ("pads:out", True)]
        bench.wait_for(lambda: bench.plugs == plugs, 10.0, "another process")
        bench.events.clear()
        bench.wait_for_knob(device)
