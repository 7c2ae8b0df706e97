"""Which device and number format a machine computes fastest with, found by asking it."""

import ctypes
import platform
import time

import torch

from models.nvidia import unused_card
from models.recipe import Precision

DTYPES: dict[Precision, torch.dtype] = {
    "float32": torch.float32,
    "bfloat16": torch.bfloat16,
    "float16": torch.float16,
}

GLIBC_MMAP_THRESHOLD, GLIBC_TRIM_THRESHOLD, GLIBC_TOP_PAD = -3, -1, -2


class DeviceError(ValueError):
    """A device that this machine does not have."""


def pick_device(name: str) -> torch.device:
    """`auto`, `cpu`, `cuda` or `mps`; raises `DeviceError` when it is not there."""
    available = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if name == "auto":
        return torch.device(next(kind for kind, there in available.items() if there))
    if not available.get(name, False):
        usable = ", ".join(kind for kind, there in available.items() if there)
        sentence = f'device "{name}" is not available here; usable: auto, {usable}'
        card = unused_card() if name == "cuda" else ""
        raise DeviceError(f"{sentence}. {card}" if card else sentence)
    return torch.device(name)


def prepare(device: torch.device) -> None:
    """Set this process up to compute fast on a device."""
    if device.type == "cpu":
        keep_memory()
        torch.set_flush_denormal(True)
    elif device.type == "cuda":
        # Products of float32 with factors of 10 bits, and the fastest convolutions by trial.
        torch.backends.cuda.matmul.allow_tf32 = True
        torch.backends.cudnn.allow_tf32 = True
        torch.backends.cudnn.benchmark = True


def describe(device: torch.device) -> str:
    """The device in words."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    if device.type == "mps":
        return "Apple GPU"
    return f"CPU, {torch.get_num_threads()} threads"


def finish(device: torch.device) -> None:
    """Wait until the device has done what it was given."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that a device or the host had no memory left."""
    words = ("can't allocate memory", "not enough memory", "ALLOC_FAILED", "out of memory")
    kinds = (torch.OutOfMemoryError, MemoryError)
    return isinstance(error, kinds) or any(word in str(error) for word in words)


def keep_memory() -> None:
    """Tell glibc to keep freed blocks, so that big tensors are not mapped anew each time.

    Made the same network up to twice as fast on CPUs; does nothing on other C libraries.
    """
    libc = _glibc()
    if libc is None:
        return
    for option, value in (
        (GLIBC_MMAP_THRESHOLD, 1 << 30),
        (GLIBC_TRIM_THRESHOLD, (1 << 31) - 1),
        (GLIBC_TOP_PAD, 1 << 26),
    ):
        libc.mallopt(option, value)


def release_memory() -> None:
    """Let glibc give the pages back that it holds and nobody uses; a third of a millisecond.

    What it was told to keep is spread ever wider otherwise. Does nothing on other C libraries.
    """
    libc = _glibc()
    if libc is not None:
        libc.malloc_trim(0)


def _glibc() -> ctypes.CDLL | None:
    return ctypes.CDLL(None) if platform.libc_ver()[0] == "glibc" else None


def best_precision(device: torch.device) -> Precision:
    """Half precision where it is fast: a CPU is asked, for processors without it lose by it."""
    if device.type == "cuda":
        native = torch.cuda.is_bf16_supported(including_emulation=False)
        return "bfloat16" if native else "float16"
    if device.type == "mps":
        return "float32"
    faster = _convolution_s(torch.bfloat16) * 1.2 < _convolution_s(torch.float32)
    return "bfloat16" if faster else "float32"


def _convolution_s(dtype: torch.dtype) -> float:
    """The shortest time of one mid-sized convolution on the CPU.

    On one thread: where others compute too, the wait of threads for each other would be measured.
    """
    x = torch.randn(4, 64, 36, 64, dtype=dtype).contiguous(memory_format=torch.channels_last)
    weight = torch.randn(64, 64, 3, 3, dtype=dtype)
    times, threads = [], torch.get_num_threads()
    torch.set_num_threads(1)
    with torch.inference_mode():
        for _ in range(15):
            start = time.perf_counter()
            torch.nn.functional.conv2d(x, weight, padding=1)
            times.append(time.perf_counter() - start)
    torch.set_num_threads(threads)
    return min(times)
