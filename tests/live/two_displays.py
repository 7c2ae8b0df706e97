"""A real X server with two displays side by side, and what is on them."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from parts import require
from PIL import ImageGrab

SIZE = (640, 480)
CONFIGURATION = """
Section "Device"
  Identifier "card"
  Driver "dummy"
EndSection
Section "Monitor"
  Identifier "monitor"
  HorizSync 5.0-1000.0
  VertRefresh 5.0-200.0
  Modeline "640x480" 23.75 640 664 720 800 480 483 487 500 -hsync +vsync
EndSection
Section "Screen"
  Identifier "screen"
  Device "card"
  Monitor "monitor"
  DefaultDepth 24
  SubSection "Display"
    Depth 24
    Virtual 1280 480
  EndSubSection
EndSection
"""


@contextmanager
def two_displays(directory: Path) -> Iterator[str]:
    """Xorg with two dummy outputs; its DISPLAY."""
    xorg, xrandr = require("Xorg", "xserver-xorg-core"), require("xrandr", "x11-xserver-utils")
    require_driver()
    config = directory / "xorg.conf"
    config.write_text(CONFIGURATION)
    read_end, write_end = os.pipe()
    command = [xorg, "-displayfd", str(write_end), "-config", str(config), "-noreset"]
    command += ["-logfile", str(directory / "log"), "-nolisten", "tcp", "-novtswitch", "-sharevts"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(command, pass_fds=[write_end], **quiet)
    os.close(write_end)
    try:
        with os.fdopen(read_end) as answer:
            number = answer.readline().strip()
        if not number:
            pytest.fail(f"Xorg did not start: {(directory / 'log').read_text()[-500:]}")
        arrange = [xrandr, "--display", f":{number}"]
        subprocess.run([*arrange, "--addmode", "DUMMY1", "640x480"], check=True)
        place = ["--output", "DUMMY1", "--mode", "640x480", "--right-of", "DUMMY0"]
        subprocess.run([*arrange, *place], check=True)
        # Only a look that probes lets the others see that the second is connected now.
        subprocess.run(arrange, check=True, stdout=subprocess.DEVNULL)
        yield f":{number}"
    finally:
        process.terminate()
        process.wait(10)


def require_driver() -> None:
    """The dummy driver is no program: it lies among Xorg's modules."""
    if not list(Path("/usr/lib/xorg/modules").rglob("dummy_drv.so")):
        require("the driver of xserver-xorg-video-dummy", "xserver-xorg-video-dummy")


def screenshot(display: str) -> NDArray[np.uint8]:
    """Both displays side by side, (480, 1280, 3)."""
    return np.asarray(ImageGrab.grab(xdisplay=display).convert("RGB"))
