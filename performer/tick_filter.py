"""The tempo and phase of a MIDI clock, found from ticks that come late, in bursts or not at all."""

import math
from collections import deque
from itertools import combinations, pairwise
from statistics import median

TICKS_A_BEAT = 24
SHORTEST_S, LONGEST_S = 60 / 400 / TICKS_A_BEAT, 60 / 10 / TICKS_A_BEAT

# Of the period's own wandering, a share of it a tick: an accelerando is followed, jitter is not.
WANDER = 2e-4
LEAST_JITTER_S, USUAL_JITTER_S, MOST_JITTER_S = 3e-4, 1e-3, 8e-3
GATE_SIGMAS, LEAST_GATE_S = 4.0, 2e-3
# So many errors on end to one side are a new tempo, or ticks that were lost.
RUN = 8
# Where ticks are off by more of a period than this on the mean of some beats, as with a driver
# that hands them over in blocks, nothing tells a late tick from a lost one.
TELLING = 0.2
FROM_WHOLE, OUTLIERS, MOST_LOST_AMONG = 0.3, 2, 2
SPREAD_AT_FIRST_S = 2e-3
SPREAD_TICKS = 200
# The mean difference of two normal errors, in sigmas.
MEAN_DIFFERENCE = 2 / math.sqrt(math.pi)


class TickFilter:
    """A Kalman filter (Kalman, 1960) whose state is the newest tick's time and the period.

    A tick too far from where it was expected is counted but not believed. When errors go on to
    one side, a line through the last ticks tells what happened. The jitter is measured.
    """

    def __init__(self, time_s: float, period_s: float, unsure: float = 1.0) -> None:
        """Begin with a tick at `time_s`; of the period a share `unsure` is not known."""
        self._jitter_s = USUAL_JITTER_S
        self._error_s = 0.0
        self._spread_s = SPREAD_AT_FIRST_S
        self._run: deque[tuple[float, float]] = deque(maxlen=RUN)
        self._set(time_s, period_s, USUAL_JITTER_S**2, 0.0, (unsure * period_s) ** 2)

    def _set(self, time_s: float, period_s: float, a: float, b: float, c: float) -> None:
        """The state, and its covariance [[a, b], [b, c]]."""
        self.time_s = time_s
        self.period_s = min(max(period_s, SHORTEST_S), LONGEST_S)
        self._covariance = a, b, c

    def tick(self, time_s: float) -> int:
        """Take the next tick; by how many it moves the count: 1, unless some were lost."""
        self._note(time_s, self._correct(time_s))
        return 1 + (self._begin_anew() if len(self._run) == RUN else 0)

    def _correct(self, time_s: float) -> float:
        """Go on by a period, then towards the tick; how far that was from there, in seconds."""
        a, b, c = self._covariance
        a, b, c = a + 2 * b + c, b + c, c + (WANDER * self.period_s) ** 2
        expected_s = self.time_s + self.period_s
        error_s = time_s - expected_s
        variance = a + self._jitter_s**2
        believed = abs(error_s) <= max(GATE_SIGMAS * math.sqrt(variance), LEAST_GATE_S)
        gain, period_gain = (a / variance, b / variance) if believed else (0.0, 0.0)
        self._set(
            expected_s + gain * error_s,
            self.period_s + period_gain * error_s,
            (1 - gain) * a,
            (1 - gain) * b,
            c - period_gain * b,
        )
        return error_s

    def _note(self, time_s: float, error_s: float) -> None:
        """Learn the jitter, of which one outlier tells little, and whether errors lean."""
        if abs(error_s) < self._jitter_s or error_s * self._error_s < 0:
            self._run.clear()
        if abs(error_s) >= self._jitter_s:
            self._run.append((time_s, error_s))
        difference_s = min(abs(error_s - self._error_s), 3 * self._jitter_s)
        self._error_s = error_s
        self._spread_s += (min(abs(error_s), self.period_s) - self._spread_s) / SPREAD_TICKS
        jitter_s = self._jitter_s + 0.03 * (difference_s / MEAN_DIFFERENCE - self._jitter_s)
        self._jitter_s = min(max(jitter_s, LEAST_JITTER_S), MOST_JITTER_S)

    def _begin_anew(self) -> int:
        """Believe the last ticks, if they are a clock; how many were lost before them."""
        errors_s = [error_s for _, error_s in self._run]
        lost = self._lost(errors_s)
        if lost:
            # No hand turns the tempo while ticks are lost: the period stays.
            rest_s = median(e - round(e / self.period_s) * self.period_s for e in errors_s)
            self.time_s += lost * self.period_s + rest_s
            self._run.clear()
            return lost
        time_s, period_s = _line([time_s for time_s, _ in self._run])
        if SHORTEST_S <= period_s <= LONGEST_S:  # Else it is a burst of late ones.
            # The covariance of a line through n points, at its end.
            variance, n = self._jitter_s**2, RUN
            self._set(time_s, period_s, variance * 4 / n, variance * 6 / n**2, variance * 12 / n**3)
            self._run.clear()
        return 0

    def _lost(self, errors_s: list[float]) -> int:
        """A loss is late by whole periods, all at once, and stays so; another tempo is ever later.

        The first error may be from before.
        """
        errors = [error_s / self.period_s for error_s in errors_s]
        whole = sum(abs(error - round(error)) < FROM_WHOLE for error in errors)
        among = sum(round(after - before) for before, after in pairwise(errors[1:]))
        at_once = among == round(errors[-1] - errors[1]) and 0 <= among <= MOST_LOST_AMONG
        if whole >= RUN - OUTLIERS and at_once and self._spread_s < TELLING * self.period_s:
            return max(round(errors[-1]), 0)
        return 0


def _line(times_s: list[float]) -> tuple[float, float]:
    """The last time and the step of the even times nearest to these: Theil's and Sen's line.

    A late tick or two do not bend it (Theil, 1950).
    """
    last = len(times_s) - 1
    points = list(enumerate(times_s))
    step_s = median((t2 - t1) / (n2 - n1) for (n1, t1), (n2, t2) in combinations(points, 2))
    return median(time_s + step_s * (last - n) for n, time_s in points), step_s
