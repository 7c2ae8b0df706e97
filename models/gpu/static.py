"""A function prepared to be called again and again on inputs that stay where they are.

A captured CUDA graph replays its kernels on the very memory it was captured with, so that a frame
costs one launch. `Static` does the same without a card: it is the stand-in on other devices.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

WARM_UPS = 5  # Libraries try their kernels in the first calls, which no graph may hold.


class Static:
    """Calls a function of tensors on copies of what it is given, into an output of its own.

    Whatever else the function reads, weights above all, may be changed in place between calls.
    """

    @torch.inference_mode()
    def __init__(self, function: Callable[..., Tensor], inputs: Sequence[Tensor]) -> None:
        """`inputs` tell shapes, dtypes and the device; their values are those of the first calls.

        Raises what the function raises, and RuntimeError where it cannot be captured.
        """
        self._function = function
        self._inputs = [tensor.clone(memory_format=torch.contiguous_format) for tensor in inputs]
        self._output = self._prepare()

    @torch.inference_mode()
    def __call__(self, *values: Tensor) -> Tensor:
        """The function of values in the shapes of the inputs; good until the next call."""
        for own, value in zip(self._inputs, values, strict=True):
            own.copy_(value, non_blocking=True)
        self._replay()
        return self._output

    def _prepare(self) -> Tensor:
        return self._function(*self._inputs).clone()

    def _replay(self) -> None:
        self._output.copy_(self._function(*self._inputs))


class Captured(Static):
    """The same as one CUDA graph."""

    def _prepare(self) -> Tensor:
        device = self._inputs[0].device
        side = torch.cuda.Stream(device)
        side.wait_stream(torch.cuda.current_stream(device))
        with torch.cuda.stream(side):
            for _ in range(WARM_UPS):
                self._function(*self._inputs)
        torch.cuda.current_stream(device).wait_stream(side)
        self._graph = torch.cuda.CUDAGraph()
        # Of this thread only: the frame loop goes on while another model is prepared beside it.
        with torch.cuda.graph(self._graph, stream=side, capture_error_mode="thread_local"):
            return self._function(*self._inputs)

    def _replay(self) -> None:
        self._graph.replay()


def prepared(function: Callable[..., Tensor], inputs: Sequence[Tensor]) -> Static:
    """The function captured where the inputs' device can, and the stand-in elsewhere."""
    kind = Captured if inputs[0].device.type == "cuda" else Static
    return kind(function, inputs)
