"""Which engine plays a generator."""

import logging
from typing import TYPE_CHECKING, TypeAlias

import torch
from torch import Tensor

from models import runtime
from models.architectures import AnyGenerator, TorchGenerator
from models.device import describe
from models.gpu.runtime import GpuRuntime, gpu_runtime_for
from models.networks import Generator
from models.onnx import generator as onnx
from models.stylegan3 import networks as stylegan3
from models.stylegan3 import runtime as stylegan3_runtime

if TYPE_CHECKING:
    from models.graph.runtime import GraphRuntime

PlainRuntime: TypeAlias = runtime.Runtime | stylegan3_runtime.Runtime
CPU = torch.device("cpu")
AnyRuntime: TypeAlias = "PlainRuntime | GpuRuntime | GraphRuntime"


def runtime_for(
    generator: AnyGenerator,
    device: torch.device,
    directions: Tensor | None = None,
    *,
    name: str = "the model",
    moves: bool = False,
) -> AnyRuntime:
    """The generator ready to make one image a frame, with its directions if it has any.

    On a graphics card it is played in half precision and as one graph, where that is better. On a
    CPU the graph engine or torch plays StyleGAN2, whichever is faster, and torch if the weights
    are to drift (`moves`). Torch plays all else, and what another engine fails at. An ONNX graph
    is only ever played by the graph engine, on the CPU. `name` is the model's, for the log.
    """
    if isinstance(generator, onnx.Generator):
        return _onnx_runtime(generator, device, directions, name)
    playing: AnyRuntime | None = None
    if device.type != "cpu":
        playing = _gpu_runtime(generator, device, directions, name, moves)
    elif isinstance(generator, Generator) and not moves:
        playing = _cpu_runtime(generator, directions, name)
    return playing or _plain_runtime(generator, device, directions)


def describe_engine(playing: AnyRuntime) -> str:
    """The device and the engine that plays on it, in words."""
    engine = getattr(playing, "engine", None)
    half = getattr(playing, "precision", "float32") != "float32"
    return engine or f"{describe(playing.device)}, torch" + " bf16" * half


def _plain_runtime(
    generator: TorchGenerator, device: torch.device, directions: Tensor | None
) -> PlainRuntime:
    if isinstance(generator, stylegan3.Generator):
        return stylegan3_runtime.Runtime(generator, device, directions)
    return runtime.Runtime(generator, device, directions)


def _onnx_runtime(
    generator: onnx.Generator, device: torch.device, directions: Tensor | None, name: str
) -> "GraphRuntime":
    """The generator in the graph engine, proven before that sees it here."""
    from models.graph.runtime import GraphRuntime
    from models.onnx.network import network_of
    from models.onnx.proof import proven

    if device.type != "cpu":
        log = logging.getLogger(__name__)
        log.info("OpenVINO plays %s, an ONNX model, on the CPU, not on %s", name, describe(device))
    torch.set_num_threads(1)
    choice = proven(generator, name)
    return GraphRuntime(generator, network_of(generator.synthesis), choice, directions)


def _gpu_runtime(
    generator: TorchGenerator,
    device: torch.device,
    directions: Tensor | None,
    name: str,
    moves: bool,
) -> GpuRuntime | None:
    """The generator prepared for a graphics card; None where that fails."""
    try:
        return gpu_runtime_for(generator, device, directions, name=name, moves=moves)
    except Exception as error:  # Whatever a driver does, the show goes on.
        reason = f"{describe(device)} failed: {type(error).__name__}: {error}".splitlines()[0]
    logging.getLogger(__name__).warning("torch plays %s without preparation: %s", name, reason)
    return None


def _cpu_runtime(
    generator: Generator, directions: Tensor | None, name: str
) -> "runtime.Runtime | GraphRuntime | None":
    """The generator in what draws it fastest; None where the graph engine is missing or fails.

    Where it plays, torch keeps one thread: more of them would wait for their next piece of work
    by spinning, on the cores that the engine computes on. It made frames twice as long.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        from models.graph.choice import choice_for, choose
        from models.graph.network import network_of
        from models.graph.runtime import GraphRuntime

        network = network_of(generator)
        choice = choice_for(generator, name, lambda: choose(generator, network))
        if choice.engine == "graph":
            return GraphRuntime(generator, network, choice, directions)
        torch.set_num_threads(choice.threads)
        return runtime.Runtime(generator, CPU, directions, precision=choice.precision)
    except ModuleNotFoundError:
        reason = "OpenVINO, which is faster, is not installed"
    except Exception as error:  # Whatever is wrong with a library of others, the show goes on.
        reason = f"OpenVINO failed: {type(error).__name__}: {error}".splitlines()[0]
    torch.set_num_threads(threads)
    logging.getLogger(__name__).warning("torch plays %s: %s", name, reason)
    return None
