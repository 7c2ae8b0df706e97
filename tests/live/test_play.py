"""The whole instrument as its players meet it: a process, a window, MIDI, OSC and signals."""

import json
import os
import signal
import socket
import subprocess
import sys
import wave
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import torch
from midi_device import plugged_in
from parts import JackServer, Screen, end, free_udp_port, require, wait_until

from models.canvas import Canvas
from models.checkpoint import Images, Manifest, save_checkpoint
from models.networks import Generator
from tests.tiny_model import TINY

pytestmark = pytest.mark.live

DEADLINE_S = 30.0
PERFORMER = (sys.executable, "-c", "from performer.cli import main; main()")
PATCH = """version = 1
name = "Still"
[start]
"walk.speed" = 0
"walk.reach" = 0
[[bindings]]
source = "cc 16"
parameter = "brightness"
takeover = "none"
"""
MALFORMED = [
    b"",
    b"\x00",
    b"/psi",
    b"/psi\x00\x00\x00\x00,f\x00\x00\x3f",
    b"#bundle\x00" + bytes(8) + b"\xff\xff\xff\xfc",
    b"#bundle\x00" + bytes(8) + b"\x00\x00\x00\x10",
    b"/psi\x00\x00\x00\x00,f\x00\x00\x7f\xc0\x00\x00",
    b"/psi\x00\x00\x00\x00,f\x00\x00\x7f\x80\x00\x00",
    b"/psi\x00\x00\x00\x00,s\x00\x00abc\x00",
    b"/\xff\xfe\x00,f\x00\x00\x3f\x00\x00\x00",
    b"/latent/*/*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b\x00\x00,f\x00\x00\x3f\x00\x00\x00",
    (b"#bundle\x00" + bytes(8)) * 2000,
    os.urandom(512),
]


def save_tiny_model(path: Path) -> None:
    torch.manual_seed(1)
    canvas = Canvas(4, 8, 2)
    manifest = Manifest(canvas, TINY, 0.0, Images(1, "none"), 1, "nonsaturating", "today")
    save_checkpoint(path, Generator(canvas, TINY), manifest)


