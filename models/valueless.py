"""Networks without values: their shapes, before memory is taken for what a file holds."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

FILLED = (torch.randn, torch.zeros, torch.ones)
SCALED = (torch.Tensor.__truediv__, torch.Tensor.div)


@contextlib.contextmanager
def without_values() -> Iterator[None]:
    """Within it new tensors have a shape only, as on the device `meta`."""
    with torch.device("meta"), _Shortcuts():
        yield


class _Shortcuts(TorchFunctionMode):
    """What networks are made with, without torch's own way for `meta`.

    That leads through Python and imports its compiler, half of the time that a show takes to start.
    """

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        if func in FILLED and not kwargs:
            return torch.empty(*args, device="meta")
        if func is torch.full and not kwargs:
            return torch.empty(args[0], device="meta")
        if func in SCALED and args[0].is_meta and isinstance(args[1], float | int):
            return args[0]
        return func(*args, **(kwargs or {}))
