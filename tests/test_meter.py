"""The frame meter: percentiles of known durations, late frames, constant memory."""

import numpy as np
import pytest

from performer.meter import Histogram, Meter


def test_percentiles_agree_with_numpy_within_a_bin() -> None:
    durations = np.random.default_rng(1).gamma(4.0, 4.0, 5000)
    histogram = Histogram()
    for duration in durations:
        histogram.add(float(duration))
    for share in (0.5, 0.95, 0.99):
        assert histogram.percentile(share) == pytest.approx(np.quantile(durations, share), abs=0.3)
    assert histogram.summary()["max"] == pytest.approx(durations.max(), abs=1e-3)
    assert histogram.summary()["count"] == 5000


def test_empty_and_extreme_durations() -> None:
    assert Histogram().summary() == {"count": 0, "p50": 0.0, "p95": 0.0, "p99": 0.0, "max": 0.0}
    histogram = Histogram()
    for duration in (-1.0, 1e9):
        histogram.add(duration)
    assert histogram.maximum_ms == 1e9


def test_the_usual_delay_ignores_frames_that_were_late_for_once() -> None:
    meter = Meter()
    for number in range(120):
        meter.frame(float(number), number + (0.5 if number % 9 == 0 else 0.03))
        assert meter.usual_delay_s == (pytest.approx(0.03) if number >= 9 else 0.0)


def test_a_late_frame_is_counted_and_rates_are_right() -> None:
    meter = Meter()
    now_s = 0.0
    for number in range(300):
        start_s = now_s
        now_s += 0.1 if number == 200 else 0.02
        meter.frame(start_s, now_s)
        meter.shown("midi", start_s - 0.005, now_s)
    assert meter.frames == 300 and meter.late == 1
    assert meter.fps == pytest.approx(50, rel=0.05)
    summary = meter.summary()
    assert summary["fps"] == pytest.approx(49.3, rel=0.01)
    assert summary["frame_ms"]["p50"] == pytest.approx(20, abs=0.1)  # type: ignore[index]
    assert summary["latency_ms"]["midi"]["p99"] == pytest.approx(25, abs=0.1)  # type: ignore[index]
