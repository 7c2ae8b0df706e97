"""Real sound: csound plays clicks over JACK, and each of them is heard."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from ctypes.util import find_library
from pathlib import Path

import numpy as np
import pytest
from parts import JackServer, require, running, wait_until
from test_play import PERFORMER, save_tiny_model

from performer.events import Inbox, SoundEvent
from performer.inputs import sound as sound_input
from performer.inputs.sound import Sound

pytestmark = pytest.mark.live

BPM = 120.0
ORCHESTRA = f"""\
<CsoundSynthesizer>
<CsInstruments>
sr = 48000
ksmps = 64
nchnls = 1
0dbfs = 1
instr 1
  kclick metro {BPM / 60}
  schedkwhen kclick, 0, 0, 2, 0, 0.05
endin
instr 2
  aenv expon 0.5, 0.05, 0.001
  anoise rand 1
  out anoise * aenv
endin
</CsInstruments>
<CsScore>
i1 0 60
</CsScore>
</CsoundSynthesizer>
"""


@pytest.fixture
def jack() -> Iterator[JackServer]:
    server = JackServer()
    yield server
    server.stop()


def port_audio() -> None:
    """PortAudio itself is a part like the programs; to load it here would join a JACK server."""
    if find_library("portaudio") is None:
        require("libportaudio.so.2", "libportaudio2")


def test_clicks_over_jack_are_onsets_in_time(jack: JackServer, tmp_path: Path) -> None:
    port_audio()
    csound, connect = require("csound", "csound"), require("jack_connect", "jackd2")
    score = tmp_path / "click.csd"
    score.write_text(ORCHESTRA)
    server = {"JACK_DEFAULT_SERVER": jack.name, "JACK_NO_START_SERVER": "1"}
    listener = Path(__file__).with_name("sound_listener.py")
    click = (csound, "-d", "-+rtaudio=jack", "-odac:system:playback_1", str(score))
    with (
        running(sys.executable, str(listener), "9", **server) as ears,
        running(*click, **server),
    ):
        assert ears.stdout is not None
        wait_until_line(ears.stdout, "listening")
        wait_until(lambda: connected(connect, jack.name), 8.0, "csound to play into the listener")
        onsets = [float(line.split()[1]) for line in ears.stdout if line.startswith("onset")]
    beats = np.diff(onsets)
    assert len(onsets) >= 6
    assert np.median(beats) == pytest.approx(60.0 / BPM, abs=0.02)


LISTENING = """version = 1
name = "Listening"
start = { "walk.speed" = 0 }
[[modulators]]
source = "sound.level"
parameter = "brightness"
depth = 0.4
release_s = 60
[[modulators]]
trigger = "sound.onset"
parameter = "contrast"
depth = 0.3
hold_s = 60
"""


def test_what_is_played_over_jack_moves_the_show(jack: JackServer, tmp_path: Path) -> None:
    port_audio()
    csound, connect = require("csound", "csound"), require("jack_connect", "jackd2")
    score, patch, stats = (tmp_path / name for name in ("a.csd", "listening.toml", "stats.json"))
    score.write_text(ORCHESTRA)
    patch.write_text(LISTENING)
    save_tiny_model(tmp_path / "tiny.safetensors")
    server = {"JACK_DEFAULT_SERVER": jack.name, "JACK_NO_START_SERVER": "1"}
    options = ["--headless", "--sound", "default", "--midi", "none", "--osc", "none"]
    options += ["--model", str(tmp_path / "tiny.safetensors"), "--stats", str(stats)]
    options += ["--seconds", "6"]
    click = (csound, "-d", "-+rtaudio=jack", "-odac:system:playback_1", str(score))
    with (
        running(*PERFORMER, "play", str(patch), *options, **server) as show,
        running(*click, **server),
    ):
        assert show.stdout is not None
        wait_until_line(show.stdout, "Playing")
        wait_until(lambda: connected(connect, jack.name), 8.0, "csound to play into the show")
        said, _ = show.communicate(timeout=20)
    assert show.returncode == 0, said
    told = json.loads(stats.read_text())
    assert told["events_received"]["sound"] > 200 and told["errors"] == 0
    assert told["values"]["brightness"] > 0.4
    assert told["values"]["contrast"] == pytest.approx(1.9)


@pytest.mark.parametrize("fate", ["ends", "hangs"])
def test_a_device_that_is_lost_is_heard_again_when_it_is_back(
    jack_server: JackServer, fate: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    port_audio()
    monkeypatch.setattr(sound_input, "SILENT_S", 4.0)
    inbox = Inbox()
    sound = Sound(inbox, "default")

    def is_heard() -> bool:
        return any(isinstance(event, SoundEvent) for event in inbox.drain())

    wait_until(is_heard, 10.0, "sound")
    if fate == "ends":
        jack_server.stop()
        wait_until(lambda: not sound.name, 15.0, f"the loss; {sound.status}")
        jack_server.start()
    else:
        jack_server.hang()
        process = sound.process
        wait_until(lambda: sound.process is not process, 15.0, "another process")
        jack_server.go_on()
    inbox.drain()
    wait_until(is_heard, 30.0, "sound again")
    begin_s = time.monotonic()
    sound.close()
    assert time.monotonic() - begin_s < 5.0


def wait_until_line(lines: Iterator[str], start: str) -> None:
    """Skip what PortAudio says while it looks around."""
    said = ""
    for line in lines:
        said += line
        if line.startswith(start):
            return
    pytest.fail(f"the listener ended: {said}")


def connected(connect: str, server: str) -> bool:
    """Whether csound's output leads into the listener's input."""
    listing = subprocess.run(
        ["jack_lsp", "-s", server], capture_output=True, text=True, env=os.environ
    ).stdout.split("\n")
    sources = [port for port in listing if port.startswith("csound") and "output" in port]
    ears = [port for port in listing if port.startswith("PortAudio") and "in" in port]
    if not sources or not ears:
        return False
    answer = subprocess.run([connect, "-s", server, sources[0], ears[0]], capture_output=True)
    return answer.returncode == 0
