"""The curtain: a window under the instrument's that holds the last picture while it is away."""

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

from performer.outputs.layout import Output, load_outputs
from performer.serving.mirror import Mirror, given_mirror
from performer.serving.prompter import Prompter
from performer.toml_files import PatchError

REFRESH_S, RETRY_S = 0.1, 0.5


def draw_curtain(mirror: Mirror, outputs: Sequence[Output], is_over: Callable[[], bool]) -> None:
    """Show the mirror's last picture, fullscreen, until it `is_over`; waits for a display."""
    import pygame

    from performer.clock import SystemClock
    from performer.outputs.base import DisplayError
    from performer.outputs.display import PygameDisplay

    display = None
    shown = -1
    while not is_over():
        if display is None:
            try:
                display = PygameDisplay(
                    SystemClock(), outputs, hint=False, backdrop=mirror.picture()
                )
            except DisplayError:
                time.sleep(RETRY_S)
                continue
            mirror.tell_curtain()
        pygame.event.get()  # Keys and clicks are not for it.
        picture = mirror.picture() if mirror.writes != shown else None
        if picture is not None:
            shown = mirror.writes
            display.present(picture, _no_status)
        time.sleep(REFRESH_S)
    if display is not None:
        display.close()


def outputs_of(display: str, fit: Any, file: str) -> tuple[Output, ...]:
    """Those of the file that is named, else the one display; exits with what is wrong with it."""
    try:
        return load_outputs(Path(file)) if file else (Output(display=int(display), fit=fit),)
    except PatchError as error:
        sys.exit(f"no curtain: {error}")


def _no_status() -> NoReturn:
    raise RuntimeError("the curtain has no overlay to show a status on")


if __name__ == "__main__":
    prompter = Prompter(sys.stdin.fileno())
    given = given_mirror()
    if given is not None:
        draw_curtain(given, outputs_of(*sys.argv[1:]), lambda: prompter.is_over)
