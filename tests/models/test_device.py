"""Devices: the one that is asked for, or a sentence that names those that are there."""

import platform

import pytest
import torch

from models import device as device_module
from models.device import (
    DeviceError,
    best_precision,
    describe,
    is_out_of_memory,
    keep_memory,
    pick_device,
)


@pytest.fixture
def machine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that has the devices of its parameter, besides a CPU."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: "cuda" in request.param)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: "mps" in request.param)


@pytest.mark.parametrize(
    ("machine", "best"),
    [((), "cpu"), (("mps",), "mps"), (("cuda",), "cuda"), (("cuda", "mps"), "cuda")],
    indirect=["machine"],
)
def test_auto_picks_the_best_there_is(machine: None, best: str) -> None:
    assert pick_device("auto").type == best
    assert pick_device(best).type == best
    assert pick_device("cpu").type == "cpu"


@pytest.mark.parametrize("machine", [()], indirect=True)
@pytest.mark.parametrize("name", ["cuda", "mps", "tpu", "", "CPU"])
def test_a_device_that_is_not_there_is_one_sentence(machine: None, name: str) -> None:
    with pytest.raises(DeviceError) as error:
        pick_device(name)
    assert str(error.value) == f'device "{name}" is not available here; usable: auto, cpu'


def test_a_cpu_is_described_by_its_threads() -> None:
    assert describe(torch.device("cpu")) == f"CPU, {torch.get_num_threads()} threads"
    assert describe(torch.device("mps")) == "Apple GPU"


@pytest.mark.parametrize(
    ("bfloat16_s", "float32_s", "faster"),
    [(0.5, 1.0, True), (0.8, 1.0, True), (0.9, 1.0, False), (2.0, 1.0, False)],
)
def test_bfloat16_must_win_by_a_fifth(
    bfloat16_s: float, float32_s: float, faster: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = {torch.bfloat16: bfloat16_s, torch.float32: float32_s}
    monkeypatch.setattr(device_module, "_convolution_s", times.__getitem__)
    assert best_precision(torch.device("cpu")) == ("bfloat16" if faster else "float32")
    assert best_precision(torch.device("mps")) == "float32"


@pytest.mark.parametrize("supported", [True, False])
def test_nvidia_cards_without_bfloat16_use_float16(
    supported: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: supported)
    assert best_precision(torch.device("cuda")) == ("bfloat16" if supported else "float16")


def test_a_lack_of_memory_is_told_from_other_errors() -> None:
    with pytest.raises(RuntimeError) as real:
        torch.empty(1 << 60)
    assert is_out_of_memory(real.value), "the words of the host's allocator"
    assert is_out_of_memory(torch.OutOfMemoryError()) and is_out_of_memory(MemoryError())
    assert not is_out_of_memory(RuntimeError("shapes cannot be multiplied"))


def test_a_convolution_is_measured() -> None:
    assert 0 < device_module._convolution_s(torch.float32) < 5


@pytest.mark.parametrize("libc", ["", "musl"])
def test_memory_is_kept_only_where_glibc_is(libc: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "libc_ver", lambda: (libc, ""))

    def load(_: object) -> None:
        raise AssertionError("it must not look for mallopt")

    monkeypatch.setattr(device_module.ctypes, "CDLL", load)
    keep_memory()


def test_glibc_is_told_to_keep_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    told: dict[int, int] = {}

    class Library:
        def mallopt(self, option: int, value: int) -> int:
            told[option] = value
            return 1

    monkeypatch.setattr(platform, "libc_ver", lambda: ("glibc", "2.36"))
    monkeypatch.setattr(device_module.ctypes, "CDLL", lambda _: Library())
    keep_memory()
    assert told.keys() == {-3, -1, -2}, "malloc.h: M_MMAP_THRESHOLD, M_TRIM_THRESHOLD, M_TOP_PAD"
    assert all(0 < value < 1 << 31 for value in told.values())
