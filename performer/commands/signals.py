"""Ctrl-C and SIGTERM as a wish to end in order."""

import signal
import threading
from collections.abc import Callable


def catch_signals() -> Callable[[], bool]:
    """From now on both signals only set what the returned function tells."""
    asked = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: asked.set())
    return asked.is_set
