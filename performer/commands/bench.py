"""`performer bench`: what a frame costs on this machine, all cases interleaved in one run."""

import json
import os
import platform
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import msgspec
import torch
from rich import box
from rich.console import Console
from rich.table import Table
from torch import Tensor

from models.engines import describe_engine
from performer.clock import SystemClock
from performer.commands.bench_case import Case
from performer.commands.bench_decks import bent_engines
from performer.commands.bench_effects import EffectBench
from performer.commands.bench_loops import begin, hands
from performer.commands.bench_modulators import TWENTY, moment
from performer.commands.flood import CC_PER_S, LAST_VALUE, OSC_PER_S, Flood
from performer.commands.instrument import Instrument, load_instrument, warm_up
from performer.effect_parameters import EFFECTS
from performer.engine import Engine
from performer.events import Event, Inbox
from performer.latent import Generator
from performer.outputs import Display
from performer.schema import Patch
from performer.stage import Labels, Stage

FRAMES, ROUND_S = 40, 0.3
LARGER_PX = (1280, 720)
MODULATED = "all but the generator, 20 modulators of all kinds"
LOOPED = "all but the generator, 20 loops played and 20 recorded"
REST = "all but the generator and effects, with both"
EFFECT_NAMES = frozenset(parameter.name for parameter in EFFECTS)
FLOOD = f"{OSC_PER_S} OSC/s and {CC_PER_S} CC/s"


class HeldPicture:
    """A generator whose network is skipped: the frame that is left is the instrument's own."""

    def __init__(self, runtime: Generator) -> None:
        self.device, self.w_avg = runtime.device, runtime.w_avg
        self.height_px, self.width_px = runtime.height_px, runtime.width_px
        self.num_ws, self.z_dim, self.classes = runtime.num_ws, runtime.z_dim, runtime.classes
        self.map, self.directions = runtime.map, runtime.directions
        self.changes = runtime.changes
        self._picture = runtime.draw(runtime.w_avg.expand(runtime.num_ws, -1), 1.0)

    @property
    def pliant(self) -> None:
        """There is nothing to bend."""

    @property
    def sketch(self) -> None:
        """There is nothing to draw sooner."""

    def draw(self, ws: Tensor, noise: float) -> Tensor:
        """The same picture, whatever is asked for."""
        return self._picture

    def drift(self, goal: Generator) -> None:
        """It goes nowhere."""


