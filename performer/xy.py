"""The XY pad: the look between four scenes, by bilinear shares."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from performer.parameters import BY_NAME, INDEX, TABLE
from performer.scenes import LOOK, PICTURES, whole_values
from performer.schema import Scene

Array = npt.NDArray[np.float64]

X, Y, MIX = (INDEX[name] for name in ("xy.x", "xy.y", "xy.mix"))
SMOOTH = [p.name for p in LOOK if p.name not in PICTURES and not p.step]
STEPPED = [p.name for p in LOOK if p.step]


@dataclass(frozen=True, slots=True)
class Corner:
    """A scene's picture and its share 0..1 of the whole; `walk` as in `schema.Scene`."""

    share: float
    pictures: Mapping[str, float]
    walk: float | None


class XYPad:
    """Blends the values of four scenes into those of the table."""

    def __init__(self, scenes: Sequence[Scene]) -> None:
        """`scenes` are bottom left, bottom right, top left, top right; none is no pad."""
        values = [whole_values(scene) for scene in scenes]
        self._goals = np.full((len(values), len(TABLE)), np.nan)
        for row, named in enumerate(values):
            for name in named.keys() & set(SMOOTH):
                self._goals[row, INDEX[name]] = named[name]
        self._names_it = np.isfinite(self._goals)
        self._stepped = [{n: v[n] for n in STEPPED if n in v} for v in values]
        self._pictures = [{n: v[n] for n in PICTURES if n in v} for v in values]
        self._walks = [scene.walk for scene in scenes]

    def shares(self, values: Array) -> Array:
        """How much of each corner there is, 0..1; the rest is the parameters' own."""
        if not self._walks:
            return np.zeros(0)
        x, y = values[X], values[Y]
        corners = np.array([(1 - x) * (1 - y), x * (1 - y), (1 - x) * y, x * y])
        return corners * values[MIX]

    def apply(self, values: Array, shares: Array) -> Array:
        """The values, in table order and units, with `shares` of the corners blended in."""
        way = np.where(self._names_it, self._goals - values, 0.0)
        blended = values + shares @ way
        if shares.sum() >= 0.5:
            for name, value in self._stepped[int(shares.argmax())].items():
                blended[INDEX[name]] = BY_NAME[name].clamp(value)
        return blended

    def corners(self, shares: Array) -> tuple[Corner, ...]:
        """The pictures that take part."""
        return tuple(
            Corner(float(share), pictures, walk)
            for share, pictures, walk in zip(shares, self._pictures, self._walks, strict=True)
            if share > 0.0
        )

    def strongest(self, shares: Array) -> Mapping[str, float]:
        """The picture that has the most to say; none where the parameters' own has."""
        if not shares.any() or shares.max() <= 1.0 - shares.sum():
            return {}
        return self._pictures[int(shares.argmax())]
