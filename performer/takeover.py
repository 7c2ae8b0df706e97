"""Soft takeover: how a knob that stands elsewhere than its parameter gets hold of it.

All positions run 0..1 in the binding's own space. Pick-up follows the truth table of Mixxx's
`softtakeover.cpp`.
"""

from collections.abc import Callable
from typing import Protocol

# Within three steps of a 7-bit control, as in Mixxx.
THRESHOLD = 3.0 / 128.0
# Near its end a scaled knob has little travel left: one step must still not move far.
MAX_GAIN = 3.0


class Takeover(Protocol):
    """The state of one physical control that is bound to one parameter."""

    def follow(self, hand: float, current: float) -> float | None:
        """The parameter's new position when the hand moves the control; None leaves it."""

    def release(self) -> None:
        """Something else moved the parameter: the control has to get hold of it again."""


class Direct:
    """No takeover: the parameter jumps to the control."""

    def follow(self, hand: float, current: float) -> float | None:
        return hand

    def release(self) -> None:
        """A control that never waits has nothing to let go."""


class Pickup:
    """The control takes over when it comes near the parameter's position or crosses it."""

    def __init__(self) -> None:
        self._last: float | None = None
        self._holds = False

    def follow(self, hand: float, current: float) -> float | None:
        last, self._last = self._last, hand
        # The first value only tells where the control stands.
        if not self._holds and last is not None:
            is_near = abs(hand - current) <= THRESHOLD
            self._holds = is_near or (last - current) * (hand - current) <= 0.0
        return hand if self._holds else None

    def release(self) -> None:
        self._last = None
        self._holds = False


class Scale:
    """The parameter moves in proportion to the travel that is left, so both meet at the end."""

    def __init__(self) -> None:
        self._last: float | None = None
        self._position = 0.0

    def follow(self, hand: float, current: float) -> float | None:
        last, self._last = self._last, hand
        if last is None:
            self._position = current
            return None
        left, mine = (1.0 - last, 1.0 - self._position) if hand > last else (last, self._position)
        gain = min(mine / left, MAX_GAIN) if left > 0.0 else 0.0
        self._position = min(max(self._position + (hand - last) * gain, 0.0), 1.0)
        return self._position

    def release(self) -> None:
        self._last = None


TAKEOVERS: dict[str, Callable[[], Takeover]] = {"none": Direct, "pickup": Pickup, "scale": Scale}
