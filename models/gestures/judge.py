"""Judging a run on gestures: which of its generators so far is most like the takes."""

import copy
import math
from collections.abc import Sequence

from models.gestures.measures import LIKENESS, MEASURED_STEPS, measure, noise_walks
from models.gestures.networks import GestureGenerator
from models.gestures.trainer import Trace, draw_trace


class Judge:
    """Keeps the best generator: two that play against each other get better and worse by turns.

    Only what was learnt from is looked at, so that held-out takes stay unseen.
    """

    def __init__(self, takes: Sequence[Trace], seed: int) -> None:
        self._takes, self._seed = takes, seed
        self._walks = measure([noise_walks(takes, MEASURED_STEPS, seed=seed)], takes)
        self.best: GestureGenerator | None = None
        self.score, self.kimg = math.inf, 0.0

    def look(self, generator: GestureGenerator, kimg: float) -> None:
        """Keep a copy of a generator of `kimg` thousand windows, if none was better."""
        score = self.score_of(generator)
        if self.best is None or score < self.score:
            self.best, self.score, self.kimg = copy.deepcopy(generator), score, kimg

    def score_of(self, generator: GestureGenerator) -> float:
        """The mean of its measures as shares of those of noise walks; 0 is like the takes."""
        drawn = draw_trace(generator, MEASURED_STEPS, seed=self._seed)
        found = measure([drawn], self._takes)
        shares = [getattr(found, name) / max(getattr(self._walks, name), 1e-9) for name in LIKENESS]
        return sum(shares) / len(shares)
