"""MIDI by RtMidi: real messages where JACK can stand in for ALSA, and ALSA's refusal."""

import ctypes.util
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from midi_device import plugged_in
from parts import JackServer, require, running, wait_until

from performer.clock import SystemClock
from performer.inputs import InputError
from performer.inputs.midi_rtmidi import RtMidiBackend
from performer.inputs.midi_system import open_system

pytestmark = pytest.mark.live
READER = str(Path(__file__).with_name("rtmidi_reader.py"))


class Reader:
    """A process that reads MIDI by RtMidi, and its lines."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process, self.lines = process, list[str]()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        self.lines.extend(line.strip() for line in self.process.stdout or ())

    def of(self, kind: str) -> list[list[str]]:
        return [line.split()[1:] for line in list(self.lines) if line.startswith(kind)]

    def wait_for(self, kind: str, count: int) -> list[list[str]]:
        wait_until(lambda: len(self.of(kind)) >= count, 10.0, f"{count} {kind} in {self.lines}")
        return self.of(kind)


@contextmanager
def reading() -> Iterator[Reader]:
    library = ctypes.util.find_library("jack")
    assert library
    with running(sys.executable, READER, LD_PRELOAD=library) as process:
        reader = Reader(process)
        yield reader
        assert process.stdin
        process.stdin.close()
        wait_until(lambda: process.poll() is not None, what="its end")
        wait_until(lambda: reader.lines[-1:] == ["closed"], what=f"an end in order {reader.lines}")


def test_knobs_times_and_lights_go_by_rtmidi(steady_jack_server: JackServer) -> None:
    with plugged_in("pads", "lights") as device, reading() as reader:
        assert reader.wait_for("port", 1) == [["pads:out", "1"]]
        sent_s = device.send(*(f"b0 {number:02x} 40" for number in range(64, 84)))
        came = reader.wait_for("midi", 20)
        assert [(port, kind, int(n)) for port, kind, n, _ in came] == [
            ("pads:out", "cc", n) for n in range(64, 84)
        ]
        times_s = [float(time_s) for *_, time_s in came]
        assert all(a <= b < time.perf_counter() for a, b in zip(sent_s, times_s, strict=True))
        heard: list[str] = []
        wait_until(lambda: heard.extend(device.heard()) or len(heard) >= 20, what="lights")  # type: ignore[func-returns-value]
        assert heard == [f"90 {number:02x} 7f" for number in range(64, 84)]


def test_a_device_comes_and_goes_and_comes_again_by_rtmidi(jack_server: JackServer) -> None:
    with reading() as reader:
        for again in range(2):
            with plugged_in("pads") as device:
                reader.wait_for("port", 1 + 2 * again)
                wait_until(lambda: device.send("b0 01 40") and reader.of("midi"), what="a knob")  # noqa: B023
                reader.lines[:] = [line for line in reader.lines if line.startswith("port")]
                device.unplug()
                ports = reader.wait_for("port", 2 + 2 * again)
        assert ports == [["pads:out", "1"], ["pads:out", "0"]] * 2


def test_software_sends_to_our_own_port_by_rtmidi(steady_jack_server: JackServer) -> None:
    connect = require("jack_connect", "jackd2")
    with plugged_in("live") as device, reading() as reader:
        reader.wait_for("port", 1)
        subprocess.run([connect, "live:out", "performer:in"], check=True)
        device.send("b0 07 40")
        assert sorted(port for port, *_ in reader.wait_for("midi", 2)) == [
            "live:out",
            "performer:in",
        ]


@pytest.mark.skipif(os.path.exists("/dev/snd/seq"), reason="ALSA's sequencer is there")
def test_without_a_sequencer_alsa_is_refused_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PERFORMER_MIDI", "alsa")
    with pytest.raises(InputError, match=r"^MIDI: no MIDI system .* \(alsa does not answer\)$"):
        open_system(SystemClock())
    with pytest.raises(InputError, match="^MIDI: alsa does not answer"):
        RtMidiBackend(SystemClock(), "alsa", "LINUX_ALSA")
