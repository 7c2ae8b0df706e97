"""`performer bench --engine --device cuda`: every way to play on a graphics card, in one call.

Sizes, precisions, graphs on and off, the whole instrument with its copy to the host, and the
vendor's own code where a copy of it is named; all of one size take turns in one run.
"""

import json
import logging
import platform
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from rich import box
from rich.console import Console
from rich.table import Table
from torch import Tensor

from models.contest import samples_of
from models.device import describe, finish, prepare
from models.gpu.choice import Choice
from models.gpu.runtime import SHORT, GpuRuntime
from models.limits import Floor, Rates, floor, measure
from models.networks import Generator, Widths
from models.recipe import Precision
from performer.commands.bench_engine import FLOOR, errors, in_words, random_generator
from performer.commands.bench_ways import OFFICIAL, official_draw
from performer.engine import Engine
from performer.flight import Latency
from performer.patch import load_patch
from performer.paths import PATCHES, STARTER_PATCH

WIDE = Widths(32768, 512, 512, 512, 8, clamp=256.0)
NETWORKS = {f"{size_px}x{size_px}, 32768/512": (size_px, WIDE) for size_px in (256, 512, 1024)}
PRECISIONS: tuple[Precision, ...] = ("float32", "bfloat16", "float16")
LATENCIES: tuple[Latency, ...] = ("low", "smooth")
FRAMES, ROUND_S, FRAME_S = 50, 0.3, 1 / 60
OFFICIAL_HALVES = 4  # of its finest resolutions, as shipped
PLAIN = Choice("float32")
Draw = Callable[[], object]
Picture = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Result:
    """One way on one network: a frame's time until it is done, over all rounds but the first.

    `ratio` is how many times as fast as the first way it was. `error` and `psnr_db` hold its
    picture against that of plain float32, where it has one. `peak_mib` is what it took of the
    card's memory to be prepared and drawn, on CUDA.
    """

    network: str
    way: str
    p50_ms: float
    p99_ms: float
    frames_per_s: float
    ratio: float
    floor: Floor
    error: float | None
    psnr_db: float | None
    peak_mib: float | None


@dataclass(slots=True)
class Way:
    """Something that makes frames, and the times of each of its rounds."""

    name: str
    precision: Precision
    frame: Draw
    picture: Picture | None
    peak_mib: float | None
    rounds_ms: list[list[float]] = field(default_factory=list)

    def run_round(self) -> None:
        """Time at least FRAMES frames, for at least ROUND_S."""
        times: list[float] = []
        while len(times) < FRAMES or sum(times) < ROUND_S * 1000:
            start_s = time.perf_counter()
            self.frame()
            times.append((time.perf_counter() - start_s) * 1000)
        self.rounds_ms.append(times)

    def medians_ms(self) -> list[float]:
        """The median of each round but the first, which warms up."""
        return [statistics.median(times) for times in self.rounds_ms[1:]]


def bench_gpu(
    device: torch.device, rounds: int, official: Path | None, as_json: bool, console: Console
) -> None:
    """Measure all networks and print."""
    prepare(device)
    rates = {precision: measure(device, precision) for precision in PRECISIONS}
    results: list[Result] = []
    for name, (size_px, widths) in NETWORKS.items():
        generator = random_generator(size_px, widths)
        results += measure_network(name, generator, device, rounds, official, rates)
    told = {
        "machine": f"{describe(device)}; torch {torch.__version__}, CUDA {torch.version.cuda}, "
        f"{platform.system()}; {rounds} rounds",
        "rates": {SHORT[precision]: asdict(rate) for precision, rate in rates.items()},
    }
    if as_json:
        print(json.dumps(told | {"results": [asdict(each) for each in results]}, indent=2))
    else:
        console.print(table(results, rates, str(told["machine"])), soft_wrap=True)


@torch.inference_mode()
def measure_network(
    name: str,
    generator: Generator,
    device: torch.device,
    rounds: int,
    official: Path | None,
    rates: Mapping[Precision, Rates],
) -> list[Result]:
    """All ways on one network, in turns."""
    ways = list(_ways(generator.to(device), device, official))
    for _ in range(rounds + 1):
        for way in ways:
            way.run_round()
    plain = next(way.picture for way in ways if way.name == _name(PLAIN))
    least = {precision: floor(generator, precision, rates[precision]) for precision in PRECISIONS}
    return [_result(name, way, ways[0], plain, least[way.precision]) for way in ways]


def _ways(generator: Generator, device: torch.device, official: Path | None) -> Iterator[Way]:
    """The vendor's ways, then ours; what fails is left out with a line in the log."""
    ws = samples_of(generator)[0].contiguous()
    if official is not None:
        halves: dict[Precision, int] = {"float16": OFFICIAL_HALVES, "float32": 0}
        for precision, count in halves.items():
            name = f"{OFFICIAL} {SHORT[precision]}"
            yield from _try(name, precision, partial(_official, generator, ws, official, count))
    graphs = (False, True) if device.type != "mps" else (False,)
    choices = [Choice(precision, captured=graph) for precision in PRECISIONS for graph in graphs]
    if device.type == "cuda":
        choices += [Choice(each, captured=True, compiled=True) for each in PRECISIONS[1:]]
    for choice in choices:
        yield from _try(_name(choice), choice.precision, partial(_playing, generator, ws, choice))
    best = Choice("float16", captured=graphs[-1])
    for latency in LATENCIES:
        name = f"instrument, {latency}: {_name(best)}"
        yield from _try(name, best.precision, partial(_instrument, generator, ws, best, latency))


