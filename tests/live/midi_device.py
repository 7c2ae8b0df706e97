"""A MIDI device on JACK in a process of its own, that can be plugged in and unplugged."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from parts import running

SENDER = str(Path(__file__).with_name("midi_sender.py"))


class Device:
    """A MIDI device: a sender in another process, `NAME:out`."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        assert self._answer() == "ready"

    def send(self, *messages: str) -> list[float]:
        """Send messages given in hex; the times before each was sent."""
        self._say(",".join(messages))
        return [float(time_s) for time_s in self._answer().split()]

    def start_sending(self, *messages: str) -> None:
        self._say(",".join(messages))

    def burst(self, count: int) -> None:
        """Send that many control changes, which count up in 14 bits, as fast as JACK takes them."""
        self._say(f"burst {count}")
        assert self._answer() == "done"

    def replug(self) -> None:
        """Pull it out and plug it in again at once."""
        self._say("replug")
        assert self._answer() == "done"

    def heard(self) -> list[str]:
        """The messages in hex that came to its lights since the last time."""
        self._say("heard")
        return [message for message in self._answer().split(",") if message]

    def unplug(self) -> None:
        self.process.kill()
        self.process.wait()

    def _say(self, line: str) -> None:
        assert self.process.stdin
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def _answer(self) -> str:
        assert self.process.stdout
        return self.process.stdout.readline().strip()


@contextmanager
def plugged_in(name: str, *options: str) -> Iterator[Device]:
    with running(sys.executable, SENDER, name, *options) as process:
        device = Device(process)
        yield device
        if process.poll() is None:
            # A clean exit: a killed client wedges a synchronous server.
            device.start_sending("end")
            process.wait(5)
