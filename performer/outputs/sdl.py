"""What pygame has no call for, asked of SDL itself, through the library that pygame has loaded."""

import ctypes
import os

import pygame

LIBRARY = "SDL2" if os.name == "nt" else pygame.display.__file__


class _Rect(ctypes.Structure):
    _fields_ = tuple((name, ctypes.c_int) for name in ("x", "y", "w", "h"))


def load() -> ctypes.CDLL:
    """SDL 2. Raises OSError where it cannot be loaded; calls it lacks raise AttributeError."""
    return ctypes.CDLL(LIBRARY)


def window_pointer(library: ctypes.CDLL, window: pygame.Window) -> ctypes.c_void_p:
    """SDL's own window behind one of pygame's; a null pointer for one that is closed."""
    library.SDL_GetWindowFromID.restype = ctypes.c_void_p
    return ctypes.c_void_p(library.SDL_GetWindowFromID(ctypes.c_uint32(window.id)))


def display_of(window: pygame.Window) -> int:
    """The number of the display that most of a window is on; 0 when SDL cannot tell."""
    try:
        library = load()
        index = int(library.SDL_GetWindowDisplayIndex(window_pointer(library, window)))
    except (OSError, AttributeError, TypeError):
        return 0
    return max(index, 0)


def origin(display_index: int) -> tuple[int, int]:
    """Where a display's top left lies among all displays; (0, 0) when SDL cannot tell."""
    bounds = _Rect()
    try:
        failed = load().SDL_GetDisplayBounds(display_index, ctypes.byref(bounds))
    except (OSError, AttributeError, TypeError):
        return 0, 0
    return (0, 0) if failed else (bounds.x, bounds.y)
