"""Tidying: unused memory goes back to the system, again and again, until the show ends."""

import platform
import subprocess
import sys
import threading

import pytest

from performer.commands.tidying import Tidying

HELD = """
import torch
from pathlib import Path
from models.device import keep_memory, release_memory

def resident_mib():
    return int(Path("/proc/self/statm").read_text().split()[1]) / 256

keep_memory()
blocks = [torch.ones(50_000) for _ in range(1000)]
del blocks[::2]
before = resident_mib()
release_memory()
print(before - resident_mib())
"""


def test_it_tidies_until_it_is_closed() -> None:
    again, done = threading.Event(), []

    def tidy() -> None:
        done.append(1)
        if len(done) == 3:
            again.set()

    tidying = Tidying(tidy, every_s=0.001)
    assert again.wait(5.0)
    tidying.close()
    assert "tidying" not in [thread.name for thread in threading.enumerate()]


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="glibc alone can be asked")
def test_pages_that_nobody_uses_are_given_back() -> None:
    told = subprocess.run([sys.executable, "-c", HELD], capture_output=True, text=True, check=True)
    assert float(told.stdout) > 50.0
