"""The supervisor: one instrument on air, one that stands ready, and a curtain behind them."""

import contextlib
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from performer.serving.boxes import LogEnd, box_folder, keep_box, keep_orphans
from performer.serving.mirror import make_mirror
from performer.serving.notify import notify
from performer.serving.part import Part
from performer.serving.patience import Restarts
from performer.serving.state import decode, read_state, write_whole
from performer.serving.token import VARIABLE

LOOK_EVERY_S, CHORES_EVERY_S, KEEP_EVERY_S = 0.05, 1.0, 30.0
UNDERSTUDY_RETRY_S = 60.0
LAST_WORDS_S = 0.5
# So soon the fallback comes, and so late what was asked for is tried again in its place.
FALLS_TO_FALL_BACK, FALLBACK_PLAYS_S = 2, 600.0
FALLS_TO_FORGET = 4


@dataclass(frozen=True, slots=True)
class Commands:
    """What starts each part; no `curtain` is none."""

    play: tuple[str, ...]
    fallback: tuple[str, ...]
    curtain: tuple[str, ...]
    understudy: bool


class Supervisor:
    """Watches until the show ends in order.

    `kept` is the file by which it goes on after a power cut, written every half minute; beside it
    lies the page's token, which a `fresh` show does not take up either. A show
    that was never on air ends with its first error; one that was is started again for ever.
    """

    def __init__(self, commands: Commands, kept: Path, *, fresh: bool) -> None:
        self._commands, self._kept = commands, kept
        self._said = LogEnd()
        logging.getLogger().addHandler(self._said)
        keep_orphans(box_folder())
        self._mirror = make_mirror()
        self._state = self._mirror.path.with_suffix(".state")
        token = kept.with_suffix(".token")
        self._lent = {VARIABLE: str(token.absolute())}
        if fresh:
            with contextlib.suppress(OSError):
                token.unlink()
        self._has_played = not fresh and self._take_up()
        self._restarts, self._curtain_restarts = Restarts(), Restarts()
        self._curtain_due_s = float("-inf")
        self._curtain: Part | None = None
        self._understudy: Part | None = None
        self._is_fallback = self._waits_as_fallback = False
        self._chores_due_s, self._keep_due_s = 0.0, time.monotonic() + KEEP_EVERY_S
        self._on_air = self._start("instrument", commands.play)
        self._on_air.go()

    def run(self, stopped: Callable[[], bool]) -> int:
        """Watch until the instrument is closed by hand or `stopped`; the exit status."""
        while not stopped():
            pulse, status = self._on_air.feel(), self._on_air.status
            if status == 0:
                return 0
            if status is not None and not (self._has_played or pulse.begun):
                return status  # What is wrong with it was said.
            if status is not None or pulse.is_lost:
                fate = "gave no good frame" if status is None else f"ended with {status}"
                self._replace(fate, stopped)
            elif pulse.begun:
                self._when_it_plays()
            self._look_after_the_curtain()
            if time.monotonic() >= self._chores_due_s:
                self._chores_due_s = time.monotonic() + CHORES_EVERY_S
                self._chores()
            time.sleep(LOOK_EVERY_S)
        return 0

    def close(self) -> None:
        """End all parts; nothing is left behind but the state."""
        notify("STOPPING=1")
        logging.getLogger().removeHandler(self._said)
        for part in (self._understudy, self._on_air, self._curtain):
            if part is not None:
                part.end()
                part.hear_out()
        self._keep()
        self._state.unlink(missing_ok=True)
        self._mirror.remove()

    def _start(self, name: str, command: tuple[str, ...]) -> Part:
        return Part(name, command, self._mirror, self._lent)

    def _take_up(self) -> bool:
        """Go on from the last time, if it left a state; whether it did."""
        try:
            data = self._kept.read_bytes() if read_state(self._kept) else b""
            if data:
                write_whole(self._state, data, lasting=False)
        except OSError:
            return False
        return bool(data)

    def _when_it_plays(self) -> None:
        self._has_played = True
        self._keep_understudy()
        understudy = self._understudy
        if understudy is not None and self._is_fallback and not self._waits_as_fallback:
            has_paused = self._on_air.played_s > FALLBACK_PLAYS_S
            if understudy.is_ready and (has_paused or self._restarts.falls < FALLS_TO_FALL_BACK):
                logging.getLogger(__name__).info("what was asked for is tried again")
                self._call(understudy)

    def _chores(self) -> None:
        """What is done once a second."""
        if self._on_air.pulse.begun:
            notify("READY=1")
        notify("WATCHDOG=1")
        if time.monotonic() >= self._keep_due_s:
            self._keep_due_s = time.monotonic() + KEEP_EVERY_S
            threading.Thread(target=self._keep, name="keep", daemon=True).start()

    def _keep(self) -> None:
        """Copy the state to where it survives a power cut; a full disk is tried again."""
        try:
            data = self._state.read_bytes()
            if decode(data, self._state) is not None:
                self._kept.parent.mkdir(parents=True, exist_ok=True)
                write_whole(self._kept, data, lasting=True)
        except FileNotFoundError:
            return
        except OSError as error:
            logging.getLogger(__name__).warning("the state cannot be saved: %s", error)

    def _replace(self, fate: str, stopped: Callable[[], bool]) -> None:
        """The next instrument, at once where one stands ready."""
        played_s = self._on_air.played_s
        log = logging.getLogger(__name__)
        log.warning("the instrument %s after %.0f s; it is started again", fate, played_s)
        self._on_air.end(patience_s=0.0)
        self._keep_box(fate)
        ready_at_s = time.monotonic() + self._restarts.wait_s(played_s)
        while time.monotonic() < ready_at_s and not stopped():
            self._look_after_the_curtain()
            time.sleep(LOOK_EVERY_S)
        if self._restarts.falls >= FALLS_TO_FORGET:
            log.warning("it starts from the beginning")
            self._state.unlink(missing_ok=True)
        understudy = self._understudy
        if understudy is not None and understudy.status is None:
            self._call(understudy)
            return
        self._is_fallback = self._restarts.falls >= FALLS_TO_FALL_BACK
        if self._is_fallback:
            log.warning("the fallback model plays")
        command = self._commands.fallback if self._is_fallback else self._commands.play
        self._on_air = self._start("instrument", command)
        self._on_air.go()

    def _keep_box(self, fate: str) -> None:
        """Keep the last minutes of the instrument that fell, beside the watch."""
        fallen, folder = self._on_air, box_folder()

        def keep() -> None:
            log = logging.getLogger(__name__)
            fallen.hear_out(LAST_WORDS_S)
            lines = tuple(self._said.lines)
            try:
                if box := keep_box(fallen.process, f"the instrument {fate}", lines, folder):
                    log.info("to see what happened: performer replay %s", box)
            except OSError as error:
                log.warning("no black box can be written: %s", error)

        threading.Thread(target=keep, name="black box", daemon=True).start()

    def _call(self, understudy: Part) -> None:
        """Let the understudy play in the place of the one on air."""
        self._on_air.end()
        self._on_air, self._understudy = understudy, None
        self._is_fallback = self._waits_as_fallback
        if self._is_fallback:
            logging.getLogger(__name__).warning("the fallback model plays")
        understudy.go()

    def _keep_understudy(self) -> None:
        """Have the next instrument ready; after one that could not, the fallback stands in."""
        fallen, stands_in = self._understudy, False
        if not self._commands.understudy or (fallen is not None and fallen.status is None):
            return
        if fallen is not None:
            stands_in = not (fallen.is_ready or self._waits_as_fallback or self._is_fallback)
            if not (stands_in or fallen.is_ready) and fallen.played_s < UNDERSTUDY_RETRY_S:
                return
            logging.getLogger(__name__).warning("the standby process ended with %s", fallen.status)
            fallen.end()
        self._waits_as_fallback = stands_in
        command = self._commands.fallback if stands_in else self._commands.play
        self._understudy = self._start("understudy", command)

    def _look_after_the_curtain(self) -> None:
        if not self._commands.curtain or time.monotonic() < self._curtain_due_s:
            return
        if self._curtain is not None:
            if self._curtain.status is None:
                return
            self._curtain.end()
            wait_s = self._curtain_restarts.wait_s(self._curtain.played_s)
            self._curtain_due_s, self._curtain = time.monotonic() + wait_s, None
            if wait_s:
                return
        self._curtain = self._start("curtain", self._commands.curtain)
