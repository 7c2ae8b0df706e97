"""What every display is, and everything that looks at a frame after it was shown."""

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from performer.events import Event, KeyEvent
from performer.outputs.window_keys import Switches
from performer.status import Status

Image = NDArray[np.uint8]
OVERLAY_PERIOD_S = 0.1


class DisplayError(Exception):
    """A display cannot open; the message is one sentence for the player."""


class Display(Protocol):
    """A place where frames are seen, and the keyboard that comes with it.

    `present` shows one uint8 image (H, W, 3), C-contiguous; it calls `status` only when an
    overlay is visible and due. `poll` returns the keys since the last poll, without those that
    the display keeps for itself (`WINDOW_KEYS`). `paced` says that `present` waits for the
    screen's refresh, so that the loop must not sleep; it may change while the show runs.
    `refresh_hz` is the screen's rate, measured or told.
    """

    switches: Switches

    @property
    def closed(self) -> bool: ...

    @property
    def paced(self) -> bool: ...

    @property
    def refresh_hz(self) -> float: ...

    def present(self, image: Image, status: Callable[[], Status]) -> None: ...

    def poll(self) -> list[KeyEvent]: ...

    def describe(self) -> str: ...

    def close(self) -> None: ...


class Recorder(Protocol):
    """Something that keeps the show, or passes it on.

    The toggle of the name `parameter` switches it on; with None it is on all along.
    `frame` is told of every frame when it is on the screen, the one of `now_s`, with the events
    that it was given; it neither waits nor raises. `lamp` is what the player sees of it, "" when
    it is off; `trouble` the sentence of what went wrong, or "".
    """

    @property
    def parameter(self) -> str | None: ...

    @property
    def lamp(self) -> str: ...

    @property
    def trouble(self) -> str: ...

    def frame(self, on: bool, now_s: float, events: Sequence[Event], image: Image) -> None: ...

    def close(self) -> None: ...


def minutes(seconds: float) -> str:
    """A duration as `M:SS`."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
