"""A reader in a process of its own: its refusal and its end come back as one sentence."""

import os
import time
from typing import NoReturn

import pytest

from models.importers import contained as module
from models.importers.contained import contained
from models.importers.refusal import ImporterError, refuse

GIB = 1 << 30


def work(what: str) -> bytes:
    """What a reader might do."""
    if what == "refuse":
        refuse("it is strange")
    if what == "hoard":
        import torch

        return bytes(torch.ones(2 * GIB).shape)
    return vanish(what)


def vanish(what: str) -> NoReturn:
    if what == "sleep":
        time.sleep(60)
    os._exit(7)


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("refuse", "it is strange"),
        ("hoard", "more memory than its size allows"),
        ("end", "ended without an answer"),
    ],
)
def test_whatever_goes_wrong_is_one_sentence(what: str, words: str) -> None:
    if what == "hoard" and not os.path.exists("/proc/self/statm"):
        pytest.skip("memory cannot be limited here")
    with pytest.raises(ImporterError, match=words):
        contained(work, what, memory_bytes=GIB)


def test_it_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TIME_S", 0.1)
    with pytest.raises(ImporterError, match="took longer"):
        contained(work, "sleep", memory_bytes=GIB)
