"""What every display is, and the keys that belong to the window rather than to the patch."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from performer.events import KeyEvent
from performer.status import Status

Image = NDArray[np.uint8]
OVERLAY_PERIOD_S = 0.1

APP_KEYS: tuple[tuple[str, str], ...] = (
    ("Esc, Q", "Quit."),
    ("F", "Fullscreen, and back to a window."),
    ("H", "Numbers, events and every parameter."),
    ("M", "What moves what: the modulators, and the sound."),
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


@dataclass(slots=True)
class Switches:
    """What the player's app keys have switched."""

    closed: bool = False
    fullscreen: bool = False
    hud: bool = False
    help: bool = False
    matrix: bool = False

    @property
    def overlay(self) -> str:
        """Which overlay is to be seen, "" for none: the help over the matrix over the HUD."""
        return "help" if self.help else "matrix" if self.matrix else "hud" if self.hud else ""

    def take(self, key: str, pressed: bool) -> bool:
        """Act on a key press; True when the key belongs to the window, pressed or released."""
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
