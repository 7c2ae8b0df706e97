"""Slew: values that follow their targets smoothly, alike at every frame rate."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from performer.parameters import BY_NAME, INDEX, TABLE

Array = npt.NDArray[np.float64]

MINIMA = np.array([parameter.minimum for parameter in TABLE])
MAXIMA = np.array([parameter.maximum for parameter in TABLE])
SLEWS_S = np.array([parameter.slew_s for parameter in TABLE])


class Slew:
    """A target and a value for each row of the table, in its unit and order."""

    def __init__(self, start: Mapping[str, float]) -> None:
        """`start` holds the parameters that do not begin at their default."""
        self._start = _start(start)
        self._targets = self._start.copy()
        self._values = self._start.copy()
        self._slews_s = SLEWS_S.copy()

    @property
    def values(self) -> Array:
        """The values as of the last `advance`; a copy."""
        return self._values.copy()

    @property
    def targets(self) -> Array:
        """Where all parameters are going; a copy."""
        return self._targets.copy()

    def target(self, name: str) -> float:
        """Where a parameter is going."""
        return float(self._targets[INDEX[name]])

    def aim(self, name: str, target: float, slew_s: float) -> None:
        """Send a parameter to an allowed target, with a time constant."""
        i = INDEX[name]
        self._targets[i] = target
        self._slews_s[i] = slew_s

    def place(self, name: str, value: float, target: float) -> None:
        """Let a parameter stand at an allowed value, on its way to an allowed target."""
        i = INDEX[name]
        self._values[i], self._targets[i] = value, target

    def reset(self) -> None:
        """Send everything back to its start, at the table's time constants."""
        self._targets[:] = self._start
        self._slews_s[:] = SLEWS_S

    def restart(self, start: Mapping[str, float]) -> dict[str, float]:
        """Take another start; the parameters that now begin elsewhere, and where."""
        before, self._start = self._start, _start(start)
        moved = np.flatnonzero(before != self._start)
        return {TABLE[i].name: float(self._start[i]) for i in moved}

    def advance(self, dt_s: float) -> Array:
        """Let `dt_s` pass and return the values: the distances shrink by exp(-dt/slew)."""
        is_slow = self._slews_s > 0.0
        exponent = np.divide(-dt_s, self._slews_s, out=np.zeros(len(TABLE)), where=is_slow)
        shrink = np.where(is_slow, np.exp(exponent), 0.0)
        values = self._targets + (self._values - self._targets) * shrink
        # Rounding could step over an end by one unit in the last place.
        self._values = np.clip(values, MINIMA, MAXIMA)
        return self.values


def _start(start: Mapping[str, float]) -> Array:
    """The value of each row at the start, in table order."""
    values = np.array([parameter.default for parameter in TABLE])
    for name, value in start.items():
        values[INDEX[name]] = BY_NAME[name].clamp(value)
    return values
