"""The frame meter: how long frames take, how late they are, how long a knob takes to show."""

from collections import defaultdict, deque
from statistics import median

import numpy as np
from numpy.typing import NDArray

RECENT = 240
USUAL_EVERY = 60
SOONEST = 10
LATE_SHARE = 1.5
BIN_MS = 0.05
BINS = 40_000  # up to two seconds; longer ones land in the last bin


class Histogram:
    """Durations of a whole show in constant memory: 0.05 ms bins up to 2 s, and the exact max."""

    def __init__(self) -> None:
        self._bins: NDArray[np.int64] = np.zeros(BINS, dtype=np.int64)
        self.count = 0
        self.maximum_ms = 0.0

    def add(self, duration_ms: float) -> None:
        """Count one duration."""
        self._bins[min(max(int(duration_ms / BIN_MS), 0), BINS - 1)] += 1
        self.count += 1
        self.maximum_ms = max(self.maximum_ms, duration_ms)

    def percentile(self, share: float) -> float:
        """The duration in ms that `share` 0..1 of all do not exceed; 0 when there is none."""
        if not self.count:
            return 0.0
        reached = np.searchsorted(np.cumsum(self._bins), share * self.count)
        return min((float(reached) + 1.0) * BIN_MS, self.maximum_ms)

    def summary(self) -> dict[str, float]:
        """Count, p50, p95, p99 and max, in ms."""
        shares = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
        percentiles = {name: round(self.percentile(share), 3) for name, share in shares.items()}
        return {"count": self.count, **percentiles, "max": round(self.maximum_ms, 3)}


class Meter:
    """What the stage measures, frame by frame.

    `usual_delay_s` is the median time from a frame's beginning to the screen, of late.
    """

    def __init__(self) -> None:
        self.frames = self.late = 0
        self.frame_ms = Histogram()
        self.latency_ms: defaultdict[str, Histogram] = defaultdict(Histogram)
        self.usual_delay_s = 0.0
        self._recent_ms: deque[float] = deque(maxlen=RECENT)
        self._delays_s: deque[float] = deque(maxlen=RECENT)
        self._usual_ms = 0.0
        self._first_s: float | None = None
        self._last_s = 0.0

    def frame(self, start_s: float, presented_s: float) -> None:
        """A frame was begun at `start_s` and was on the screen at `presented_s`."""
        if self._first_s is None:
            self._first_s = self._last_s = start_s
        interval_ms = (presented_s - self._last_s) * 1000
        self._last_s = presented_s
        self.frames += 1
        if self.frames % USUAL_EVERY == 0:
            self._usual_ms = self.recent(0.5)
        if self._usual_ms and interval_ms > LATE_SHARE * self._usual_ms:
            self.late += 1
        self._recent_ms.append(interval_ms)
        self.frame_ms.add((presented_s - start_s) * 1000)
        self._delays_s.append(presented_s - start_s)
        if self.frames % USUAL_EVERY == 0 or self.frames == SOONEST:
            self.usual_delay_s = median(self._delays_s)

    def shown(self, source: str, event_s: float, presented_s: float) -> None:
        """An event of `event_s` is first seen in the frame presented at `presented_s`."""
        self.latency_ms[source].add((presented_s - event_s) * 1000)

    def recent(self, share: float) -> float:
        """A percentile of the last intervals between frames, in ms."""
        if not self._recent_ms:
            return 0.0
        return float(np.quantile(np.array(self._recent_ms), share))

    @property
    def fps(self) -> float:
        """Frames a second over the last frames."""
        total_ms = sum(self._recent_ms)
        return len(self._recent_ms) * 1000 / total_ms if total_ms else 0.0

    def summary(self) -> dict[str, object]:
        """The whole show, ready for JSON."""
        elapsed_s = self._last_s - (self._first_s or 0.0)
        return {
            "frames": self.frames,
            "fps": round(self.frames / elapsed_s, 2) if elapsed_s > 0 else 0.0,
            "frame_ms": self.frame_ms.summary(),
            "latency_ms": {name: h.summary() for name, h in sorted(self.latency_ms.items())},
            "late_frames": self.late,
        }