def _try(
    name: str, precision: Precision, build: Callable[[], tuple[Draw, Picture | None]]
) -> Iterator[Way]:
    """The way, if it can be built and drawn."""
    try:
        before = _begin_peak()
        frame, picture = build()
        frame()
        peak_mib = _end_peak(before)
    except Exception as error:  # A table with a gap is better than none.
        reason = f"{type(error).__name__}: {error}".splitlines()[0]
        logging.getLogger(__name__).warning("without %s: %s", name, reason)
        return
    yield Way(name, precision, frame, picture, peak_mib)


def _official(
    generator: Generator, ws: Tensor, folder: Path, half_resolutions: int
) -> tuple[Draw, Picture]:
    return _drawn(official_draw(generator, ws, folder, half_resolutions=half_resolutions), ws)


def _playing(generator: Generator, ws: Tensor, choice: Choice) -> tuple[Draw, Picture]:
    playing = GpuRuntime(generator, ws.device, choice=choice)
    return _drawn(lambda: playing.draw(ws, 1.0), ws)


def _drawn(draw: Callable[[], Tensor], ws: Tensor) -> tuple[Draw, Picture]:
    """A frame that ends when the device has drawn it, and its picture."""

    def frame() -> None:
        draw()
        finish(ws.device)

    return frame, draw().float().cpu().numpy()


def _instrument(
    generator: Generator, ws: Tensor, choice: Choice, latency: Latency
) -> tuple[Draw, None]:
    """From no events to a frame on the host, with the patch that is played if none is named."""
    playing = GpuRuntime(generator, ws.device, choice=choice)
    patch = load_patch(PATCHES / f"{STARTER_PATCH}.toml")
    engine = Engine(playing, patch, latency=latency)
    return lambda: engine.frame(0.0, FRAME_S, ()), None


def _name(choice: Choice) -> str:
    words = [SHORT[choice.precision]]
    words += ["compiled"] * choice.compiled + ["one graph" if choice.captured else "op by op"]
    return " ".join(words)


def _begin_peak() -> int:
    """The card's memory in use, from which a peak is counted."""
    if not torch.cuda.is_available():
        return 0
    torch.cuda.reset_peak_memory_stats()
    return torch.cuda.memory_allocated()


def _end_peak(before: int) -> float | None:
    if not torch.cuda.is_available():
        return None
    return round((torch.cuda.max_memory_allocated() - before) / 2**20, 1)


def _result(network: str, way: Way, first: Way, plain: Picture | None, least: Floor) -> Result:
    times = np.array([ms for times in way.rounds_ms[1:] for ms in times])
    pairs = zip(first.medians_ms(), way.medians_ms(), strict=True)
    error = psnr_db = None
    if plain is not None and way.picture is not None:
        error, psnr_db = errors(way.picture, plain)
    return Result(
        network=network,
        way=way.name,
        p50_ms=round(float(np.median(times)), 3),
        p99_ms=round(float(np.quantile(times, 0.99)), 3),
        frames_per_s=round(1000 / float(times.mean()), 1),
        ratio=round(statistics.median(theirs / ours for theirs, ours in pairs), 3),
        floor=least,
        error=error,
        psnr_db=None if psnr_db is None else round(psnr_db, 1),
        peak_mib=way.peak_mib,
    )


def table(results: Sequence[Result], rates: Mapping[Precision, Rates], title: str) -> Table:
    """One row for each way on each network, and below what the floors were measured with."""
    shown = Table("Network", "Way", box=box.SIMPLE, title=title)
    figures = ("p50 ms", "p99 ms", "Frames/s", "Times as fast", FLOOR, "Error", "PSNR dB", "MiB")
    for column in figures:
        shown.add_column(column, justify="right")
    for each in results:
        shown.add_row(
            each.network,
            each.way,
            f"{each.p50_ms:.2f}",
            f"{each.p99_ms:.2f}",
            f"{each.frames_per_s:.0f}",
            f"{each.ratio:.2f}",
            in_words(each.floor),
            "" if each.error is None else f"{each.error:.1e}",
            "" if each.psnr_db is None else f"{each.psnr_db:.1f}",
            "" if each.peak_mib is None else f"{each.peak_mib:.0f}",
        )
    shown.caption = "\n".join(
        f"{SHORT[precision]}: {rate.operations / 1e12:.2f} TFLOP/s, {rate.bytes / 1e9:.0f} GB/s"
        for precision, rate in rates.items()
    )
    return shown
