"""Followers: sources that are followed with an attack and a release."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from performer.readings import Readings
from performer.schema import Modulator

Array = npt.NDArray[np.float64]

AT_ONCE_S = 1e-6


class Followers:
    """The modulators with a source. `state` is (1, n): how far each has followed, 0..1."""

    def __init__(self, specs: Sequence[Modulator], readings: Readings) -> None:
        self._readings = readings
        self._places = readings.places([spec.source for spec in specs])
        self._attacks_s = np.array([spec.attack_s for spec in specs], dtype=np.float64)
        self._releases_s = np.array([spec.release_s for spec in specs], dtype=np.float64)
        self._thresholds = np.array([spec.threshold for spec in specs], dtype=np.float64)
        gains = np.array([spec.gain for spec in specs], dtype=np.float64)
        self._gains = gains / (1.0 - self._thresholds)
        self.state = np.zeros((1, len(specs)))

    def advance(self, dts_s: Array) -> None:
        """Let `dts_s` (n,) pass: the exact exponential towards what is over the threshold."""
        over = self._readings.units(self._places) - self._thresholds
        goals = np.clip(over * self._gains, 0.0, 1.0)
        level = self.state[0]
        times_s = np.where(goals > level, self._attacks_s, self._releases_s)
        is_slow = times_s > AT_ONCE_S
        exponents = np.divide(-dts_s, times_s, out=np.zeros(len(level)), where=is_slow)
        self.state[0] = goals + (level - goals) * np.where(is_slow, np.exp(exponents), 0.0)

    def outputs(self) -> Array:
        """How far each has followed, 0..1."""
        return self.state[0]
