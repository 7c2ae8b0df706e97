"""Formulas: modulators whose output is an expression of anything that can be read."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from performer.expressions import Expression
from performer.readings import Readings
from performer.schema import Modulator

Array = npt.NDArray[np.float64]


class Formulas:
    """The modulators with an expression. `state` is (1, n): the values, clamped to -1..1."""

    def __init__(self, specs: Sequence[Modulator], readings: Readings) -> None:
        self._expressions = [Expression(spec.expression) for spec in specs]
        names = sorted({name for each in self._expressions for name in each.names})
        self._names, self._readings = names, readings
        self._places = readings.places(names)
        self.state = np.zeros((1, len(specs)))

    def advance(self) -> None:
        """Compute all anew."""
        values = self._readings.values(self._places).tolist()
        known = dict(zip(self._names, values, strict=True))
        found = [expression(known) for expression in self._expressions]
        self.state[0] = np.clip(np.array(found, dtype=np.float64), -1.0, 1.0)

    def outputs(self) -> Array:
        """The values, -1..1."""
        return self.state[0]
