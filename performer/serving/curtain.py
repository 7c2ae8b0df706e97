"""The curtain: a window under the instrument's that holds the last picture while it is away."""

import os
import sys
import threading
from pathlib import Path
from typing import NoReturn

from performer.serving.mirror import Mirror

REFRESH_HZ = 10


def draw_curtain(mirror_path: Path, display_index: int, over: threading.Event) -> None:
    """Show the mirror's last picture, fullscreen, until it is `over`."""
    os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
    import pygame

    from performer.clock import SystemClock
    from performer.outputs.display import PygameDisplay

    mirror, clock = Mirror(mirror_path), SystemClock()
    display = PygameDisplay(
        clock, fullscreen=True, display_index=display_index, title="Performer", hint=False
    )
    shown = -1
    while not over.wait(1.0 / REFRESH_HZ):
        pygame.event.get()  # Keys and clicks are not for it.
        if mirror.writes != shown:
            shown, picture = mirror.writes, mirror.picture()
            if picture is not None:
                display.present(picture, _no_status)
    display.close()


def _no_status() -> NoReturn:
    raise RuntimeError("the curtain has no overlay to show a status on")


def ends_with(stream: int) -> threading.Event:
    """Set once a pipe is closed, which also the death of whoever holds it does."""
    over = threading.Event()

    def wait() -> None:
        while os.read(stream, 1):
            pass
        over.set()

    threading.Thread(target=wait, name="parent", daemon=True).start()
    return over


if __name__ == "__main__":
    draw_curtain(Path(sys.argv[1]), int(sys.argv[2]), ends_with(sys.stdin.fileno()))
