"""An even pace: how far along its way a wander goes, so that equal time shows equal change."""

import math
from collections.abc import Sequence
from typing import NamedTuple

SPACING = 1 / 8  # of a step, between the places where it is looked how visibly the way goes on
GOOD_FOR = SPACING / 4  # of a step: so far the last look is good, and so much may be moved
MOVED = 0.01
SLOWEST, FASTEST = 1 / 4, 4.0
TURN = 1.26  # radians in z that a step of the whole walk is long on average, in 32 and more of z
EASE_S = 2.0


def usual_turn(reach: float) -> float:
    """How many radians in z a wander of such a reach goes between two places on average."""
    return SPACING * TURN * math.sin(reach * math.pi / 2)


def rate(change: float, usual: float) -> float:
    """How visible the way is in units of what is usual; 1 where that cannot be told."""
    ratio = change / usual if usual > 0.0 else 1.0
    if not math.isfinite(ratio):
        return 1.0
    return min(max(ratio, 1.0 / FASTEST), 1.0 / SLOWEST)


def place_after(steps: float, before: float, after: float, place: float = 0.0) -> float:
    """How far the way goes from `place` on for `steps` of usual ways, forwards or backwards.

    The rate is `before` half a SPACING back from 0, `after` half a SPACING on, between them on a
    line, and constant beyond: what is left of `steps` is the integral of the rate, solved exactly.
    """
    sign = math.copysign(1.0, steps)
    there, left = after if steps > 0.0 else before, abs(steps)
    here = (before + after) / 2.0 + (after - before) * place / SPACING
    ahead = SPACING / 2.0 - sign * place
    whole = (here + there) / 2.0 * ahead
    if left >= whole:
        return sign * (ahead + (left - whole) / there)
    slope = (there - here) / ahead
    return sign * 2.0 * left / (here + math.sqrt(here * here + 2.0 * slope * left))


class Look(NamedTuple):
    """What was seen around a place: the rates before and after it, at that reach and psi."""

    place: float
    reach: float
    psi: float
    before: float
    after: float


class Walk:
    """A place on the way, and the last look around, which is good for a little of the way."""

    def __init__(self, phase: float = 0.0) -> None:
        self.phase = phase
        self._look: Look | None = None

    def has_seen(self, reach: float, psi: float) -> bool:
        """Whether the last look is good still."""
        look = self._look
        return look is not None and (
            abs(self.phase - look.place) <= GOOD_FOR
            and abs(reach - look.reach) + abs(psi - look.psi) <= MOVED
        )

    def see(self, reach: float, psi: float, changes: Sequence[float]) -> None:
        """Look around: `changes` are how visibly the place before and the place after differ."""
        before, after = (rate(change, usual_turn(reach)) for change in changes)
        self._look = Look(self.phase, reach, psi, before, after)

    def go(self, steps: float, evenness: float) -> None:
        """Go on by `steps` of usual ways; `evenness` 0..1 of the unevenness is made up for."""
        if self._look is None:
            self.phase += steps
            return
        place, _, _, before, after = self._look
        rates = before**evenness, after**evenness
        self.phase += place_after(steps, *rates, self.phase - place)
