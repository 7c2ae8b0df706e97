"""Learn and feedback as they are met: a window, real keys, a MIDI device with lights, oscdump."""

import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from midi_device import Device, plugged_in
from parts import JackServer, Screen, end, free_udp_port, require, running, wait_until
from PIL import Image

from models.canvas import Canvas
from models.checkpoint import Images, Manifest, save_checkpoint
from models.networks import Generator
from performer.learn import SILENCE_S
from performer.patch import load_patch
from performer.schema import Binding
from tests.tiny_model import TINY

pytestmark = pytest.mark.live

DEADLINE_S = 30.0
PERFORMER = (sys.executable, "-c", "from performer.cli import main; main()")
PATCH = """version = 1
name = "Still"  # on purpose

[start]
walk.speed = 0

# The only knob.
[[bindings]]
source = "cc 16"
parameter = "brightness"
"""
NAME = "nanoKONTROL2"
DARK, LIT = "b0 2d 00", "b0 2d 7f"  # the record button: blackout


class Show:
    """A running `performer play`, with hands for its keyboard and OSC."""

    def __init__(self, directory: Path, *options: str) -> None:
        self.port, self.patch = free_udp_port(), directory / "still.toml"
        self.patch.write_text(PATCH)
        model = directory / "tiny.safetensors"
        canvas = Canvas(4, 8, 2)
        manifest = Manifest(canvas, TINY, 0.0, Images(1, "none"), 1, "nonsaturating", "today")
        save_checkpoint(model, Generator(canvas, TINY), manifest)
        self.lines: list[str] = []
        self.process = subprocess.Popen(
            [*PERFORMER, "play", str(self.patch), "--model", str(model)]
            + ["--osc", f"127.0.0.1:{self.port}", *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        threading.Thread(target=self._read, daemon=True).start()
        self.wait_for("Playing")

    def _read(self) -> None:
        assert self.process.stdout
        self.lines.extend(self.process.stdout)

    def wait_for(self, words: str) -> None:
        until(lambda: any(words in line for line in list(self.lines)), f"{words} in {self.lines}")

    def osc(self, address: str, *kind_and_value: str) -> None:
        program = require("oscsend", "liblo-tools")
        subprocess.run([program, "127.0.0.1", str(self.port), address, *kind_and_value], check=True)

    def press(self, *keys: str) -> None:
        program = require("xdotool", "xdotool")
        found = [program, "search", "--onlyvisible", "--class", "^performer$"]
        until(lambda: subprocess.run(found, capture_output=True).stdout, "a window")
        window = subprocess.run(found, capture_output=True, text=True).stdout.split()[0]
        subprocess.run([program, "windowfocus", window], check=True)
        subprocess.run([program, "key", "--delay", "50", *keys], check=True)

    @property
    def bindings(self) -> tuple[Binding, ...]:
        return load_patch(self.patch).bindings


@contextmanager
def playing(directory: Path, *options: str) -> Iterator[Show]:
    show = Show(directory, *options)
    with show.process:
        try:
            yield show
        finally:
            end(show.process)


def until(predicate: Callable[[], object], what: str) -> None:
    wait_until(predicate, DEADLINE_S, what)


def lights(device: Device, *wanted: str) -> None:
    """Wait until the device was sent these messages, and nothing else of their places later."""
    shown: dict[str, str] = {}

    def arrived() -> bool:
        shown.update((message[:5], message) for message in device.heard())
        return all(shown.get(message[:5]) == message for message in wanted)

    until(arrived, f"{wanted} among {shown}")


def test_keys_and_a_knob_make_a_binding_in_the_file(
    jack_server: JackServer, xvfb: Screen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SDL_VIDEO_X11_WMCLASS", "performer")
    with playing(tmp_path, "--windowed") as show, plugged_in(NAME) as device:
        show.wait_for(f"MIDI {NAME}")
        show.press("l", "b", "Right", "Left", "Left", "Left")
        for _ in range(3):  # Keys come with the frame, so one may be taken after a message.
            time.sleep(0.1)
            show.osc("/learn", "s", "trails")

        def learnt() -> bool:
            # A JACK server that is not synchronous loses events: the hand turns again, after a
            # pause, for what moves without one when learning begins to listen is a sequencer.
            time.sleep(2 * SILENCE_S)
            device.send("b3 5a 01", "b3 5a 01", "b3 5a 7f", "b3 5a 01")
            return len(show.bindings) == 2

        until(learnt, "a binding")
        wanted = Binding("cc 90", "trails", channel=4, port=NAME, relative="twos")
        assert show.bindings[1] == wanted
        assert show.patch.read_text().startswith(PATCH)
        show.wait_for(f"saved in {show.patch}")
        show.press("c")
        until(lambda: show.bindings[1].curve == "root", "a curve")
        if folder := os.environ.get("SCREENSHOTS"):
            Image.fromarray(xvfb.screenshot()).save(Path(folder) / "learn.png")
        show.press("Escape", "b")
        show.osc("/unlearn", "s", "trails")
        until(lambda: len(show.bindings) == 1, "no binding")
        assert show.patch.read_text() == PATCH
        assert show.process.poll() is None, "Escape ended learning, not the show"


def test_lights_follow_and_come_back_after_replugging(
    jack_server: JackServer, tmp_path: Path
) -> None:
    with playing(tmp_path, "--headless") as show:
        with plugged_in(NAME, "lights") as device:
            lights(device, DARK, "b0 2a 00")
            show.osc("/blackout", "i", "1")
            lights(device, LIT)
            device.unplug()
        show.wait_for("is gone")
        show.osc("/freeze", "i", "1")
        with plugged_in(NAME, "lights") as device:
            lights(device, LIT, "b0 2a 7f")
            until(lambda: device.send("b0 2d 7f", "b0 2d 00") and DARK in device.heard(), "dark")


def test_an_osc_page_is_told_what_others_change(tmp_path: Path) -> None:
    page = free_udp_port()
    with (
        playing(tmp_path, "--headless", "--midi", "none", "--osc-feedback", str(page)) as show,
        running(require("oscdump", "liblo-tools"), "-L", str(page)) as oscdump,
    ):
        told: list[str] = []
        threading.Thread(target=lambda: told.extend(oscdump.stdout or ()), daemon=True).start()
        show.osc("/hello")
        until(lambda: any(re.search(r"/psi f 0\.8", line) for line in list(told)), "the state")
        show.osc("/learn", "s", "psi")
        show.osc("/my/fader", "f", "0.5")
        until(lambda: any("/my/fader f 0.5" in line for line in list(told)), "the bound address")
