"""A graph compiled for this processor, which draws one picture at a time."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Literal

import torch
from torch import Tensor

from models.graph.library import Core, Model, SharedTensor

Precision = Literal["float32", "bfloat16"]
HINTS: dict[Precision, str] = {"float32": "f32", "bfloat16": "bf16"}
core = Core()
_ends = ThreadPoolExecutor(1, "end of a graph")


class Compiled:
    """Draws with so many threads in one precision; its weights lie in memory of its own."""

    def __init__(self, network: Model, precision: Precision, threads: int) -> None:
        asked = {
            "PERFORMANCE_HINT": "LATENCY",
            "NUM_STREAMS": "1",
            "INFERENCE_NUM_THREADS": str(threads),
            "INFERENCE_PRECISION_HINT": HINTS[precision],
            "ENABLE_CPU_PINNING": "NO",  # Pinned threads wait behind whoever has their core.
        }
        compiled = core.compile_model(network, "CPU", asked)
        self._size = tuple(compiled.output(0).shape)
        self._request = compiled.create_infer_request()
        inputs = [torch.zeros(tuple(port.shape)) for port in compiled.inputs]
        self._ws, self._noise = inputs
        for index, tensor in enumerate(inputs):
            self._request.set_input_tensor(index, _shared(tensor))

    def __del__(self) -> None:
        """Give the memory back beside whoever lets go: a frame loop would wait half a frame."""
        held = [self.__dict__.pop("_request", None)]
        with suppress(RuntimeError):  # at the end of the program it goes here
            _ends.submit(held.clear)

    def draw(self, ws: Tensor, noise: float) -> Tensor:
        """w of each layer (num_ws, w_dim) to a new float32 image (1, 3, H, W)."""
        self._ws.copy_(ws)
        self._noise.fill_(noise)
        # Memory of the picture's own: others may hold it while the next ones are drawn.
        image = torch.empty(self._size)
        self._request.set_output_tensor(0, _shared(image))
        self._request.start_async()
        self._request.wait()
        return image


def has_bfloat16() -> bool:
    """Whether the processor computes in bfloat16; imitated it takes six times as long."""
    return "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")


def processor() -> str:
    """The processor's name, with what it can."""
    abilities = core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    return f"{core.get_property('CPU', 'FULL_DEVICE_NAME')} {' '.join(sorted(abilities))}"


def _shared(tensor: Tensor) -> SharedTensor:
    return SharedTensor(tensor.numpy(), shared_memory=True)
