"""The engines that `performer bench --engine` holds against each other, each in its process."""

import statistics
import sys
import time
from collections.abc import Callable
from importlib import import_module
from multiprocessing.connection import Connection
from pathlib import Path
from types import ModuleType

import torch
from torch import Tensor

from models.canvas import Canvas
from models.checkpoint import load_checkpoint
from models.contest import samples_of
from models.device import keep_memory, prepare
from models.graph.choice import choose_threads
from models.graph.compiled import Compiled, Precision, has_bfloat16
from models.graph.network import network_of
from models.limits import measure
from models.networks import Generator
from models.runtime import Runtime

FRAMES_MINIMUM, ROUND_S, TRIALS = 3, 0.4, 4
OFFICIAL, OFFICIAL_MEMORY = "official", "official, our allocator"
TORCH, GRAPH_FP32, GRAPH_BF16 = "torch fp32", "graph fp32", "graph bf16"
PRECISIONS: dict[str, Precision] = {GRAPH_BF16: "bfloat16"}
CPU = torch.device("cpu")
Draw = Callable[[], Tensor]


def ways(canvas: Canvas, official: Path | None) -> list[str]:
    """What can draw on a canvas; the first is what the others are held against."""
    graphs = [GRAPH_FP32, GRAPH_BF16] if has_bfloat16() else [GRAPH_FP32]
    if official is not None and canvas.base_h == canvas.base_w == 4:
        return [OFFICIAL, OFFICIAL_MEMORY, TORCH, *graphs]
    return [TORCH, *graphs]


def work(way: str, model: Path, official: Path | None, pipe: Connection) -> None:
    """A process: sends its picture, threads and rates, then draws a round when it is told to."""
    generator = load_checkpoint(model).generator
    assert isinstance(generator, Generator)  # noqa: S101
    ws = samples_of(generator)[0].clone()
    with torch.inference_mode():
        draw, threads = _drawing(way, generator, ws, official)
        kept = torch.get_num_threads()
        torch.set_num_threads(threads)
        pipe.send((draw().numpy(), threads, measure(CPU, PRECISIONS.get(way, "float32"))))
        torch.set_num_threads(kept)
        while pipe.recv():
            pipe.send(_round_ms(draw))


def _round_ms(draw: Draw) -> float:
    times: list[float] = []
    while len(times) < FRAMES_MINIMUM or sum(times) < ROUND_S:
        start = time.perf_counter()
        draw()
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1000


def _drawing(way: str, generator: Generator, ws: Tensor, official: Path | None) -> tuple[Draw, int]:
    """How a way draws the picture of `ws`, and on how many threads."""
    if way != OFFICIAL:
        keep_memory()
    if way in (OFFICIAL, OFFICIAL_MEMORY):
        assert official is not None  # noqa: S101
        draw = official_draw(generator, ws, official)
        return draw, _quickest_threads(draw)
    prepare(CPU)
    if way == TORCH:
        eager = Runtime(generator, CPU)
        draw = lambda: eager.draw(ws, 1.0)  # noqa: E731
        return draw, _quickest_threads(draw)
    torch.set_num_threads(1)
    precision: Precision = "bfloat16" if way == GRAPH_BF16 else "float32"
    network = network_of(generator)
    threads = choose_threads(network, precision, ws)
    compiled = Compiled(network, precision, threads)
    return lambda: compiled.draw(ws, 1.0), threads


def _quickest_threads(draw: Draw) -> int:
    """Let torch have one thread, or as many as it wants, whichever draws faster."""
    shortest_s: dict[int, float] = {}
    for threads in {1, torch.get_num_threads()}:
        torch.set_num_threads(threads)
        times = []
        for _ in range(TRIALS):
            start = time.perf_counter()
            draw()
            times.append(time.perf_counter() - start)
        shortest_s[threads] = min(times)
    quickest = min(shortest_s, key=lambda threads: shortest_s[threads])
    torch.set_num_threads(quickest)
    return quickest


def official_draw(
    generator: Generator, ws: Tensor, folder: Path, *, half_resolutions: int = 0
) -> Draw:
    """The vendor's network, out of a copy of its repository, with the generator's weights.

    So many of its finest resolutions are drawn in float16. It is where `ws` is.
    """
    sys.path.insert(0, str(folder))
    sys.modules.setdefault("requests", ModuleType("requests"))  # Nothing is downloaded here.
    newer = (folder / "training" / "networks_stylegan2.py").is_file()
    networks = import_module(f"training.networks{'_stylegan2' if newer else ''}")
    widths = generator.widths
    theirs = networks.SynthesisNetwork(
        w_dim=widths.w_dim,
        img_resolution=generator.canvas.width_px,
        img_channels=3,
        channel_base=widths.channel_base,
        channel_max=widths.channel_max,
        num_fp16_res=half_resolutions,
        conv_clamp=widths.clamp or None,
    )
    theirs.load_state_dict(generator.synthesis.state_dict())
    theirs.eval().requires_grad_(False).to(ws.device)
    return lambda: theirs(ws[None], noise_mode="const")
