"""Opens a window on the right screen, with the best renderer that works there."""

import os

import pygame
from pygame._sdl2 import video

from performer.outputs.base import DisplayError
from performer.outputs.layout import Output
from performer.outputs.sdl import display_of, origin

HEADLESS_DRIVERS = ("dummy", "offscreen")
HINTS = {
    "SDL_RENDER_SCALE_QUALITY": "linear",
    # Else a click on the laptop's screen would minimise the picture on the projector.
    "SDL_VIDEO_MINIMIZE_ON_FOCUS_LOSS": "0",
}
# What it is called, whether it is accelerated (0 or 1), whether it should wait for the screen.
RENDERERS = (
    ("accelerated, vsync", 1, True),
    ("accelerated", 1, False),
    ("software, vsync", 0, True),
    ("software", 0, False),
)
# SDL's way to say "centred on display n" instead of a position.
CENTRED_ON_DISPLAY = 0x2FFF0000


def start_video() -> int:
    """Start SDL's video and fonts, and nothing else; returns how many displays there are."""
    asked_for = os.environ.get("SDL_VIDEODRIVER", "")
    for name, value in HINTS.items():
        os.environ.setdefault(name, value)
    try:
        pygame.display.init()
    except pygame.error as error:
        raise DisplayError(f"No screen can be opened ({error}): {ADVICE}") from None
    driver = pygame.display.get_driver()
    if driver in HEADLESS_DRIVERS and driver not in asked_for:
        # With no X server SDL quietly draws to nowhere, and the show would run unseen.
        pygame.display.quit()
        raise DisplayError(f"No screen was found: {ADVICE}")
    pygame.font.init()
    pygame.display.set_allow_screensaver(False)
    return len(pygame.display.get_desktop_sizes())


ADVICE = "start it from a desktop session (or set DISPLAY), or play without one by --headless."


def check_display(index: int, count: int) -> None:
    """Refuse a display that is not there, before anything opens."""
    if not 0 <= index < count:
        there = "is only display 0" if count == 1 else f"are {count}, 0 to {count - 1}"
        raise DisplayError(f"There is no display {index}: there {there}.")


def default_size(display_index: int) -> tuple[int, int]:
    """1280x720, or what fits on a smaller desktop."""
    width, height = pygame.display.get_desktop_sizes()[display_index]
    scale = min(1.0, 0.9 * width / 1280, 0.9 * height / 720)
    return round(1280 * scale), round(720 * scale)


def open_window(output: Output, title: str) -> pygame.Window:
    """A resizable window; fullscreen is a borderless one that leaves the screen's mode alone."""
    size = window_size(output)
    if not output.windowed:
        # Where no window manager runs, nobody else enlarges it to the whole screen.
        size = pygame.display.get_desktop_sizes()[output.display]
    try:
        return pygame.Window(
            title,
            size,
            _place(output),
            fullscreen_desktop=not output.windowed,
            resizable=True,
            allow_high_dpi=True,
        )
    except RuntimeError as error:
        raise DisplayError(f"The window cannot open ({error}): {ADVICE}") from None


def window_size(output: Output) -> tuple[int, int]:
    """The (width, height) that an output has as a window."""
    return output.size or default_size(output.display)


def _place(output: Output) -> tuple[int, int]:
    """Where a window opens, as SDL counts over all displays."""
    centred = CENTRED_ON_DISPLAY | output.display
    if output.position is None:
        return centred, centred
    left, top = origin(output.display)
    return left + output.position[0], top + output.position[1]


def shrink(window: pygame.Window, size: tuple[int, int]) -> None:
    """Give a window that was opened fullscreen the size that it has as a window."""
    place = CENTRED_ON_DISPLAY | display_of(window)
    window.size = size
    window.position = (place, place)


def open_renderer(window: pygame.Window, may_wait: bool) -> tuple[video.Renderer, str]:
    """The first kind of renderer that works here, and its name.

    Only the one that `may_wait` waits for the screen: two that wait would wait for each other.
    """
    # The errors of pygame's _sdl2 are no `pygame.error`; both are a RuntimeError.
    reason = ""
    for name, accelerated, vsync in RENDERERS:
        if vsync and not may_wait:
            continue
        try:
            return video.Renderer(window, accelerated=accelerated, vsync=vsync), name
        except RuntimeError as error:
            reason = str(error)
    raise DisplayError(f"Nothing can draw into the window ({reason}): {ADVICE}")


def refresh_hz(display_index: int) -> float:
    """The refresh rate that the system tells for a display; 0.0 when it does not."""
    return float(pygame.display.get_desktop_refresh_rates()[display_index])
