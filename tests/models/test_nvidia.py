"""An NVIDIA card that torch cannot use is told of, with its name and the way out."""

import ctypes
import importlib.util
from typing import Any

import pytest
import torch

from models import nvidia
from models.device import DeviceError, pick_device
from models.nvidia import card_name, unused_card
from performer.extras import python_command


class Driver:
    """CUDA's driver as far as it is asked, with some cards; `failing` is a call that fails."""

    def __init__(self, *cards: bytes, failing: str = "") -> None:
        self._cards, self._failing = cards, failing

    def cuInit(self, flags: int) -> int:
        return 100 if self._failing == "cuInit" else flags

    def cuDeviceGetCount(self, count: Any) -> int:
        count._obj.value = len(self._cards)
        return 3 if self._failing == "cuDeviceGetCount" else 0

    def cuDeviceGetName(self, name: Any, length: int, index: int) -> int:
        if index >= len(self._cards) or self._failing == "cuDeviceGetName":
            return 101
        name.value = self._cards[index][: length - 1]
        return 0


def drive(monkeypatch: pytest.MonkeyPatch, driver: Driver | None, cuda: str | None) -> None:
    monkeypatch.setattr(nvidia, "_driver", lambda: driver)
    monkeypatch.setattr(torch.version, "cuda", cuda)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)


CARD = Driver(b"NVIDIA GeForce RTX 4090", b"NVIDIA T4")


def test_a_build_for_processors_beside_a_card_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    drive(monkeypatch, CARD, cuda=None)
    sentence = unused_card()
    assert "(NVIDIA GeForce RTX 4090)" in sentence and "a build for processors alone" in sentence
    assert "pip uninstall torch" in sentence and "pytorch.org/get-started" in sentence
    assert "driver" not in sentence


def test_an_environment_of_uv_has_no_pip_and_is_told_of_uv(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    drive(monkeypatch, CARD, cuda=None)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert f"run uv pip install --python {python_command()} --torch-backend auto " in unused_card()
    assert "-m pip" not in unused_card()


def test_a_card_whose_driver_is_too_old_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    drive(monkeypatch, CARD, cuda="13.0")
    assert "(CUDA 13.0) cannot use it" in unused_card() and "driver" in unused_card()


def test_asking_for_cuda_there_tells_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    drive(monkeypatch, CARD, cuda=None)
    with pytest.raises(DeviceError, match="usable: auto, cpu. This computer has an NVIDIA card"):
        pick_device("cuda")
    with pytest.raises(DeviceError, match="usable: auto, cpu$"):
        pick_device("mps")


def test_a_card_that_torch_uses_needs_no_word(monkeypatch: pytest.MonkeyPatch) -> None:
    drive(monkeypatch, CARD, cuda="13.0")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert unused_card() == ""


@pytest.mark.parametrize(
    "driver",
    [
        None,
        Driver(),
        Driver(b"Card", failing="cuInit"),
        Driver(b"Card", failing="cuDeviceGetCount"),
        Driver(b"Card", failing="cuDeviceGetName"),
    ],
)
def test_without_a_card_nothing_is_said(
    monkeypatch: pytest.MonkeyPatch, driver: Driver | None
) -> None:
    drive(monkeypatch, driver, cuda=None)
    assert card_name() == unused_card() == ""


def test_a_library_of_that_name_that_is_no_driver_is_no_card(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(nvidia, "_driver", lambda: ctypes.CDLL(None))
    assert card_name() == ""


def test_a_name_is_read_whatever_its_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    drive(monkeypatch, Driver(b"\xff" + b"x" * 400), cuda=None)
    assert card_name() == "\ufffd" + "x" * 254
