"""Following a model's file while it is played: each newer one is read beside the frame loop."""

import threading
from pathlib import Path

import torch

from performer.clock import Clock
from performer.commands.look import look_at
from performer.commands.preparing import ready_model, refusal
from performer.events import Inbox

LOOK_EVERY_S = 1.0


class Follower:
    """A thread that hands each newer model over, and says which it cannot.

    The model that is in the file when it starts is not handed over.
    """

    def __init__(self, path: Path, device: torch.device, inbox: Inbox, clock: Clock) -> None:
        self._path, self._device, self._inbox, self._clock = path, device, inbox, clock
        self._seen = look_at(path)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="follower", daemon=True)

    def start(self) -> None:
        """Look about once a second from now on, until `close`."""
        self._thread.start()

    def close(self) -> None:
        """End the thread."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        torch.set_num_threads(1)  # of this thread: the others are the frame loop's
        while not self._ended.wait(LOOK_EVERY_S):
            self.look()

    def look(self) -> None:
        """Take the file if it is another one than at the last look; never raises."""
        now = look_at(self._path)
        if now == self._seen:
            return
        self._seen = now
        try:
            event = ready_model(self._path, self._device, self._clock, moves=True)
            self._inbox.put(event)
        except Exception as error:
            self._inbox.put(refusal(self._path, error, self._clock))
