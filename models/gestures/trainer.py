"""The trainer of gestures: the loop and losses of images, on windows of recorded movement."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.adversaries import Adversaries
from models.draws import Draws
from models.feed import Feed
from models.gestures.networks import SPEED_FLOOR, GestureDiscriminator, GestureGenerator
from models.gestures.recipe import RATE_HZ, GestureRecipe

WINDOW_EVERY = 8
BLUR = 0.01
CPU = torch.device("cpu")  # The networks are too small for anything else to be faster.

Trace = NDArray[np.float32]


class GesturePair:
    """Generator and discriminator of gestures, which pass between them in the recorded range."""

    def __init__(self, recipe: GestureRecipe, traces: Sequence[Trace]) -> None:
        """`traces` are positions float32 (steps, parameters) in 0..1."""
        torch.manual_seed(recipe.seed)
        self.recipe = recipe
        parameters = traces[0].shape[1]
        self.generator = GestureGenerator(
            parameters,
            hidden=recipe.hidden,
            noise=recipe.noise,
            slow=recipe.slow,
            rate_hz=RATE_HZ,
        )
        self.discriminator = GestureDiscriminator(parameters, hidden=recipe.judging)
        low, high = span(traces)
        self.generator.low.copy_(torch.from_numpy(low))
        self.generator.high.copy_(torch.from_numpy(high))
        moved = np.concatenate([np.diff(trace, axis=0) for trace in traces]) / (high - low)
        speed = np.maximum(moved.std(axis=0), SPEED_FLOOR)
        self.discriminator.speed.copy_(torch.from_numpy(speed))

    def real(self, examples: Tensor, draws: Draws) -> Tensor:
        """Windows (N, steps, parameters) in the range of all that was recorded, 0..1."""
        return (examples - self.generator.low) / (self.generator.high - self.generator.low)

    def generate(self, draws: Draws) -> Tensor:
        """Windows (N, steps, parameters), after a lead-in that nobody sees."""
        recipe, generator = self.recipe, self.generator
        hand = draws.uniform(generator.widths[0])
        state = generator.begin(hand, draws.normal(recipe.slow))
        width = recipe.noise + recipe.slow
        with torch.no_grad():
            _, state = generator(state, draws.normal(recipe.lead_in, width))
        windows, _ = generator(state, draws.normal(recipe.window, width))
        return windows

    def judge(self, examples: Tensor, draws: Draws) -> Tensor:
        """Logits (N, 1) of windows, blurred: a knob's 128 places would give recorded ones away."""
        blurred = examples + BLUR * draws.normal(*examples.shape[1:])
        logits: Tensor = self.discriminator(blurred)
        return logits


class GestureTrainer(Adversaries):
    """A recurrent generator and discriminator of gestures."""

    pair: GesturePair
    averaged: GestureGenerator

    def __init__(self, recipe: GestureRecipe, traces: Sequence[Trace]) -> None:
        """`traces` are positions float32 (steps, parameters) in 0..1, `RATE_HZ` steps a second."""
        self.recipe, self.traces = recipe, traces
        super().__init__(recipe, CPU)

    def make_pair(self, stage: int) -> GesturePair:
        """Both networks with random weights."""
        return GesturePair(self.recipe, self.traces)

    def make_feed(self, stage: int) -> Feed:
        """Windows of all traces that are long enough for one."""
        recipe = self.recipe
        found = windows(self.traces, recipe.window, WINDOW_EVERY)
        return Feed(
            found, self.device, batch=recipe.batch, rows=self.division.rows, seed=recipe.seed
        )

    def r1_gamma(self) -> float:
        """What R1 weighs."""
        return self.recipe.r1_gamma


def span(traces: Sequence[Trace]) -> tuple[Trace, Trace]:
    """The lowest and the highest position of each parameter, float32 (parameters,)."""
    return (
        np.min([trace.min(axis=0) for trace in traces], axis=0),
        np.max([trace.max(axis=0) for trace in traces], axis=0),
    )


def windows(traces: Sequence[Trace], steps: int, every: int) -> Tensor:
    """All windows that begin `every` so many steps, float32 (N, steps, parameters)."""
    found = [
        torch.from_numpy(trace[start : start + steps])
        for trace in traces
        for start in range(0, len(trace) - steps + 1, every)
    ]
    return torch.stack(found)


@torch.inference_mode()
def draw_trace(generator: GestureGenerator, steps: int, *, seed: int) -> Trace:
    """Positions float32 (steps, parameters) of one endless gesture, begun in the middle."""
    random = torch.Generator().manual_seed(seed)
    parameters, _, noise, slow = generator.widths
    state = generator.begin(
        torch.full((1, parameters), 0.5), torch.randn(1, slow, generator=random)
    )
    hands, _ = generator(state, torch.randn(1, steps, noise + slow, generator=random))
    trace: Trace = (generator.low + (generator.high - generator.low) * hands[0]).numpy()
    return trace
