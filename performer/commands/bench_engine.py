"""`performer bench --engine`: the same weights in every engine, how fast and how exact.

Each engine has a process of its own, since how memory is kept is a setting of a process; their
rounds alternate, so that a machine that slows down slows all.
"""

import json
import math
import multiprocessing
import os
import platform
import statistics
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from rich import box
from rich.console import Console
from rich.table import Table

from models.canvas import canvas_of
from models.checkpoint import Images, Manifest, load_checkpoint, save_checkpoint
from models.device import pick_device
from models.graph.compiled import processor
from models.graph.library import version
from models.limits import Floor, floor, operations
from models.networks import Generator, StyledConv, Widths
from performer.commands.bench_ways import PRECISIONS, TORCH, ways, work
from performer.paths import STARTER_MODEL

NOISE_STRENGTH = 0.1
NETWORKS = {
    "light 256x256, 2048/64": (256, Widths(2048, 64, 128, 128)),
    "light 256x256, 4096/128": (256, Widths(4096, 128, 128, 128)),
    "256x256, 16384/512": (256, Widths(16384, 512, 512, 512)),
    "512x512, 8192/128": (512, Widths(8192, 128, 128, 128)),
    "1024x1024, 32768/512": (1024, Widths(32768, 512, 512, 512)),
}
FLOOR = "Floor: operations / bytes, ms"
STARTER = "the starter, 256x144, 1024/128"


class BenchError(ValueError):
    """What is to be measured cannot be: one sentence."""


@dataclass(frozen=True, slots=True)
class Result:
    """One engine on one network.

    `ms` is the median of its rounds, `ratio` how many times as fast as the first engine it was,
    the median over the rounds; `floor` is what it could not go below. Its picture is held against
    torch's: `error` is the largest difference and `psnr_db` the whole of it, both over the
    picture's range.
    """

    network: str
    engine: str
    threads: int
    ms: float
    ratio: float
    gflop_per_s: float
    floor: Floor
    error: float
    psnr_db: float
    rounds_ms: list[float]


def bench_engine(
    rounds: int, official: Path | None, as_json: bool, console: Console, device_name: str = "cpu"
) -> None:
    """Measure and print; raises `BenchError`."""
    device = pick_device(device_name)
    if official is not None and not (official / "training").is_dir():
        raise BenchError(f"{official}: no copy of the official StyleGAN2-ADA or StyleGAN3")
    if device.type != "cpu":
        from performer.commands.bench_gpu import bench_gpu

        bench_gpu(device, rounds, official, as_json, console)
        return
    results: list[Result] = []
    with tempfile.TemporaryDirectory() as folder:
        for name in [*NETWORKS, STARTER]:
            model = STARTER_MODEL if name == STARTER else _random_model(name, Path(folder))
            results += measure(name, model, rounds, official)
    machine = (
        f"{processor()}, {os.cpu_count()} cores, {platform.system()}; torch {torch.__version__}, "
        f"OpenVINO {version.split('-')[0]}; {rounds} rounds"
    )
    if as_json:
        told = {"machine": machine, "results": [asdict(each) for each in results]}
        print(json.dumps(told, indent=2))
    else:
        console.print(table(results, machine), soft_wrap=True)


def measure(name: str, model: Path, rounds: int, official: Path | None) -> list[Result]:
    """All engines on one network; the first round warms up and is thrown away."""
    generator, manifest, _ = load_checkpoint(model)
    assert isinstance(generator, Generator)  # noqa: S101
    running = [_Running(way, model, official) for way in ways(manifest.canvas, official)]
    for number in range(rounds + 1):
        for each in running:
            each.run_round(keep=number > 0)
    for each in running:
        each.end()
    plain = next(each for each in running if each.way == TORCH)
    return [each.result(name, generator, running[0], plain) for each in running]


