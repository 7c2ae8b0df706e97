"""A process of the show: the instrument on air, its understudy, the curtain."""

import contextlib
import os
import subprocess
import time
from collections.abc import Sequence

from performer.serving.mirror import VARIABLE, Mirror
from performer.serving.patience import Pulse

GO = b"go\n"
END_S = 5.0


class Part:
    """A child process that beats on a mirror; `pulse` tells whether it lives."""

    def __init__(self, command: Sequence[str], mirror: Mirror) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - our own program
            command,
            stdin=subprocess.PIPE,
            env=os.environ | {VARIABLE: str(mirror.path)},
        )
        self._mirror = mirror
        self.started_s = time.monotonic()
        self.pulse = Pulse(self.started_s, mirror.pulse)

    @property
    def status(self) -> int | None:
        """Its exit status; None while it runs."""
        return self._process.poll()

    def feel(self) -> Pulse:
        """Its pulse as of now."""
        self.pulse.feel(time.monotonic(), self._mirror.pulse)
        return self.pulse

    def go(self) -> None:
        """Send an understudy on air."""
        self.started_s = time.monotonic()
        self.pulse = Pulse(self.started_s, self._mirror.pulse)
        with contextlib.suppress(OSError):
            assert self._process.stdin is not None  # noqa: S101 - it was made with a pipe
            self._process.stdin.write(GO)
            self._process.stdin.flush()

    def end(self, *, patience_s: float = END_S) -> None:
        """Ask it to end; insist after `patience_s`."""
        if self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.close()
        if patience_s:
            self._process.terminate()
        try:
            self._process.wait(patience_s or 1e-3)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
