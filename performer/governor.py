"""The governor: spares work before a frame comes late, and gives it back when there is room."""

import math

SETTLE_S = 0.4
# Shares of the time that a frame may take.
TOO_MUCH, ROOM = 0.85, 0.6
RAISE_AFTER_S, LOWER_AFTER_S, LONGEST_WAIT_S = 0.5, 10.0, 160.0
# If all that can be spared was for so long not enough, then nothing is for so long.
TRIAL_S, VAIN_S = 3.0, 120.0
LONGEST_STEP_S = 0.25

NO_REHEARSALS, NO_COSTLY_EFFECTS, SKETCHES = 1, 2, 3
SPARED = ("", "", "EFFECTS SPARED", "DETAIL SPARED")  # at each level, in words


class Governor:
    """How much is spared: 0 nothing, 1 rehearsals, 2 the costly effects too, 3 the finest detail.

    It follows from the times it is given alone. Where sparing cannot bring the frames into their
    time, the look is worth more: it is taken back, and not tried again for two minutes. If what
    was given back was too much after all, the next try waits twice as long.
    """

    def __init__(self) -> None:
        self.level = 0
        self._usual_s: float | None = None
        self._high_s = self._low_s = self._since_s = 0.0
        self._wait_s = LOWER_AFTER_S
        self._vain_left_s = 0.0
        self._was_lowered = False

    def step(self, dt_s: float, draw_s: float, budget_s: float) -> int:
        """A frame took `draw_s` of the `budget_s` it may take, `dt_s` after the one before."""
        dt_s = min(max(dt_s, 0.0), LONGEST_STEP_S)
        before_s = draw_s if self._usual_s is None else self._usual_s
        usual_s = before_s + (draw_s - before_s) * -math.expm1(-dt_s / SETTLE_S)
        self._usual_s = usual_s
        self._since_s += dt_s
        self._vain_left_s = max(self._vain_left_s - dt_s, 0.0)
        self._high_s = self._high_s + dt_s if usual_s > TOO_MUCH * budget_s else 0.0
        self._low_s = self._low_s + dt_s if usual_s < ROOM * budget_s else 0.0
        if self._is_in_vain:
            self._vain_left_s = VAIN_S
            self._change(0)
        elif self._high_s > RAISE_AFTER_S and self._may_raise():
            self._raise()
        elif self._low_s > self._wait_s and self.level:
            self._change(self.level - 1)
        return self.level

    def _may_raise(self) -> bool:
        return self.level < SKETCHES and not self._vain_left_s

    @property
    def _is_in_vain(self) -> bool:
        """Whether all is spared, and it is too much all the same."""
        return self.level == SKETCHES and self._high_s > TRIAL_S

    def _raise(self) -> None:
        if self._was_lowered:
            was_too_soon = self._since_s < 2.0 * LOWER_AFTER_S
            longer_s = min(2.0 * self._wait_s, LONGEST_WAIT_S)
            self._wait_s = longer_s if was_too_soon else LOWER_AFTER_S
        self._change(self.level + 1)

    def _change(self, level: int) -> None:
        self._was_lowered = level < self.level
        self.level = level
        self._high_s = self._low_s = self._since_s = 0.0
