"""Real parts for the live tests: programs, a JACK server, an X server, ports and patience."""

import os
import shutil
import signal
import socket
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray


def require(program: str, debian_package: str) -> str:
    """The path of a program; without it the test fails in CI, and is skipped elsewhere."""
    path = shutil.which(program)
    if path is not None:
        return path
    sentence = f"{program} is missing: apt-get install {debian_package}"
    if os.environ.get("CI"):
        pytest.fail(sentence)
    pytest.skip(sentence)


def wait_until(predicate: Callable[[], object], timeout_s: float = 5.0, what: str = "") -> None:
    """Poll until `predicate` holds; fail after `timeout_s`."""
    deadline_s = time.monotonic() + timeout_s
    while not predicate():
        if time.monotonic() > deadline_s:
            pytest.fail(f"waited {timeout_s:g} s in vain for {what or 'a condition'}")
        time.sleep(0.005)


def free_udp_port() -> int:
    """A UDP port of 127.0.0.1 that was free a moment ago."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def free_tcp_port() -> int:
    """A TCP port of 127.0.0.1 that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running(*command: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """A program that runs for the length of the block, its output on `stdout`."""
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=os.environ | environment,
    )
    with process:
        try:
            yield process
        finally:
            end(process)


def end(process: subprocess.Popen[str], timeout_s: float = 5.0) -> None:
    """Ask a process to end; insist after `timeout_s`."""
    process.terminate()
    try:
        process.wait(timeout_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def children(process: int, name: str) -> list[int]:
    """The processes beside a player that are called `performer-NAME`."""
    tasks = Path(f"/proc/{process}/task").glob("*/children")
    numbers = [number for task in tasks for number in task.read_text().split()]
    return [int(number) for number in numbers if own_name(number) == f"performer-{name}"]


def own_name(process: str) -> str:
    try:
        return Path(f"/proc/{process}/comm").read_text().strip()
    except OSError:
        return ""


class JackServer:
    """A JACK server of its own name on the dummy driver; it can be ended and started again."""

    def __init__(self, *options: str, period: int = 256) -> None:
        """`period` is how many samples, of 48,000 a second, it handles at once."""
        self._period = str(period)
        self._jackd = require("jackd", "jackd2")
        self._wait = require("jack_wait", "jackd2")
        self.name = f"performer-{uuid.uuid4().hex[:8]}"
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        """Start it and wait until it answers."""
        self._process = subprocess.Popen(
            [self._jackd, "-n", self.name, "-r", *self._options]
            + ["-d", "dummy", "-r", "48000", "-p", self._period],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        answer = subprocess.run(
            [self._wait, "-s", self.name, "-w", "-t", "10"], capture_output=True, text=True
        )
        if answer.returncode:
            self.stop()
            pytest.fail(f"jackd does not answer: {answer.stdout}{answer.stderr}")

    def stop(self) -> None:
        """End it; its clients stay behind."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    def hang(self) -> None:
        """Let it answer nobody, until it goes on."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)


class Screen:
    """An X server's `display` and what it shows."""

    def __init__(self, display: str, framebuffer: Path) -> None:
        self.display = display
        self._framebuffer = framebuffer

    def screenshot(self) -> NDArray[np.uint8]:
        """The screen as (height, width, 3) RGB, read from the XWD file (XWDFile.h)."""
        data = self._framebuffer.read_bytes()
        header = np.frombuffer(data, ">u4", count=25)
        header_size, width, height, bytes_per_line = header[0], header[4], header[5], header[12]
        colours = int(header[19])
        start = int(header_size) + colours * 12
        lines = np.frombuffer(data, np.uint8, int(bytes_per_line * height), start)
        bgrx = lines.reshape(int(height), int(bytes_per_line) // 4, 4)[:, : int(width)]
        return np.ascontiguousarray(bgrx[:, :, 2::-1])


@contextmanager
def xvfb_screen(directory: Path, size: str = "1280x720") -> Iterator[Screen]:
    """An Xvfb on a display number that it picks itself, ready for clients."""
    xvfb = require("Xvfb", "xvfb")
    read_end, write_end = os.pipe()
    process = subprocess.Popen(
        [xvfb, "-displayfd", str(write_end), "-screen", "0", f"{size}x24"]
        + ["-fbdir", str(directory), "-nolisten", "tcp", "-noreset"],
        pass_fds=[write_end],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(write_end)
    try:
        with os.fdopen(read_end) as answer:
            number = answer.readline().strip()
        if not number:
            pytest.fail("Xvfb did not start")
        yield Screen(f":{number}", directory / "Xvfb_screen0")
    finally:
        process.terminate()
        process.wait(10)
