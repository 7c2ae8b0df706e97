"""One measured thing of a bench, whose rounds are interleaved with those of others."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Case:
    """One measured thing: a frame of it, and the medians of its rounds."""

    name: str
    frame: Callable[[], object]
    medians_ms: list[float] = field(default_factory=list)

    def run_round(self, frames: int, seconds: float) -> None:
        """Time at least so many frames, for at least so long, and keep their median."""
        times: list[float] = []
        while len(times) < frames or sum(times) < seconds:
            start_s = time.perf_counter()
            self.frame()
            times.append(time.perf_counter() - start_s)
        self.medians_ms.append(statistics.median(times) * 1000)

    @property
    def ms(self) -> float:
        """The median of the rounds."""
        return statistics.median(self.medians_ms)
