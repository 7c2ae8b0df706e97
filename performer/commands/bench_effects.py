"""What each effect and the flash limiter add to a frame: the same frame with it and without."""

import itertools

import numpy as np
import torch
from rich import box
from rich.table import Table

from performer.commands.bench_case import Case
from performer.effects.chain import Effects
from performer.effects.pixels import to_bytes
from performer.flashes.limiter import FlashLimiter
from performer.latent import Generator
from performer.parameters import TABLE

FRAMES, ROUND_S, DT_S = 40, 0.1, 1 / 60
ON = {
    "hue": {"hue": 30.0},
    "levels": {"levels.black": 0.2},
    "gamma": {"gamma": 1.5},
    "palette": {"palette.mix": 0.5},
    "zoom, turn": {"zoom": 1.5, "turn": 10.0},
    "mirror": {"mirror": 3.0},
    "tiles": {"tiles": 2.0},
    "kaleidoscope": {"kaleidoscope.size": 1.0},
    "displacement": {"displacement.amount": 0.5},
    "all these five": {
        "zoom": 1.5,
        "mirror": 1.0,
        "tiles": 2.0,
        "kaleidoscope.size": 1.0,
        "displacement.amount": 0.5,
    },
    "sharpness": {"sharpness": 1.0},
    "trails": {"trails": 1.0},
    "feedback": {"feedback.time": 1.0, "feedback.turn": 10.0},
    "feedback with hue": {"feedback.time": 1.0, "feedback.turn": 10.0, "feedback.hue": 90.0},
    "bloom": {"bloom.amount": 0.5},
    "strobe": {"strobe.amount": 0.5},
}
OFF, LIMIT, LIMITING = "no effect", "flash limit", "flash limit, smoothing"


class EffectBench:
    """A case for each effect on pictures of the model's canvas, beside one with none on."""

    def __init__(self, generator: Generator) -> None:
        self._device = generator.device
        shape = (1, 3, generator.height_px, generator.width_px)
        random = torch.Generator().manual_seed(1)
        self._picture = torch.rand(shape, generator=random).to(self._device) * 2.0 - 1.0
        self.cases = [self._case(OFF, {})]
        self.cases += [self._case(name, changes) for name, changes in ON.items()]
        self.cases += [self._limiter(LIMIT, 1), self._limiter(LIMITING, 0)]

    def _case(self, name: str, changes: dict[str, float]) -> Case:
        values = {parameter.name: parameter.default for parameter in TABLE} | changes
        effects = Effects()

        def frame() -> None:
            with torch.inference_mode():
                effects.apply(self._picture, values, DT_S)
            if self._device.type == "cuda":
                torch.cuda.synchronize()

        return Case(name, frame)

    def _limiter(self, name: str, dark: int) -> Case:
        """Of a still picture, or of one that flickers (`dark` times its light)."""
        picture = to_bytes((self._picture + 1.0) * 127.5, 1.0).cpu().numpy()
        frames = itertools.cycle((picture, (picture * dark).astype(np.uint8)))
        limiter = FlashLimiter()
        return Case(name, lambda: limiter.apply(next(frames), DT_S))

    def run(self, rounds: int) -> None:
        """All cases in each round; the first round warms up and is thrown away."""
        for number in range(rounds + 1):
            for case in self.cases:
                case.run_round(FRAMES, ROUND_S)
                if number == 0:
                    case.medians_ms.clear()

    def costs_ms(self) -> dict[str, float]:
        """What each adds; of the limiter, which comes after all, all that it takes."""
        without = self.cases[0].ms
        return {
            case.name: round(case.ms - (0.0 if case.name in (LIMIT, LIMITING) else without), 3)
            for case in self.cases[1:]
        }

    def table(self) -> Table:
        """The costs, for people."""
        table = Table(box=box.SIMPLE)
        table.add_column("Effect")
        table.add_column("Adds ms", justify="right")
        for name, cost_ms in self.costs_ms().items():
            table.add_row(name, f"{cost_ms:.2f}")
        return table
