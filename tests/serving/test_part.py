"""A part of the show that runs as a process, and has processes of its own."""

import logging
import os
import signal
import sys
from collections.abc import Iterator

import pytest

from performer.serving.mirror import Mirror, make_mirror
from performer.serving.part import Part

# Like an instrument and its page: the child has its parent's output, and outlives it.
PARENT = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print(child.pid, flush=True)
child.wait()
"""


@pytest.fixture
def mirror() -> Iterator[Mirror]:
    made = make_mirror()
    yield made
    made.remove()


def test_who_ends_a_part_does_not_wait_for_its_children(
    mirror: Mirror, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    part = Part("instrument", [sys.executable, "-c", PARENT], mirror, {})
    while "instrument: " not in caplog.text:
        part.hear_out(0.01)
    child = int(caplog.messages[0].removeprefix("instrument: "))
    os.kill(part.process, signal.SIGKILL)
    part.end(patience_s=5.0)
    assert part.status == -signal.SIGKILL
    os.kill(child, signal.SIGKILL)  # it still lives
    part.hear_out(5.0)
