"""Which engine plays a generator."""

import logging
from typing import TYPE_CHECKING, TypeAlias

import torch
from torch import Tensor

from models import runtime
from models.architectures import AnyGenerator
from models.device import describe
from models.networks import Generator
from models.onnx import generator as onnx
from models.stylegan3 import networks as stylegan3
from models.stylegan3 import runtime as stylegan3_runtime

if TYPE_CHECKING:
    from models.graph.runtime import GraphRuntime

AnyRuntime: TypeAlias = "runtime.Runtime | stylegan3_runtime.Runtime | GraphRuntime"


def runtime_for(
    generator: AnyGenerator,
    device: torch.device,
    directions: Tensor | None = None,
    *,
    name: str = "the model",
    moves: bool = False,
) -> AnyRuntime:
    """The generator ready to make one image a frame, with its directions if it has any.

    On a CPU the graph engine plays StyleGAN2, unless the weights are to drift (`moves`); torch
    plays all else, and what the graph engine fails at. An ONNX graph is only ever played by the
    graph engine, on the CPU. `name` is the model's, for the log.
    """
    if isinstance(generator, onnx.Generator):
        return _onnx_runtime(generator, device, directions, name)
    if isinstance(generator, stylegan3.Generator):
        return stylegan3_runtime.Runtime(generator, device, directions)
    if device.type == "cpu" and not moves:
        graph = _graph_runtime(generator, directions, name)
        if graph is not None:
            return graph
    return runtime.Runtime(generator, device, directions)


def describe_engine(playing: AnyRuntime) -> str:
    """The device and the engine that plays on it, in words."""
    engine = getattr(playing, "engine", None)
    return engine or f"{describe(playing.device)}, torch"


def _onnx_runtime(
    generator: onnx.Generator, device: torch.device, directions: Tensor | None, name: str
) -> "GraphRuntime":
    from models.graph.runtime import GraphRuntime

    if device.type != "cpu":
        log = logging.getLogger(__name__)
        log.info("OpenVINO plays %s, an ONNX model, on the CPU, not on %s", name, describe(device))
    torch.set_num_threads(1)
    return GraphRuntime(generator, directions, name=name)


def _graph_runtime(
    generator: Generator, directions: Tensor | None, name: str
) -> "GraphRuntime | None":
    """The generator in the graph engine; None where that is missing or fails.

    Where it plays, torch keeps one thread: more of them would wait for their next piece of work
    by spinning, on the cores that the engine computes on. It made frames twice as long.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        from models.graph.runtime import GraphRuntime

        return GraphRuntime(generator, directions, name=name)
    except ModuleNotFoundError:
        reason = "OpenVINO, which is faster, is not installed"
    except Exception as error:  # Whatever is wrong with a library of others, the show goes on.
        reason = f"OpenVINO failed: {type(error).__name__}: {error}".splitlines()[0]
    torch.set_num_threads(threads)
    logging.getLogger(__name__).warning("torch plays %s: %s", name, reason)
    return None
