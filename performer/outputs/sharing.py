"""The show sent to other programs: each way out has a thread, which takes the newest frame."""

import logging
import threading
from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np

from performer.events import Event
from performer.outputs.base import Image

RETRY_S = 5.0
PATIENCE_S = 5.0


class SharingError(Exception):
    """A way out that is not there; the message is one sentence for the player."""


class Sender(Protocol):
    """A way out to other programs for pictures of one size; one thread opens, uses, closes it.

    `send` takes a uint8 image (H, W, 3), C-contiguous, which is its own only during the call.
    """

    def send(self, image: Image) -> None: ...

    def close(self) -> None: ...


class Slot:
    """Where one thread leaves a picture and another finds it: the newest wins, nobody waits."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._newest: Image | None = None
        self._spare: list[Image] = []
        self._is_closed = False

    def put(self, image: Image) -> None:
        """Leave a copy of a picture, in the place of one that was not fetched."""
        with self._changed:
            copy = self._spare.pop() if self._spare else None
        if copy is None or copy.shape != image.shape:
            copy = np.empty_like(image)
        np.copyto(copy, image)
        with self._changed:
            if self._newest is not None:
                self._spare.append(self._newest)
            self._newest = copy
            self._changed.notify()

    def take(self) -> Image | None:
        """The newest picture, waited for; None when the slot is closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._newest is not None or self._is_closed)
            image, self._newest = self._newest, None
            return None if self._is_closed else image

    def give_back(self, image: Image) -> None:
        """A picture that was taken is not needed any more."""
        with self._changed:
            self._spare.append(image)

    def close(self) -> None:
        """Let the waiting end."""
        with self._changed:
            self._is_closed = True
            self._changed.notify()

    def closed_within(self, seconds: float) -> bool:
        """Wait; whether the slot was closed."""
        with self._changed:
            return self._changed.wait_for(lambda: self._is_closed, seconds)


class Sharing:
    """A `Recorder` that is on all along: it sends every frame that its sender keeps up with.

    A sender that fails is opened anew after some seconds; until then `trouble` says why.
    """

    parameter = None

    def __init__(self, name: str, open_sender: Callable[[tuple[int, int]], Sender]) -> None:
        """`name` is what the player sees; `open_sender` makes a sender for a (width, height)."""
        self._name = name
        self.trouble = ""
        self.sent = 0
        self._open_sender = open_sender
        self._slot = Slot()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    @property
    def lamp(self) -> str:
        return f"{self._name} LOST" if self.trouble else self._name

    def frame(self, on: bool, now_s: float, events: Sequence[Event], image: Image) -> None:
        self._slot.put(image)

    def close(self) -> None:
        self._slot.close()
        self._thread.join(PATIENCE_S)

    def _run(self) -> None:
        is_over = False
        while not is_over:
            try:
                self._send()
                is_over = True
            except Exception as error:  # Of a foreign library: it may be anything.
                self._complain(f"{self._name}: {error}")
                is_over = self._slot.closed_within(RETRY_S)

    def _complain(self, trouble: str) -> None:
        if trouble != self.trouble:
            logging.getLogger("performer.sharing").warning(trouble)
        self.trouble = trouble

    def _send(self) -> None:
        """Send until the slot is closed; a picture of another size gets another sender."""
        sender, size = None, (0, 0)
        try:
            while (image := self._slot.take()) is not None:
                height, width = image.shape[:2]
                if sender is None or size != (width, height):
                    if sender is not None:
                        sender.close()
                    sender, size = None, (width, height)
                    sender = self._open_sender(size)
                sender.send(image)
                self.sent, self.trouble = self.sent + 1, ""
                self._slot.give_back(image)
        finally:
            if sender is not None:
                sender.close()
