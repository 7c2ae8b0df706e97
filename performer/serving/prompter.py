"""The prompter: by whom a waiting instrument is sent on air, and told that all is over."""

import os
import threading
from collections.abc import Callable

GO = b"go\n"
LOOK_EVERY_S = 0.1


class Prompter:
    """Listens at a pipe: a line is the call, its end the end, which whoever holds it may die of."""

    def __init__(self, stream: int) -> None:
        self._called, self._over = threading.Event(), threading.Event()
        self._stream = stream
        threading.Thread(target=self._listen, name="prompter", daemon=True).start()

    def wait(self, stopped: Callable[[], bool]) -> bool:
        """Wait for the call; False when it is over before."""
        while not self._called.wait(LOOK_EVERY_S):
            if self._over.is_set() or stopped():
                return False
        return True

    @property
    def is_over(self) -> bool:
        """Whether the other end is closed."""
        return self._over.is_set()

    def _listen(self) -> None:
        while os.read(self._stream, 64):
            self._called.set()
        self._over.set()
