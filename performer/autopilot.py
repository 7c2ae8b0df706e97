"""The autopilot: plays in the artist's manner when nobody touches anything, and hands back."""

from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from performer.parameters import BY_NAME

FADE_S = 6.0


class Gestures(Protocol):
    """An endless movement of some parameters."""

    @property
    def names(self) -> tuple[str, ...]: ...

    def step(self, dt_s: float) -> NDArray[np.float64]:
        """Let `dt_s` pass; positions 0..1 of `names`."""
        ...


class Autopilot:
    """Moves parameters along gestures, from where they stand, more and more within `FADE_S`.

    What somebody else moves meanwhile, such as a scene, is taken up from there. A touch ends it:
    all parameters stay where they are until nobody has touched anything for long enough.
    """

    def __init__(self, gestures: Gestures | None) -> None:
        """Without `gestures` it never plays."""
        self._gestures = gestures
        self._parameters = [BY_NAME[name] for name in gestures.names] if gestures else []
        self._idle_s = 0.0
        self.is_playing = False

    def touch(self) -> None:
        """Somebody is there."""
        self._idle_s, self.is_playing = 0.0, False

    def advance(
        self, dt_s: float, target: Callable[[str], float], *, on: bool, after_s: float
    ) -> dict[str, float]:
        """Let `dt_s` pass; the targets to set, by name, in their units.

        `target` tells where a parameter is going. It plays while it is `on` and nobody has
        touched anything for `after_s`.
        """
        self._idle_s += dt_s
        if self._gestures is None or not on or self._idle_s < after_s:
            self.is_playing = False
            return {}
        targets = [target(parameter.name) for parameter in self._parameters]
        if not self.is_playing:
            self._begin(targets)
        self._yield_to_others(targets)
        self._ages_s += dt_s
        share = np.clip(self._ages_s / FADE_S, 0.0, 1.0)
        share = share * share * (3.0 - 2.0 * share)
        positions = self._starts + share * (self._gestures.step(dt_s) - self._starts)
        self._sent = [
            parameter.value_at(min(max(position, 0.0), 1.0))
            for parameter, position in zip(self._parameters, positions.tolist(), strict=True)
        ]
        names = self._gestures.names
        return dict(zip(names, self._sent, strict=True))

    def _begin(self, targets: list[float]) -> None:
        self.is_playing = True
        self._starts, self._ages_s = np.zeros(len(targets)), np.zeros(len(targets))
        self._sent = [float("nan")] * len(targets)

    def _yield_to_others(self, targets: list[float]) -> None:
        """Start anew, from where it is, with every parameter that somebody else has moved."""
        for i, (found, sent) in enumerate(zip(targets, self._sent, strict=True)):
            if found != sent:
                self._starts[i] = self._parameters[i].position_of(found)
                self._ages_s[i] = 0.0
