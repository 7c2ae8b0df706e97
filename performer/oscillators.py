"""Oscillators: LFOs, noise and random steps, of their own pace or in time with the music."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from performer.schema import Modulator
from performer.waves import wave

Array = npt.NDArray[np.float64]

SLOWEST_IN_TIME = 0.25


class Oscillators:
    """The modulators with a shape. `state` is (1, n): the turns made at a pace of their own."""

    def __init__(self, specs: Sequence[Modulator]) -> None:
        self._rates_hz = np.array([spec.rate_hz or 0.0 for spec in specs], dtype=np.float64)
        self._beats = np.array([spec.beats or np.inf for spec in specs], dtype=np.float64)
        self._phases = np.array([spec.phase for spec in specs], dtype=np.float64)
        self._seeds = np.array([spec.seed for spec in specs], dtype=np.uint64)
        shapes = [spec.shape or "" for spec in specs]
        self._members = [
            (shape, np.array([i for i, each in enumerate(shapes) if each == shape], np.intp))
            for shape in dict.fromkeys(shapes)
        ]
        self.in_time = np.isfinite(self._beats)
        self.state = np.zeros((1, len(specs)))
        self._beat = 0.0
        self._paces = np.ones(len(specs))

    def go_on(self, beat: float) -> None:
        """Stand at a beat; what is in time has made no turns of its own."""
        self._beat = beat
        self.state[0, self.in_time] = 0.0

    def advance(self, dts_s: Array, beat: float, rates: Array) -> Array:
        """Let `dts_s` (n,) pass, up to a beat; which, bool (n,), did not simply go on."""
        self.state[0] += self._rates_hz * dts_s
        self._beat = beat
        before, self._paces = self._paces, in_halves_and_doubles(rates)
        return self.in_time & (before != self._paces)

    def outputs(self) -> Array:
        """Where each is, -1..1."""
        turns = self._phases + self.state[0] + self._beat / self._beats * self._paces
        found = np.empty(len(turns))
        for shape, members in self._members:
            found[members] = wave(shape, turns[members], self._seeds[members])
        return found


def in_halves_and_doubles(rates: Array) -> Array:
    """The nearest of 1/4, 1/2, 1, 2, 4: at those a phase in beats stays in time."""
    return np.exp2(np.round(np.log2(np.maximum(rates, SLOWEST_IN_TIME))))
