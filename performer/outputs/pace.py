"""Whether presenting really waits for the screen: measured, because many drivers ignore vsync."""

from collections.abc import Callable

from performer.clock import Clock

COMMON_HZ = (24, 25, 30, 48, 50, 60, 72, 75, 90, 100, 120, 144, 165, 180, 200, 240, 360)
FASTEST_S = 1 / 500
WINDOW_FRAMES = 60


def measure_period(clock: Clock, present: Callable[[], None]) -> float:
    """The seconds that `present` waits between two frames; 0.0 when it does not wait.

    Frames that are merely slow to draw look like frames that wait. What tells them apart: a
    pause before each frame makes slow ones later, and is swallowed by a real wait.
    """
    for _ in range(4):
        present()
    plain_s = _mean_interval(clock, present, 12, 0.0)
    if plain_s < FASTEST_S:
        return 0.0
    paused_s = _mean_interval(clock, present, 8, 0.3 * plain_s)
    return plain_s if abs(paused_s / plain_s - 1) < 0.15 else 0.0


def _mean_interval(clock: Clock, present: Callable[[], None], frames: int, pause_s: float) -> float:
    start_s = clock.now()
    for _ in range(frames):
        clock.sleep_until(clock.now() + pause_s)
        present()
    return (clock.now() - start_s) / frames


def nominal_hz(period_s: float, told_hz: float) -> float:
    """The screen's rate: the one told when the measured one agrees, else a common one near it."""
    if period_s <= 0:
        return told_hz or 60.0
    measured_hz = 1 / period_s
    if abs(told_hz / measured_hz - 1) < 0.08:
        return told_hz
    near = min(COMMON_HZ, key=lambda hz: abs(hz / measured_hz - 1))
    return float(near) if abs(near / measured_hz - 1) < 0.05 else measured_hz


class Pace:
    """Watches that presenting keeps waiting: a minimised window or a sleeping screen may not.

    Without it a loop that trusts the screen would run free, and heat the machine for nothing.
    """

    def __init__(self, period_s: float) -> None:
        self.period_s = period_s
        self.paced = period_s > 0
        self._since_s = 0.0
        self._frames = 0

    def presented(self, now_s: float) -> None:
        """Note a frame that was just shown."""
        if self._frames == 0:
            self._since_s = now_s
        elif self._frames == WINDOW_FRAMES:
            if now_s - self._since_s < 0.6 * WINDOW_FRAMES * self.period_s:
                self.paced = False
            self._since_s, self._frames = now_s, 0
        self._frames += 1

    def trust_again(self) -> None:
        """The window came back to a screen: what was measured at the start holds again."""
        self.paced = self.period_s > 0
        self._frames = 0
