"""The clock of the frame loop, and its twin for tests and re-rendering."""

import time
from typing import Protocol


class Clock(Protocol):
    """A monotonic time in seconds that can be waited on."""

    def now(self) -> float: ...

    def sleep_until(self, time_s: float) -> None: ...


class SystemClock:
    """The machine's monotonic clock, the one by which inputs timestamp their events."""

    def now(self) -> float:
        return time.perf_counter()

    def sleep_until(self, time_s: float) -> None:
        remaining_s = time_s - self.now()
        if remaining_s > 0:
            time.sleep(remaining_s)


class ManualClock:
    """A clock that moves only when told; sleeping moves it at once."""

    def __init__(self, now_s: float = 0.0) -> None:
        self.now_s = now_s

    def now(self) -> float:
        return self.now_s

    def sleep_until(self, time_s: float) -> None:
        self.now_s = max(self.now_s, time_s)
