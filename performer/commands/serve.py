"""`performer serve`: plays a patch for months, and brings it back whatever befalls it."""

import logging
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

from performer.serving.mirror import make_mirror
from performer.serving.notify import notify
from performer.serving.part import Part
from performer.serving.patience import Restarts

LOOK_EVERY_S, UNDERSTUDY_RETRY_S = 0.05, 60.0
PROGRAM = (sys.executable, "-m", "performer")
CURTAIN = (sys.executable, "-m", "performer.serving.curtain")


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asks for; `play` are the arguments of `performer play`."""

    play: tuple[str, ...]
    display: int
    curtain: bool
    understudy: bool


def serve(options: Options, stopped: Callable[[], bool]) -> int:
    """Play until it is closed or `stopped`; the exit status."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    supervisor = Supervisor(options)
    try:
        return supervisor.run(stopped)
    finally:
        supervisor.close()


class Supervisor:
    """One instrument on air, one ready to take over, and a curtain behind them."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._mirror = make_mirror()
        self._restarts = Restarts()
        self._curtain = self._raise_curtain()
        self._on_air = Part((*PROGRAM, "play", *options.play), self._mirror)
        self._understudy: Part | None = None

    def run(self, stopped: Callable[[], bool]) -> int:
        """Watch until the instrument is closed by hand or `stopped`; the exit status."""
        ready = False
        while not stopped():
            pulse = self._on_air.feel()
            status = self._on_air.status
            if status == 0:
                return 0
            if status is not None and not pulse.begun and not self._restarts.count:
                return status  # It never played: what is wrong with it was said.
            if status is not None or pulse.is_lost(time.monotonic()):
                self._replace("hung" if status is None else f"ended with {status}", stopped)
            if pulse.begun and not ready:
                ready = True
                notify("READY=1")
            if pulse.begun:
                self._keep_understudy()
            notify("WATCHDOG=1")
            time.sleep(LOOK_EVERY_S)
        return 0

    def close(self) -> None:
        """End all parts; nothing is left behind."""
        notify("STOPPING=1")
        for part in (self._understudy, self._on_air, self._curtain):
            if part is not None:
                part.end()
        self._mirror.path.unlink(missing_ok=True)

    def _replace(self, fate: str, stopped: Callable[[], bool]) -> None:
        """The next instrument, at once where one stands ready."""
        played_s = time.monotonic() - self._on_air.started_s
        logging.getLogger(__name__).warning(
            "the instrument %s after %.0f s; it is started again", fate, played_s
        )
        self._on_air.end(patience_s=0.0)
        ready_at_s = time.monotonic() + self._restarts.wait_s(played_s)
        while time.monotonic() < ready_at_s and not stopped():
            time.sleep(LOOK_EVERY_S)
        if self._curtain is not None and self._curtain.status is not None:
            self._curtain = self._raise_curtain()  # only now: it would open over the instrument
        understudy, self._understudy = self._understudy, None
        if understudy is not None and understudy.status is None:
            self._on_air = understudy
            understudy.go()
        else:
            self._on_air = Part((*PROGRAM, "play", *self._options.play), self._mirror)

    def _keep_understudy(self) -> None:
        """Have the next instrument ready; one that fell while it waited is not tried at once."""
        if not self._options.understudy:
            return
        if self._understudy is None:
            command = (*PROGRAM, "play", *self._options.play, "--understudy")
            self._understudy = Part(command, self._mirror)
        elif self._understudy.status is not None:
            waited_s = time.monotonic() - self._understudy.started_s
            if waited_s > UNDERSTUDY_RETRY_S:
                self._understudy = None

    def _raise_curtain(self) -> Part | None:
        if not self._options.curtain:
            return None
        command = (*CURTAIN, str(self._mirror.path), str(self._options.display))
        return Part(command, self._mirror)
