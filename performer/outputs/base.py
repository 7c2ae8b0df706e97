"""What every display is, and the keys that belong to the window rather than to the patch."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from performer.events import Event, KeyEvent
from performer.status import Status

Image = NDArray[np.uint8]
OVERLAYS = ("help", "learn", "matrix", "hud")
OVERLAY_PERIOD_S = 0.1

APP_KEYS: tuple[tuple[str, str], ...] = (
    ("Esc, Q", "Quit."),
    ("F", "Fullscreen, and back to a window."),
    ("H", "Numbers, events and every parameter."),
    ("M", "What moves what, and the sound."),
    ("F1, /, ?", "This help."),
)


class DisplayError(Exception):
    """A display cannot open; the message is one sentence for the player."""


class Display(Protocol):
    """A place where frames are seen, and the keyboard that comes with it.

    `present` shows one uint8 image (H, W, 3), C-contiguous; it calls `status` only when an
    overlay is visible and due. `poll` returns the keys since the last poll, without those that
    the display keeps for itself (`APP_KEYS`). `paced` says that `present` waits for the
    screen's refresh, so that the loop must not sleep; it may change while the show runs.
    `refresh_hz` is the screen's rate, measured or told.
    """

    switches: "Switches"

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


@dataclass(slots=True)
class Switches:
    """What the player's app keys have switched; `learn` is switched by the stage.

    `front` asks the window once to come before all others.
    """

    closed: bool = False
    fullscreen: bool = False
    hud: bool = False
    help: bool = False
    learn: bool = False
    front: bool = False
    matrix: bool = False

    @property
    def overlay(self) -> str:
        """Which overlay is to be seen, "" for none; of several the one that was asked for."""
        return next((name for name in OVERLAYS if getattr(self, name)), "")

    def take(self, key: str, pressed: bool) -> bool:
        """Act on a key press; True when the key belongs to the window, pressed or released."""
        if key == "escape" and self.learn:
            return False  # It ends learning, not the show.
        if key in ("escape", "q"):
            self.closed |= pressed
        elif key == "f":
            self.fullscreen ^= pressed
        elif key == "h":
            self.hud ^= pressed
        elif key == "m":
            self.matrix ^= pressed
        elif key in ("f1", "?", "/"):
            self.help ^= pressed
        else:
            return False
        return True
