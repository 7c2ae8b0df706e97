"""Counts, for each part of the picture, the changes of light and of red that make up flashes."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from performer.flashes.light import Floats

Mask = NDArray[np.bool_]

ALLOWED = 6  # of opposing transitions: three flashes
PERIOD_S = 1.0
# A little stricter than the guidelines, which say 0.1 and 20 / 320, 0.8 and 0.8.
STEP = np.array([0.09, 0.055], np.float32)[:, None, None]
BRIGHT, SATURATED = 0.82, 0.78
# How near a part may come to a transition that it must not make.
NEAR = 0.8


@dataclass(frozen=True, slots=True)
class Transitions:
    """What has happened so far, of luminance and of red: all arrays are (2, rows, columns).

    Each value is followed from its last extreme; a transition is complete when it has moved away
    from there by STEP, against the direction of the transition before. `times_s` are those of the
    last ALLOWED transitions, the oldest first.
    """

    high: Floats
    low: Floats
    direction: NDArray[np.int8]
    was_red: Mask
    times_s: NDArray[np.float64]

    @classmethod
    def begin(cls, measured: Floats) -> "Transitions":
        """Before the first frame, which `measured` is."""
        values = measured[:2]
        times_s = np.full((ALLOWED, *values.shape), -np.inf)
        direction = np.zeros(values.shape, np.int8)
        return cls(values, values, direction, measured[2] >= SATURATED, times_s)

    def full(self, now_s: float) -> Mask:
        """Where no further transition is allowed now."""
        return self.times_s[0] > now_s - PERIOD_S + 1e-6

    def after(self, measured: Floats, now_s: float) -> tuple["Transitions", Mask]:
        """With another frame; and where (rows, columns) it makes one transition too many."""
        values, is_red = measured[:2], measured[2] >= SATURATED
        high, low = np.maximum(self.high, values), np.minimum(self.low, values)
        counts = np.stack((low[0] < BRIGHT, self.was_red | is_red))
        rises = (values - low >= STEP) & (self.direction <= 0) & counts
        counts[0] = values[0] < BRIGHT
        falls = (high - values >= STEP) & (self.direction >= 0) & counts
        done = rises | falls
        if not done.any():
            was_red = self.was_red | is_red
            return Transitions(high, low, self.direction, was_red, self.times_s), done[0]
        excess = (done & self.full(now_s)).any(axis=0)
        later = np.concatenate((self.times_s[1:], np.full((1, *done.shape), now_s)))
        state = Transitions(
            np.where(done, values, high),
            np.where(done, values, low),
            np.where(done, rises.astype(np.int8) - falls, self.direction).astype(np.int8),
            np.where(done[1], is_red, self.was_red | is_red),
            np.where(done, later, self.times_s),
        )
        return state, excess

    def share(self, shown: Floats, asked: Floats, now_s: float) -> Floats:
        """How much 0..1 of the way from what is shown to what is asked for is allowed."""
        begin, end = shown[:2], asked[:2]
        way = end - begin
        bound = np.where(self.direction > 0, self.high - NEAR * STEP, self.low + NEAR * STEP)
        ahead = np.where(self.direction > 0, way < 0.0, way > 0.0)
        room = np.clip((bound - begin) / np.where(ahead, way, 1.0), 0.0, 1.0)
        return np.where(ahead & self.full(now_s), room, 1.0).min(axis=0)
