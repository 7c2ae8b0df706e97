"""Where finished frames go: one file a device, all behind the one `Display`."""

from performer.outputs.base import Display, DisplayError

__all__ = ["Display", "DisplayError"]