class Bench:
    """The instrument's parts, set up to be measured side by side in one process."""

    def __init__(self, instrument: Instrument) -> None:
        from performer.outputs.display import PygameDisplay
        from performer.outputs.layout import Output

        self.runtime = instrument.runtime
        self.instrument = instrument
        self._clock = SystemClock()
        size = (self.runtime.width_px, self.runtime.height_px)
        self._displays = [
            PygameDisplay(self._clock, [Output(windowed=True, size=px)], hint=False)
            for px in (size, LARGER_PX)
        ]
        self._inbox = Inbox()
        self.flood = Flood(self._inbox, self._clock)
        self.flooded_engine, self.flooded = self._stage(self.runtime, self._inbox)
        z = torch.randn(self.runtime.num_ws, self.runtime.z_dim)
        ws = self.runtime.map(z.to(self.runtime.device))
        self.cases = [
            Case("generator alone", lambda: self._draw(ws)),
            self._case("whole frame", self._stage(self.runtime, Inbox())[1]),
            self._case("all but the generator", self._stage(HeldPicture(self.runtime), Inbox())[1]),
            self._case(
                "same, scaled by SDL on the CPU to {}x{}".format(*LARGER_PX),
                self._stage(HeldPicture(self.runtime), Inbox(), self._displays[1])[1],
            ),
        ]
        self.cases += self._busy()
        self.cases += [
            self._case(name, self._staged(engine))
            for name, engine in bent_engines(self.runtime, instrument.patch)
        ]
        self.cases += [
            self._case(
                f"whole frame, {FLOOD} sent to no one", self._stage(self.runtime, Inbox())[1]
            ),
            self._case(f"whole frame, {FLOOD} received", self.flooded),
        ]
        self.effects = EffectBench(self.runtime)

    def _draw(self, ws: Tensor) -> None:
        self.runtime.draw(ws, 1.0)
        if self.runtime.device.type == "cuda":
            torch.cuda.synchronize()

    def _stage(
        self,
        generator: Generator,
        inbox: Inbox,
        display: Display | None = None,
        patch: Patch | None = None,
    ) -> tuple[Engine, Stage]:
        engine = Engine(generator, patch or self.instrument.patch)
        return engine, self._staged(engine, inbox, display)

    def _staged(
        self, engine: Engine, inbox: Inbox | None = None, display: Display | None = None
    ) -> Stage:
        warm_up(engine)
        labels = Labels("", "", "", tuple, "")
        display = display or self._displays[0]
        return Stage(engine, display, Inbox() if inbox is None else inbox, self._clock, labels)

    def _busy(self) -> Iterator[Case]:
        """The third case with more that moves; at last without the patch's effects."""
        patch = self.instrument.patch
        moving = msgspec.structs.replace(patch, modulators=TWENTY)
        plain = {name: value for name, value in patch.start.items() if name not in EFFECT_NAMES}
        yield self._eventful(MODULATED, moving, lambda now_s: (moment(now_s),))
        yield self._eventful(LOOPED, patch, hands, begin)
        yield self._eventful(
            REST,
            msgspec.structs.replace(moving, start=plain),
            lambda now_s: (moment(now_s), *hands(now_s)),
            begin,
        )

    def _eventful(
        self,
        name: str,
        patch: Patch,
        events: Callable[[float], Iterable[Event]],
        prepare: Callable[[Engine], None] = lambda engine: None,
    ) -> Case:
        """A frame without the generator, in which some events arrive."""
        inbox = Inbox()
        engine, stage = self._stage(HeldPicture(self.runtime), inbox, patch=patch)
        prepare(engine)

        def frame() -> None:
            now_s = self._clock.now()
            for event in events(now_s):
                inbox.put(event)
            stage.one_frame(now_s)

        return Case(name, frame)

    def _case(self, name: str, stage: Stage) -> Case:
        return Case(name, lambda: stage.one_frame(self._clock.now()))

    def run(self, rounds: int) -> None:
        """All cases in each round; the first round warms up and is thrown away."""
        for number in range(rounds + 1):
            for case in self.cases:
                flooded = case in self.cases[-2:]
                heard = case is self.cases[-1]
                if flooded:
                    self.flood.start(heard=heard)
                case.run_round(FRAMES, ROUND_S)
                if flooded:
                    self.flood.stop(heard=heard, frame=case.frame)
            if number == 0:
                for case in self.cases:
                    case.medians_ms.clear()
        self.effects.run(rounds)
        self.flood.close()
        for display in self._displays:
            display.close()

    def result(self) -> dict[str, object]:
        """Everything measured, ready for JSON."""
        whole, rest = self.cases[1].ms, self.cases[2].ms
        deaf, flooded = (case.ms for case in self.cases[-2:])
        controls = self.flooded_engine.controls
        medians_ms = {case.name: case.ms for case in self.cases}
        return {
            "machine": f"{platform.machine()}, {os.cpu_count()} cores, torch {torch.__version__}",
            "engine": describe_engine(self.runtime),
            "model": f"{self.instrument.manifest.canvas}, {self.instrument.manifest.widths}",
            "median_ms": {name: round(ms, 3) for name, ms in medians_ms.items()},
            "effects_ms": self.effects.costs_ms(),
            "fps": round(1000 / whole, 1),
            "modulators_add_ms": round(medians_ms[MODULATED] - rest, 3),
            "loops_add_ms": round(medians_ms[LOOPED] - rest, 3),
            "all_but_generator_and_effects_ms": round(medians_ms[REST], 3),
            "rest_over_whole": round(rest / whole, 3),
            "flood_received_over_whole": round(flooded / whole, 3),
            "flood_received_over_sent_to_no_one": round(flooded / deaf, 3),
            "flood_latency_ms": {
                name: histogram.summary()
                for name, histogram in sorted(self.flooded.meter.latency_ms.items())
            },
            "flood_events": dict(controls.received),
            "flood_newest_value_won": controls.target("direction.1") == LAST_VALUE,
            "flood_triggers_sent": self.flood.triggers_sent,
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
        console.print(_table(measured.cases, result), soft_wrap=True)
        console.print(measured.effects.table(), soft_wrap=True)


def _table(cases: list[Case], result: dict[str, object]) -> Table:
    table = Table(box=box.SIMPLE, title=f"{result['engine']}; {result['machine']}")
    for column in ("Measured", "Median ms", "Rounds' spread", "Over the whole frame"):
        table.add_column(column, justify="left" if column == "Measured" else "right")
    whole_ms = cases[1].ms
    for case in cases:
        spread = f"{min(case.medians_ms):.2f} to {max(case.medians_ms):.2f}"
        table.add_row(case.name, f"{case.ms:.2f}", spread, f"{case.ms / whole_ms:.3f}")
    table.caption = _caption(result)
    return table


def _caption(result: dict[str, object]) -> str:
    lines = [
        f"{result['fps']} frames/s",
        f"20 modulators add {result['modulators_add_ms']:.2f} ms, 20 loops played and 20 recorded "
        f"{result['loops_add_ms']:.2f} ms",
        f"{REST}: {result['all_but_generator_and_effects_ms']:.2f} ms; the goal is under 1 ms",
    ]
    latency = result["flood_latency_ms"]
    assert isinstance(latency, dict)  # noqa: S101
    for source, summary in latency.items():
        lines.append(
            f"knob to screen in the flood, {source}: p50 {summary['p50']:.1f} ms, "
            f"p99 {summary['p99']:.1f} ms"
        )
    lines.append(
        f"triggers done: {result['flood_triggers_done']:g} of {result['flood_triggers_sent']}; "
        f"the newest value won: {'yes' if result['flood_newest_value_won'] else 'NO'}"
    )
    return "\n".join(lines)