class _Running:
    """A process that draws in one way, its picture, and the times of its rounds."""

    def __init__(self, way: str, model: Path, official: Path | None) -> None:
        self.way = way
        self.rounds_ms: list[float] = []
        spawn = multiprocessing.get_context("spawn")
        self._pipe, theirs = spawn.Pipe()
        self._process = spawn.Process(target=work, args=(way, model, official, theirs), daemon=True)
        self._process.start()
        theirs.close()
        self.picture, self.threads, self.rates = self._answer()

    def run_round(self, *, keep: bool) -> None:
        self._pipe.send(True)
        taken_ms = self._answer()
        if keep:
            self.rounds_ms.append(taken_ms)

    def end(self) -> None:
        self._pipe.send(False)
        self._process.join()

    def _answer(self) -> Any:
        try:
            return self._pipe.recv()
        except EOFError:
            raise BenchError(f'"{self.way}" ended early; what is written above says why') from None

    def result(
        self, network: str, generator: Generator, first: "_Running", plain: "_Running"
    ) -> Result:
        ms = statistics.median(self.rounds_ms)
        ratios = [a / b for a, b in zip(first.rounds_ms, self.rounds_ms, strict=True)]
        error, psnr_db = errors(self.picture, plain.picture)
        return Result(
            network=network,
            engine=self.way,
            threads=self.threads,
            ms=round(ms, 3),
            ratio=round(statistics.median(ratios), 3),
            gflop_per_s=round(operations(generator) / ms / 1e6, 1),
            floor=floor(generator, PRECISIONS.get(self.way, "float32"), self.rates),
            error=error,
            psnr_db=round(psnr_db, 1),
            rounds_ms=self.rounds_ms,
        )


def errors(found: NDArray[np.float32], expected: NDArray[np.float32]) -> tuple[float, float]:
    """The largest difference and the PSNR in dB of two pictures, over the range of the second."""
    span = float(np.ptp(expected))
    apart = np.abs(found - expected)
    root_mean_square = math.sqrt(float(np.square(apart, dtype=np.float64).mean()))
    return float(apart.max()) / span, 20.0 * math.log10(span / max(root_mean_square, 1e-12))


def _random_model(name: str, folder: Path) -> Path:
    """A model of random weights, its noise not silent."""
    size_px, widths = NETWORKS[name]
    generator = random_generator(size_px, widths)
    path = folder / "random.safetensors"
    manifest = Manifest(generator.canvas, widths, 0.0, Images(0, ""), 0, "", "")
    save_checkpoint(path, generator, manifest)
    return path


def random_generator(size_px: int, widths: Widths) -> Generator:
    """A square network of random weights, its noise not silent."""
    torch.manual_seed(0)
    generator = Generator(canvas_of(size_px, size_px), widths).requires_grad_(False)
    for layer in generator.modules():
        if isinstance(layer, StyledConv):
            layer.noise_strength.fill_(NOISE_STRENGTH)
    return generator


def table(results: Sequence[Result], title: str) -> Table:
    """One row for each engine on each network."""
    shown = Table("Network", "Engine", box=box.SIMPLE, title=title)
    for column in (
        "Threads",
        "ms",
        "Spread",
        "Times as fast",
        "GFLOP/s",
        FLOOR,
        "Error",
        "PSNR dB",
    ):
        shown.add_column(column, justify="right")
    for each in results:
        shown.add_row(
            each.network,
            each.engine,
            str(each.threads),
            f"{each.ms:.2f}",
            f"{min(each.rounds_ms):.2f} to {max(each.rounds_ms):.2f}",
            f"{each.ratio:.2f}",
            f"{each.gflop_per_s:.0f}",
            in_words(each.floor),
            f"{each.error:.1e}",
            f"{each.psnr_db:.1f}",
        )
    return shown


def in_words(least: Floor) -> str:
    """A floor as a table tells it."""
    return f"{least.operations_ms:.2f} / {least.bytes_ms:.2f}"
