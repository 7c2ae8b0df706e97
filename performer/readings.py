"""Readings: all that a modulator may read by name, sources, parameters and other modulators."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from performer.ear import HEARD
from performer.parameters import MODULATORS, TABLE

Array = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]

SOURCES = (*(f"sound.{name}" for name in HEARD), "beat", "bar")
BEATS_A_BAR = 4.0
FACTORS = ("depth", "rate")


def readable(names: Sequence[str]) -> dict[str, int]:
    """What can be read and where it stands, of modulators with these names, "" for none.

    `modulation.2`, or `modulation.NAME`, is what the second modulator gives, -1..1.
    """
    found = {name: i for i, name in enumerate(SOURCES)}
    for i, parameter in enumerate(TABLE, len(SOURCES)):
        if parameter.kind != "trigger":
            found[parameter.name] = i
    for place, name in enumerate(names):
        i = len(SOURCES) + len(TABLE) + place
        found[f"modulation.{place + 1}"] = found[f"modulation.{name or place + 1}"] = i
        for factor in FACTORS if name and place < MODULATORS else ():
            found[f"modulation.{name}.{factor}"] = found[f"modulation.{place + 1}.{factor}"]
    return found


def placed(parameter: str, names: Sequence[str]) -> str:
    """A parameter's name in the table, where it is written as `modulation.NAME.depth` or `rate`."""
    match parameter.split("."):
        case ["modulation", name, factor] if name and name in names[:MODULATORS]:
            return f"modulation.{names.index(name) + 1}.{factor}"
    return parameter


class Readings:
    """The values of all that can be read, of the last frame where they are themselves moved."""

    def __init__(self, names: Sequence[str]) -> None:
        self._places = readable(names)
        minima = [parameter.minimum for parameter in TABLE]
        spans = [parameter.maximum - parameter.minimum for parameter in TABLE]
        self._lows = np.array([0.0] * len(SOURCES) + minima + [0.0] * len(names))
        self._spans = np.array([1.0] * len(SOURCES) + spans + [1.0] * len(names))
        self._values = self._lows.copy()

    def update(
        self, sound: Sequence[float] | None, beat: float, parameters: Array, outputs: Array
    ) -> None:
        """Take in what the ear heard, the beat, the parameters in units, and the modulators."""
        heard = len(HEARD)
        self._values[:heard] = sound or 0.0
        self._values[heard : len(SOURCES)] = beat % 1.0, beat / BEATS_A_BAR % 1.0
        self._values[len(SOURCES) : len(SOURCES) + len(TABLE)] = parameters
        self._values[len(SOURCES) + len(TABLE) :] = outputs

    def places(self, names: Sequence[str]) -> Places:
        """Where they stand."""
        return np.array([self._places[name] for name in names], dtype=np.intp)

    def values(self, places: Places) -> Array:
        """Sources 0..1, parameters in their units, modulators -1..1."""
        return self._values[places]

    def units(self, places: Places) -> Array:
        """The same, but parameters as a share 0..1 of their range."""
        return (self._values[places] - self._lows[places]) / self._spans[places]
