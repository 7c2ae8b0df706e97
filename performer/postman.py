"""Hands messages over beside whoever has them: a thread that may wait, behind a short queue."""

import contextlib
import queue
import threading
import time
from collections.abc import Callable


class Postman:
    """Has `deliver` take each message in a thread, in order; what it is too slow for is lost.

    OSError and ValueError of `deliver` cost the message: whoever took them has gone.
    """

    def __init__(self, name: str, deliver: Callable[[bytes], object], most_waiting: int) -> None:
        self._deliver = deliver
        self._waiting: queue.Queue[bytes | None] = queue.Queue(most_waiting)
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def post(self, message: bytes) -> bool:
        """Whether it will be delivered; never blocks."""
        try:
            self._waiting.put_nowait(message)
        except queue.Full:
            return False
        return True

    def flush(self, patience_s: float) -> None:
        """Wait until all is delivered, but no longer than this."""
        deadline_s = time.monotonic() + patience_s
        while self._waiting.unfinished_tasks and time.monotonic() < deadline_s:
            time.sleep(0.002)

    def close(self) -> None:
        """Deliver what waits, and end."""
        self._waiting.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (message := self._waiting.get()) is not None:
            with contextlib.suppress(OSError, ValueError):
                self._deliver(message)
            self._waiting.task_done()
