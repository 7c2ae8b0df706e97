"""`performer bench --train`: images a second of the trainer, beside the same networks left plain.

Each way has a process of its own, since how memory is kept is a setting of a process; their rounds
alternate, so that a machine that slows down slows both.
"""

import json
import multiprocessing
import os
import platform
import statistics
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection
from typing import Any

import torch
from rich import box
from rich.console import Console
from rich.table import Table
from torch import Tensor

from models.adversaries import R1_EVERY
from models.canvas import parse_size
from models.device import describe, pick_device, prepare
from models.draws import Draws
from models.trainer import Trainer
from performer.commands.recipe import new_recipe

SIZES = {"cpu": ("64", "256"), "mps": ("64", "256"), "cuda": ("64", "256", "512", "1024")}
IMAGES, MANY = 64, 5000
WAYS = ("plain", "ours")


@dataclass(frozen=True, slots=True)
class Result:
    """Images a second on a canvas, the median of the rounds of each way."""

    canvas: str
    precision: str
    plain: float
    ours: float
    ratio: float
    rounds: list[float]


def trainer_of(way: str, size: str, device: torch.device) -> Trainer:
    """A trainer as `performer train` makes it; `plain` is float32 and torch's own layout."""
    canvas = parse_size(size)
    asked: dict[str, Any] = {"stages": 1}
    if way == "plain":
        asked["precision"] = "float32"
    recipe = new_recipe(canvas, device, MANY, asked)
    shape = (IMAGES, 3, canvas.height_px, canvas.width_px)
    images = torch.randint(0, 256, shape, dtype=torch.uint8)
    trainer = Trainer(recipe, images, device)
    if way == "plain":
        _undo_layout(trainer)
    return trainer


def _undo_layout(trainer: Trainer) -> None:
    pair, real = trainer.pair, trainer.pair.real
    for network in (pair.generator, pair.discriminator):
        network.to(memory_format=torch.contiguous_format)

    def plain(images: Tensor, draws: Draws) -> Tensor:
        return real(images, draws).contiguous()

    pair.real = plain  # type: ignore[method-assign]


def work(way: str, size: str, device_name: str, pipe: Connection) -> None:
    """A process: trains so many steps whenever it is told to, and answers with the seconds."""
    device = pick_device(device_name)
    if way == "ours":
        prepare(device)
    steps = trainer_of(way, size, device).train()
    while (count := pipe.recv()) > 0:
        start_s = time.perf_counter()
        for _ in range(count):
            next(steps)
        if device.type == "cuda":
            torch.cuda.synchronize()
        pipe.send(time.perf_counter() - start_s)


def measure(size: str, device: torch.device, rounds: int, steps: int = R1_EVERY) -> Result:
    """Both ways on one canvas; a round is a whole cycle of R1, and the first one warms up."""
    spawn, pipes, processes = multiprocessing.get_context("spawn"), {}, []
    for way in WAYS:
        pipes[way], theirs = spawn.Pipe()
        arguments = (way, size, device.type, theirs)
        processes.append(spawn.Process(target=work, args=arguments, daemon=True))
        processes[-1].start()
        theirs.close()
    seconds: dict[str, list[float]] = {way: [] for way in WAYS}
    for number in range(rounds + 1):
        for way in WAYS:
            pipes[way].send(steps)
            taken_s = pipes[way].recv()
            if number:
                seconds[way].append(taken_s)
    for way in WAYS:
        pipes[way].send(0)
    for process in processes:
        process.join()
    return _result(size, device, seconds, steps)


def _result(size: str, device: torch.device, seconds: dict[str, list[float]], steps: int) -> Result:
    recipe = new_recipe(parse_size(size), device, MANY, {"stages": 1})
    shown = steps * recipe.batch
    plain, ours = (shown / statistics.median(seconds[way]) for way in WAYS)
    rounds = [a / b for a, b in zip(seconds["plain"], seconds["ours"], strict=True)]
    ratio = statistics.median(rounds)
    return Result(str(recipe.canvas), recipe.precision, plain, ours, ratio, rounds)


def bench_train(device_name: str, rounds: int, as_json: bool, console: Console) -> None:
    """Measure and print."""
    device = pick_device(device_name)
    results = [measure(size, device, rounds) for size in SIZES[device.type]]
    machine = f"{platform.machine()}, {os.cpu_count()} cores, torch {torch.__version__}"
    if as_json:
        told = {"machine": machine, "device": describe(device)}
        print(json.dumps(told | {"results": [asdict(each) for each in results]}, indent=2))
    else:
        console.print(_table(results, f"{describe(device)}; {machine}"), soft_wrap=True)


def _table(results: Sequence[Result], title: str) -> Table:
    table = Table(box=box.SIMPLE, title=title)
    for column in ("Canvas", "Plain float32", "As trained", "Images/s", "Ratio", "Rounds' spread"):
        table.add_column(column, justify="left" if column in ("Canvas", "As trained") else "right")
    for each in results:
        spread = f"{min(each.rounds):.2f} to {max(each.rounds):.2f}"
        plain, ours = f"{each.plain:.1f}", f"{each.ours:.1f}"
        table.add_row(each.canvas, plain, each.precision, ours, f"{each.ratio:.2f}", spread)
    return table
