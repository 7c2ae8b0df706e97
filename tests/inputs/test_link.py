"""Link without its library."""

import sys

import pytest

from performer.clock import SystemClock
from performer.events import Inbox
from performer.inputs import InputError
from performer.inputs.link import LinkInput


def test_without_its_library_it_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "aalink", None)
    with pytest.raises(InputError, match=r"^Link needs aalink .+ install .aalink"):
        LinkInput(Inbox(), SystemClock())
