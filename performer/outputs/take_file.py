"""The take of a show: kept from its first frame, and written beside the frame loop."""

import logging
import shlex
import threading
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path

from performer.black_box import Standing
from performer.events import Event, RestoreEvent
from performer.outputs.base import Image, minutes
from performer.outputs.take_writer import TakeWriter
from performer.takes import Head, Moment

EVERY_S = 0.5
# What a thread that gets no time may be behind: minutes.
WAITING_MAXIMUM = 20_000
# A show that is not recorded waits so long; with that a take is shorter than what a reader takes.
SPOOLED_S, RECORDED_S = 6 * 3600.0, 6 * 24 * 3600.0


class TakeFile:
    """Keeps the show from its first frame, and writes it once `record` has been on.

    Only from its first frame can a show be played again as it was, so all of it is kept until then,
    unless it grows too long: then it begins anew from where all stands, as another take does where
    one grows longer than a reader takes.
    """

    parameter = "record"

    def __init__(
        self,
        head: Callable[[], Head],
        path: Path | None,
        name: Callable[[], Path],
        spool: Path,
        state: Callable[[float], RestoreEvent],
    ) -> None:
        """`path`, `name` and `spool` are those of `TakeWriter`, which may raise `TakeError`.

        `head` is called on the thread, for it may have to read much; `state`, which tells where all
        stands at a time, in `frame`.
        """
        self._head, self._state, self._standing = head, state, Standing()
        self._writer = TakeWriter(path, name, spool)
        self._waiting: deque[Moment] = deque()
        self._wanted = False
        self._first_s: float | None = None
        self._began_s: float | None = None
        self._recorded_s = self._now_s = 0.0
        self._ends = ""  # why it goes no further
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="take", daemon=True)

    def start(self) -> None:
        """Begin to write what `frame` hands over."""
        self._thread.start()

    @property
    def lamp(self) -> str:
        if self._began_s is None:
            return ""
        if self._ends or self._writer.is_lost:
            return "TAKE LOST"
        return f"TAKE {minutes(self._recorded_s + self._now_s - self._began_s)}"

    @property
    def trouble(self) -> str:
        return self._ends or self._writer.trouble

    def frame(self, on: bool, now_s: float, events: Sequence[Event], image: Image) -> None:
        self._now_s = now_s
        self._wanted |= on
        if on and self._began_s is None:
            self._began_s = now_s
        elif not on and self._began_s is not None:
            self._recorded_s += now_s - self._began_s
            self._began_s = None
        self._standing.take(events)
        if not self._ends:
            self._waiting.append(Moment(now_s, tuple(events)))
            self._limit(now_s)

    def _limit(self, now_s: float) -> None:
        """Begin another take where this one is long; end what nobody could write."""
        self._first_s = now_s if self._first_s is None else self._first_s
        lasts_s = now_s - self._first_s
        if len(self._waiting) > WAITING_MAXIMUM:
            self._ends = "the disk was too slow"
        elif self._is_long(lasts_s):
            self._writer.is_large, self._first_s = False, now_s
            self._waiting.append(Moment(now_s, self._standing.begin(self._state(now_s))))

    def _is_long(self, lasts_s: float) -> bool:
        if self._wanted:
            return lasts_s > RECORDED_S
        return self._writer.is_large or lasts_s > SPOOLED_S

    def close(self) -> None:
        """Write what is left, and say where it is."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join()
        self._writer.close()
        path = self._writer.path
        if path is not None and self._first_s is None:
            path.unlink(missing_ok=True)
        elif path is not None:
            self._tell(path)

    def _tell(self, path: Path) -> None:
        logger = logging.getLogger("performer.take")
        if not self._writer.is_whole:
            logger.warning("take: %s is cut off: %s", path, self.trouble)
        out = path.with_suffix(".mp4")
        logger.info("Render the take (%.1f MB) with:", self._writer.written / 1e6)
        logger.info("  %s", shlex.join(["performer", "render", str(path), "--out", str(out)]))

    def _run(self) -> None:
        try:
            self._writer.begin(self._head())
            while not self._ended.wait(EVERY_S):
                self._work()
            self._work()
        except Exception as error:  # Whatever it is, the show goes on.
            self._writer.lose(f"{type(error).__name__}: {error}")

    def _work(self) -> None:
        """Write what waits."""
        moments = [self._waiting.popleft() for _ in range(len(self._waiting))]
        self._writer.put(moments, wanted=self._wanted)
        if self._ends and not self._writer.is_lost:
            self._writer.lose(self._ends)
