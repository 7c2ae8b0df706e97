"""The tempo that a hand taps."""

from collections import deque

from performer.parameters import BY_NAME

MOST = 8
BPM = BY_NAME["bpm"]
SHORTEST_S, LONGEST_S = 60 / BPM.maximum, 60 / BPM.minimum
# A gap that differs by more begins another tempo.
OTHER = 0.35


class Taps:
    """The last taps of one tempo."""

    def __init__(self) -> None:
        self._times_s: deque[float] = deque(maxlen=MOST)

    def tap(self, time_s: float) -> tuple[float, float] | None:
        """Take a tap; from the second on its time on the line through all, and beats a minute."""
        times_s = self._times_s
        gap_s = time_s - times_s[-1] if times_s else LONGEST_S
        if 0 <= gap_s < 0.9 * SHORTEST_S:
            return None  # The key bounced.
        if len(times_s) > 1 and abs(gap_s / self._period_s() - 1) > OTHER:
            times_s.clear()
        if not 0 <= gap_s <= LONGEST_S:
            times_s.clear()
        times_s.append(time_s)
        if len(times_s) < 2:
            return None
        period_s, middle = self._period_s(), (len(times_s) - 1) / 2
        return sum(times_s) / len(times_s) + middle * period_s, BPM.clamp(60 / period_s)

    def _period_s(self) -> float:
        """The least-squares step of evenly spaced taps."""
        n = len(self._times_s)
        weights = [6 * (2 * i - n + 1) / (n * (n * n - 1)) for i in range(n)]
        return sum(weight * t for weight, t in zip(weights, self._times_s, strict=True))
