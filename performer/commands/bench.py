"""`performer bench`: what a frame costs on this machine, all cases interleaved in one run."""

import json
import os
import platform
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import torch
from rich import box
from rich.console import Console
from rich.table import Table
from torch import Tensor

from models.device import describe
from models.runtime import Runtime
from performer.clock import SystemClock
from performer.commands.flood import LAST_VALUE, Flood
from performer.commands.instrument import Instrument, load_instrument, warm_up
from performer.engine import Engine
from performer.events import Inbox
from performer.latent import Generator
from performer.stage import Labels, Stage

FRAMES = 40
WINDOW_PX = (1280, 720)


class Unpaced(SystemClock):
    """A clock that never sleeps: frames follow each other as fast as they are made."""

    def sleep_until(self, time_s: float) -> None:
        return


class HeldPicture:
    """A generator whose network is skipped: the frame that is left is the instrument's own."""

    def __init__(self, runtime: Runtime) -> None:
        self.device, self.w_avg = runtime.device, runtime.w_avg
        self.height_px, self.width_px = runtime.height_px, runtime.width_px
        self.num_ws, self.z_dim = runtime.num_ws, runtime.z_dim
        self.map, self.directions = runtime.map, runtime.directions
        self._picture = runtime.draw(runtime.w_avg.expand(runtime.num_ws, -1), 1.0)

    def draw(self, ws: Tensor, noise: float) -> Tensor:
        """The same picture, whatever is asked for."""
        return self._picture


@dataclass(slots=True)
class Case:
    """One measured thing: a frame of it, and the medians of its rounds."""

    name: str
    frame: Callable[[], object]
    medians_ms: list[float] = field(default_factory=list)

    def run_round(self, frames: int) -> None:
        """Time some frames and keep their median."""
        times = []
        for _ in range(frames):
            start_s = time.perf_counter()
            self.frame()
            times.append(time.perf_counter() - start_s)
        self.medians_ms.append(statistics.median(times) * 1000)

    @property
    def ms(self) -> float:
        """The median of the rounds."""
        return statistics.median(self.medians_ms)


class Bench:
    """The instrument's parts, set up to be measured side by side in one process."""

    def __init__(self, instrument: Instrument) -> None:
        from performer.outputs.display import PygameDisplay

        self.runtime = instrument.runtime
        self.instrument = instrument
        self._clock = Unpaced()
        self._display = PygameDisplay(self._clock, fullscreen=False, size=WINDOW_PX, hint=False)
        self._inbox = Inbox()
        self.flood = Flood(self._inbox, self._clock)
        self.flooded_engine, self.flooded = self._stage(self.runtime, self._inbox)
        ws = self.runtime.map(torch.randn(self.runtime.num_ws, self.runtime.z_dim))
        self.cases = [
            Case("generator alone", lambda: self._draw(ws)),
            self._case("whole frame", self._stage(self.runtime, Inbox())[1]),
            self._case("all but the generator", self._stage(HeldPicture(self.runtime), Inbox())[1]),
        ]
        self.flood_case = self._case("whole frame, flooded", self.flooded)

    def _draw(self, ws: Tensor) -> None:
        self.runtime.draw(ws, 1.0)
        if self.runtime.device.type == "cuda":
            torch.cuda.synchronize()

    def _stage(self, generator: Generator, inbox: Inbox) -> tuple[Engine, Stage]:
        engine = Engine(generator, self.instrument.patch)
        warm_up(engine)
        canvas = (self.runtime.height_px, self.runtime.width_px)
        labels = Labels("", "", "", canvas, tuple, "")
        return engine, Stage(engine, self._display, inbox, self._clock, labels)

    @staticmethod
    def _case(name: str, stage: Stage) -> Case:
        return Case(name, lambda: stage.play(frames=stage.meter.frames + 1))

    def run(self, rounds: int) -> None:
        """All cases in each round; the first round warms up and is thrown away."""
        self.triggers_sent = 0
        for number in range(rounds + 1):
            for case in self.cases:
                case.run_round(FRAMES)
            with self.flood:
                self.flood_case.run_round(FRAMES)
            self.triggers_sent += self.flood.triggers
            self.flooded.play(frames=self.flooded.meter.frames + 1)
            if number == 0:
                for case in (*self.cases, self.flood_case):
                    case.medians_ms.clear()
        self.flood.close()
        self._display.close()

    def result(self) -> dict[str, object]:
        """Everything measured, ready for JSON."""
        cases = (*self.cases, self.flood_case)
        generator, whole, rest, flooded = (case.ms for case in cases)
        controls = self.flooded_engine.controls
        return {
            "machine": f"{platform.machine()}, {os.cpu_count()} cores, torch {torch.__version__}",
            "device": describe(self.runtime.device),
            "model": f"{self.instrument.manifest.canvas}, {self.instrument.manifest.widths}",
            "median_ms": {case.name: round(case.ms, 3) for case in cases},
            "fps": round(1000 / whole, 1),
            "rest_over_whole": round(rest / whole, 3),
            "flooded_over_whole": round(flooded / whole, 3),
            "flood_latency_ms": {
                name: histogram.summary()
                for name, histogram in sorted(self.flooded.meter.latency_ms.items())
            },
            "flood_events": dict(controls.received),
            "flood_newest_value_won": controls.target("direction.1") == LAST_VALUE,
            "flood_triggers_sent": self.triggers_sent,
            "flood_triggers_done": controls.target("seed") - self.instrument.patch.start["seed"],
        }


def bench(
    patch: str, model: Path | None, device: str, rounds: int, as_json: bool, console: Console
) -> None:
    """Measure and print."""
    os.environ.setdefault("SDL_VIDEODRIVER", "dummy")
    measured = Bench(load_instrument(patch, model, device))
    measured.run(rounds)
    result = measured.result()
    if as_json:
        print(json.dumps(result, indent=2))
    else:
        console.print(_table(measured.cases + [measured.flood_case], result))


def _table(cases: list[Case], result: dict[str, object]) -> Table:
    table = Table(box=box.SIMPLE, title=f"{result['device']}; {result['machine']}")
    for column in ("Measured", "Median ms", "Rounds' spread", "Over the whole frame"):
        table.add_column(column, justify="left" if column == "Measured" else "right")
    whole_ms = cases[1].ms
    for case in cases:
        spread = f"{min(case.medians_ms):.2f} to {max(case.medians_ms):.2f}"
        table.add_row(case.name, f"{case.ms:.2f}", spread, f"{case.ms / whole_ms:.3f}")
    for name in ("fps", "flood_latency_ms", "flood_newest_value_won"):
        table.add_row(name, str(result[name]), "", "")
    done = f"{result['flood_triggers_done']:g} of {result['flood_triggers_sent']}"
    table.add_row("flood_triggers_done", done, "", "")
    return table
