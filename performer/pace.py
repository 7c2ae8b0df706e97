"""An even pace: how far along its way a wander goes, so that equal time shows equal change."""

import math

SPACING = 1 / 8  # of a step, between the places where it is looked how visibly the way goes on
SLOWEST, FASTEST = 1 / 4, 4.0
TURN = 1.26  # radians in z that a step of the whole walk is long on average, in 32 and more of z
EASE_S = 2.0


def usual_turn(reach: float) -> float:
    """How many radians in z a wander of such a reach goes between two places on average."""
    return SPACING * TURN * math.sin(reach * math.pi / 2)


def rate(change: float, usual: float, evenness: float) -> float:
    """How visible the way is in units of what is usual; 1 where that cannot be told.

    `evenness` 0..1 is how much of the unevenness is to be made up for.
    """
    ratio = change / usual if usual > 0.0 else 1.0
    if not math.isfinite(ratio):
        return 1.0
    return min(max(ratio, 1.0 / FASTEST), 1.0 / SLOWEST) ** evenness


def place_after(steps: float, before: float, after: float) -> float:
    """How far the way goes for `steps` of usual ways, forwards or backwards.

    The rate is `before` half a SPACING back, `after` half a SPACING on, between them on a line,
    and constant beyond: what is left of `steps` is the integral of the rate, solved exactly.
    """
    sign = math.copysign(1.0, steps)
    here, there = (before + after) / 2.0, after if steps > 0.0 else before
    half, left = SPACING / 2.0, abs(steps)
    whole = (here + there) / 2.0 * half
    if left >= whole:
        return sign * (half + (left - whole) / there)
    slope = (there - here) / half
    return sign * 2.0 * left / (here + math.sqrt(here * here + 2.0 * slope * left))
