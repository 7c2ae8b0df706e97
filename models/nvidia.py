"""Whether this computer has an NVIDIA card that the torch installed here cannot use, and the mend.

On Windows the package index has builds of torch for processors alone, so an owner of a card has
such a one unless they chose another. The driver is asked itself (CUDA driver API: cuInit,
cuDeviceGetCount, cuDeviceGetName): it comes with the card, not with torch.
"""

import ctypes
import os
import sys

import torch

DRIVER = "nvcuda.dll" if os.name == "nt" else "libcuda.so.1"
LONGEST_NAME = 256


def unused_card() -> str:
    """One or two sentences about a card that torch cannot use and how it would; "" without one."""
    if torch.cuda.is_available() or not (card := card_name()):
        return ""
    if torch.version.cuda is None:
        problem = "the torch installed here is a build for processors alone"
    else:
        problem = (
            f"the torch installed here (CUDA {torch.version.cuda}) cannot use it; often its "
            "driver is too old, so update that first, or else"
        )
    return (
        f"This computer has an NVIDIA card ({card}), but {problem}: run "
        f'"{sys.executable}" -m pip uninstall torch, then the command that '
        "pytorch.org/get-started shows for pip and CUDA, with that same python -m pip."
    )


def card_name() -> str:
    """The name of the first NVIDIA card, as its driver tells it; "" without card or driver."""
    driver = _driver()
    count, name = ctypes.c_int(0), ctypes.create_string_buffer(LONGEST_NAME)
    try:
        there = driver is not None and not (
            driver.cuInit(0)
            or driver.cuDeviceGetCount(ctypes.byref(count))
            or driver.cuDeviceGetName(name, LONGEST_NAME, 0)
        )
    except (OSError, AttributeError):
        return ""
    return name.value.decode("utf-8", "replace") if there and count.value > 0 else ""


def _driver() -> ctypes.CDLL | None:
    try:
        return ctypes.CDLL(DRIVER)
    except OSError:
        return None
