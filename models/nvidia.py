"""Finds an NVIDIA card that the torch installed here cannot use, and says what to do.

On Windows pip installs a CPU build of torch unless its user asks for another. The card is found
through its driver (CUDA driver API: cuInit, cuDeviceGetCount, cuDeviceGetName), which does not
need torch.
"""

import ctypes
import os

import torch

from performer.extras import has_pip, python_command

DRIVER = "nvcuda.dll" if os.name == "nt" else "libcuda.so.1"
LONGEST_NAME = 256


def unused_card() -> str:
    """A sentence naming a card that torch cannot use, and what to do; "" without such a card."""
    if torch.cuda.is_available() or not (card := card_name()):
        return ""
    if torch.version.cuda is None:
        problem = "the torch installed here is a build for processors alone"
    else:
        problem = (
            f"the torch installed here (CUDA {torch.version.cuda}) cannot use it; often its "
            "driver is too old, so update that first, or else"
        )
    return f"This computer has an NVIDIA card ({card}), but {problem}: run {_remedy()}."


def _remedy() -> str:
    """The commands that bring a CUDA build of torch into this program's environment."""
    python = python_command()
    if not has_pip():
        return (
            f"uv pip install --python {python} --torch-backend auto --reinstall-package torch torch"
        )
    return (
        f"{python} -m pip uninstall torch, then the command that pytorch.org/get-started shows for "
        f"pip and CUDA, with {python} -m pip in place of pip3"
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
