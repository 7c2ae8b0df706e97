"""The proof that a graph does no harm: it is checked, then tried in a process with bounds.

What OpenVINO does with a hostile graph, be it a crash or all of the memory, happens there. The
choice of precision and threads that the trial comes to is kept, and is the proof for later.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import msgspec
import torch
from torch import Tensor

from models.canvas import Canvas
from models.importers.contained import contained
from models.importers.refusal import ImporterError, refuse
from models.networks import Widths
from models.onnx.design import ONNX, needs_of
from models.onnx.generator import Generator
from models.onnx.graph import read_graph, written

if TYPE_CHECKING:
    from models.graph.choice import Choice

NAME = "synthesis.graph"
SPARE_BYTES = 3 << 30
T = TypeVar("T")


class _Told(msgspec.Struct, frozen=True):
    """What goes into the other process beside the graph."""

    canvas: Canvas
    widths: Widths
    design: ONNX


def generator_of(
    tensors: dict[str, Tensor], canvas: Canvas, widths: Widths, design: ONNX, name: str
) -> Generator:
    """A generator out of a checkpoint's tensors, proven; raises `ImporterError`.

    `name` is the model's, for the log.
    """
    stored = tensors.get(NAME)
    if stored is None or len(tensors) != 1 or stored.dtype != torch.uint8 or stored.ndim != 1:
        refuse(f"its manifest and weights disagree: an ONNX model holds {NAME} and nothing else")
    graph = read_graph(memoryview(stored.numpy().data))
    needs_of(graph)
    made = Generator(as_tensor(written(graph)), canvas, widths, design)
    try:
        proven(made, name)
    except ModuleNotFoundError:
        refuse("OpenVINO, which plays ONNX models, is not installed")
    return made


def as_tensor(data: bytes) -> Tensor:
    """Bytes as uint8 (N,)."""
    return torch.frombuffer(bytearray(data), dtype=torch.uint8)


def memory_bytes(graph_bytes: int) -> int:
    """What a trial may take: some copies of the weights in several formats, and pictures."""
    return 8 * graph_bytes + SPARE_BYTES


def tried(work: Callable[[], T]) -> T:
    """What OpenVINO makes of a graph; raises `ImporterError` for all that it may raise."""
    try:
        return work()
    except ImporterError:
        raise
    except Exception as error:
        refuse(f"OpenVINO cannot play it ({type(error).__name__})")


def proven(generator: Generator, name: str) -> "Choice":
    """How a graph is played, found where it was never tried on this machine.

    OpenVINO is never given a graph in this process by it. Raises `ImporterError`, and
    ModuleNotFoundError without OpenVINO. `name` is the model's, for the log.
    """
    from models.graph.choice import choice_for

    return choice_for(generator, name, lambda: _tried_elsewhere(generator))


def _tried_elsewhere(generator: Generator) -> "Choice":
    from models.graph.choice import Choice

    told = msgspec.json.encode(_Told(generator.canvas, generator.widths, generator.design))
    data = generator.synthesis.data
    answer = contained(_try, data, told, memory_bytes=memory_bytes(len(data)))
    return msgspec.json.decode(answer, type=Choice)


def _try(data: bytes, told: bytes) -> bytes:
    """In the other process: draw, and choose how to; a `Choice` as JSON."""
    from models.contest import samples_of
    from models.graph.choice import choose
    from models.onnx.network import network_of

    how = msgspec.json.decode(told, type=_Told)
    generator = Generator(as_tensor(data), how.canvas, how.widths, how.design)
    network = network_of(generator.synthesis)
    pictures = tried(lambda: generator.synthesis(torch.stack(samples_of(generator))))
    choice = tried(lambda: choose(generator, network))
    if not pictures.isfinite().all():
        refuse("it draws NaN or infinite values")
    return msgspec.json.encode(choice)
