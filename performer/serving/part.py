"""A part of the show that runs as a process: the instrument, its understudy, the curtain."""

import contextlib
import os
import subprocess
import time
from collections.abc import Mapping, Sequence

from performer.serving.journal import note_lines
from performer.serving.mirror import VARIABLE, Mirror
from performer.serving.patience import CALL_S, Pulse
from performer.serving.prompter import GO

END_S = 5.0
# Lines come as they are said; what the tracker of shared memory says of a killed part is no news.
QUIET = {"PYTHONUNBUFFERED": "1", "PYTHONWARNINGS": "ignore:resource_tracker"}


class Part:
    """A child process that has a mirror to beat on; `pulse` tells whether it lives.

    It ends when the pipe to it is closed, also by our own death.
    """

    def __init__(
        self, name: str, command: Sequence[str], mirror: Mirror, lent: Mapping[str, str]
    ) -> None:
        """`lent` is what else its environment tells it."""
        self._process = subprocess.Popen(  # noqa: S603 - our own program
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=os.environ | {VARIABLE: str(mirror.path), **lent, **QUIET},
        )
        assert self._process.stdout is not None  # noqa: S101 - it was made with a pipe
        self._journal = note_lines(name, self._process.stdout)
        self._mirror = mirror
        self._ready_before = mirror.ready
        self._is_called = self._is_expected = False
        self.started_s = time.monotonic()
        self.pulse = Pulse(self.started_s, mirror.pulse)

    @property
    def status(self) -> int | None:
        """Its exit status; None while it runs."""
        return self._process.poll()

    @property
    def process(self) -> int:
        """Its number."""
        return self._process.pid

    @property
    def is_ready(self) -> bool:
        """Whether it waits for its call; only the newest part is asked."""
        return self._mirror.ready != self._ready_before

    @property
    def played_s(self) -> float:
        """For how long it has been there, or on air."""
        return time.monotonic() - self.started_s

    def feel(self) -> Pulse:
        """Its pulse as of now."""
        now_s, pulse = time.monotonic(), self._mirror.pulse
        if self._is_called and self.is_ready and not self._is_expected:
            self._is_expected = True
            self.pulse = Pulse(now_s, pulse, CALL_S)
        self.pulse.feel(now_s, pulse)
        return self.pulse

    def go(self) -> None:
        """Send it on air."""
        self.started_s, self._is_called = time.monotonic(), True
        self.pulse = Pulse(self.started_s, self._mirror.pulse)
        with contextlib.suppress(OSError):
            assert self._process.stdin is not None  # noqa: S101 - it was made with a pipe
            self._process.stdin.write(GO)
            self._process.stdin.flush()

    def end(self, *, patience_s: float = END_S) -> None:
        """Ask it to end, insist after `patience_s`."""
        with contextlib.suppress(OSError):
            assert self._process.stdin is not None  # noqa: S101 - it was made with a pipe
            self._process.stdin.close()
        try:
            self._process.wait(patience_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def hear_out(self, patience_s: float = END_S) -> None:
        """Wait until all that it and its children say is written down."""
        self._journal.join(patience_s)