class Player:
    """A running `performer play`, its window's pixels, and a way to send it OSC."""

    def __init__(self, directory: Path, *options: str) -> None:
        self.port = free_udp_port()
        self.stats = directory / "stats.json"
        save_tiny_model(directory / "tiny.safetensors")
        (directory / "still.toml").write_text(PATCH)
        self.process = subprocess.Popen(
            [*PERFORMER, "play", str(directory / "still.toml"), *options]
            + ["--model", str(directory / "tiny.safetensors"), "--stats", str(self.stats)]
            + ["--osc", f"127.0.0.1:{self.port}"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def wait_for_the_loop(self) -> None:
        assert self.process.stdout
        until(lambda: self.process.stdout.readline().startswith("Playing"), "the loop to begin")

    def osc(self, address: str, kind: str, value: str) -> None:
        oscsend = require("oscsend", "liblo-tools")
        subprocess.run([oscsend, "127.0.0.1", str(self.port), address, kind, value], check=True)

    def stop(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        self.process.send_signal(number)
        output, _ = self.process.communicate(timeout=DEADLINE_S)
        return self.process.returncode, output

    def statistics(self) -> dict[str, dict[str, object]]:
        statistics: dict[str, dict[str, object]] = json.loads(self.stats.read_text())
        return statistics


@pytest.fixture
def play(tmp_path: Path) -> Iterator[Callable[..., Player]]:
    players: list[Player] = []

    def start(*options: str) -> Player:
        players.append(Player(tmp_path, *options))
        return players[-1]

    yield start
    for player in players:
        with player.process:
            end(player.process)


def brightness(screen: Screen) -> float:
    """The mean of the window's middle, where no overlay is."""
    return float(screen.screenshot()[300:420, 500:780].mean())


def until(predicate: Callable[[], object], what: str) -> None:
    wait_until(predicate, DEADLINE_S, what)


def is_shown(screen: Screen) -> bool:
    return 40 < brightness(screen) < 215


def test_a_knob_over_jack_and_a_message_over_udp_move_the_picture(
    steady_jack_server: JackServer, xvfb: Screen, play: Callable[..., Player]
) -> None:
    player = play("--size", "640x360")
    with plugged_in("nanoKONTROL2") as device:
        until(lambda: is_shown(xvfb), "the picture")
        until(lambda: device.send("b0 10 7f") and brightness(xvfb) > 250, "the knob: all white")
        # Sent again until seen: turns of the knob may still be on their way through JACK.
        until(
            lambda: player.osc("/brightness", "f", "-1") or brightness(xvfb) < 5, "OSC: all black"
        )
        until(lambda: player.osc("/brightness", "f", "0") or is_shown(xvfb), "the picture again")
    assert player.stop()[0] == 0
    statistics = player.statistics()
    assert statistics["latency_ms"]["midi"]["count"] >= 1  # type: ignore[index]
    assert statistics["latency_ms"]["osc"]["count"] >= 2  # type: ignore[index]
    assert statistics["errors"] == 0


def test_a_controller_unplugged_and_plugged_in_again_goes_on(
    jack_server: JackServer, xvfb: Screen, play: Callable[..., Player]
) -> None:
    player = play("--size", "640x360")
    until(lambda: is_shown(xvfb), "the picture")
    with plugged_in("nanoKONTROL2") as device:
        until(lambda: device.send("b0 10 7f") and brightness(xvfb) > 250, "all white")
        device.unplug()
    with plugged_in("nanoKONTROL2") as device:
        until(lambda: device.send("b0 10 00") and brightness(xvfb) < 5, "all black")
        device.unplug()
    status, output = player.stop()
    assert status == 0 and "Traceback" not in output


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_in_order(play: Callable[..., Player], number: int) -> None:
    player = play("--headless", "--midi", "none", "--seconds", "60")
    player.wait_for_the_loop()
    status, output = player.stop(number)
    assert status == 0 and "Traceback" not in output
    assert player.statistics()["errors"] == 0


def test_malformed_datagrams_do_no_harm(play: Callable[..., Player]) -> None:
    player = play("--headless", "--midi", "none", "--seconds", "60")
    player.wait_for_the_loop()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for datagram in MALFORMED * 5:
            sender.sendto(datagram, ("127.0.0.1", player.port))
    for _ in range(20):
        player.osc("/hue", "f", "90")
    status, output = player.stop()
    assert status == 0 and "Traceback" not in output
    statistics = player.statistics()
    assert statistics["latency_ms"]["osc"]["count"] >= 1  # type: ignore[index]
    assert statistics["events_refused"]["refusal"] >= 1  # type: ignore[operator]
    assert statistics["errors"] == 0


def perform(*arguments: str) -> tuple[int, str]:
    """Run a command to its end: status and all that it says."""
    done = subprocess.run(
        [*PERFORMER, *arguments], capture_output=True, text=True, timeout=2 * DEADLINE_S
    )
    return done.returncode, done.stdout + done.stderr


def test_a_terminal_that_stands_still_does_not_stop_the_show(tmp_path: Path) -> None:
    """As after Ctrl-S, or a click into a Windows console: here a pipe that is full."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    with suppress(BlockingIOError):
        while True:
            os.write(writer, bytes(4096))
    os.set_blocking(writer, True)
    save_tiny_model(tmp_path / "tiny.safetensors")
    stats = tmp_path / "stats.json"
    command = [*PERFORMER, "play", "drift", "--model", str(tmp_path / "tiny.safetensors")]
    command += ["--headless", "--midi", "none", "--osc", "none", "--frames", "30"]
    try:
        done = subprocess.run([*command, "--stats", str(stats)], stderr=writer, timeout=DEADLINE_S)
    finally:
        os.close(reader)
        os.close(writer)
    assert done.returncode == 0 and json.loads(stats.read_text())["frames"] == 30


def test_with_nothing_asked_the_starter_plays(tmp_path: Path) -> None:
    stats = tmp_path / "stats.json"
    status, output = perform(
        *("play", "--headless", "--osc", "none", "--midi", "none"),
        *("--frames", "30", "--stats", str(stats)),
    )
    assert status == 0, output
    statistics = json.loads(stats.read_text())
    assert statistics["frames"] == 30 and statistics["errors"] == 0


def test_a_taken_port_is_one_sentence(tmp_path: Path) -> None:
    save_tiny_model(tmp_path / "tiny.safetensors")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        port = other.getsockname()[1]
        model = ("--model", str(tmp_path / "tiny.safetensors"))
        status, output = perform("play", "--headless", *model, "--osc", f"127.0.0.1:{port}")
    assert status == 1
    assert f"port {port}" in output and "in use" in output and "Traceback" not in output


@pytest.mark.parametrize(
    "arguments, words",
    [
        (("play", "nowhere"), 'no patch is called "nowhere"'),
        (("play", "missing.toml"), "missing.toml"),
        (("play", "--model", "missing.safetensors", "--headless"), "missing.safetensors: no such"),
        (("play", "--osc", "everywhere", "--headless"), "write HOST:PORT"),
        (("play", "--device", "tpu", "--headless"), 'device "tpu" is not available'),
    ],
)
def test_what_cannot_be_played_is_one_sentence(
    tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    if "--model" not in arguments:
        save_tiny_model(tmp_path / "tiny.safetensors")
        arguments += ("--model", str(tmp_path / "tiny.safetensors"))
    status, output = perform(*arguments)
    assert status == 1 and words in output and "Traceback" not in output


def test_a_wrong_patch_is_refused_with_its_line(tmp_path: Path) -> None:
    patch = tmp_path / "wrong.toml"
    patch.write_text(PATCH.replace('takeover = "none"', 'takeover = "grab"'))
    status, output = perform("play", str(patch))
    assert status == 1
    assert "wrong.toml:9: bindings[1].takeover" in output and "none, pickup or scale" in output


def test_check_is_green_with_all_parts_and_red_without(
    tmp_path: Path, steady_jack_server: JackServer, xvfb: Screen
) -> None:
    save_tiny_model(tmp_path / "tiny.safetensors")
    model = ("--model", str(tmp_path / "tiny.safetensors"))
    osc = ("--osc", f"127.0.0.1:{free_udp_port()}")
    status, output = perform("check", *model, *osc)
    assert status == 0 and "1280x720" in output
    status, output = perform("check", *model, *osc, "--midi", "nanoKONTROL2")
    assert status == 1 and "no port contains" in output
    status, output = perform("check", *model, *osc, "--sound", "default")
    assert status == 0 and "silent" in output
    status, output = perform("check", *model, *osc, "--sound", str(noise(tmp_path / "noise.wav")))
    assert status == 0 and "heard" in output


def noise(path: Path) -> Path:
    """A second of sound."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(48_000)
        file.writeframes(np.random.default_rng(1).integers(-9000, 9000, 48_000, "<i2").tobytes())
    return path
