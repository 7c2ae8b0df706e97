"""Where finished frames go: one file a device, all behind the one `Display`."""

import os

from performer.outputs.base import Display, DisplayError

__all__ = ["Display", "DisplayError"]

os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")  # pygame would greet whoever plays
