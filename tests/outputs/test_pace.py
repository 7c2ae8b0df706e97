"""Whether a screen waits is found by measuring, and noticed when it stops."""

import pytest

from performer.clock import ManualClock
from performer.outputs.fit import fitted
from performer.outputs.pace import Pace, measure_period, nominal_hz


def test_a_screen_that_waits() -> None:
    clock = ManualClock()

    def present() -> None:
        clock.now_s = (int(clock.now_s * 60 + 1e-6) + 1) / 60

    assert measure_period(clock, present) == pytest.approx(1 / 60, rel=0.01)


def test_frames_that_are_only_slow_are_no_wait() -> None:
    clock = ManualClock()

    def present() -> None:
        clock.now_s += 1 / 60

    assert measure_period(clock, present) == 0.0


def test_a_driver_that_returns_at_once() -> None:
    assert measure_period(ManualClock(), lambda: None) == 0.0


@pytest.mark.parametrize(
    ("period_s", "told", "hz"),
    [
        (0.0, 0.0, 60.0),
        (0.0, 144.0, 144.0),
        (1 / 59.7, 60.0, 60.0),
        (1 / 89, 85.0, 85.0),
        (1 / 62, 0.0, 60.0),
        (1 / 60, 144.0, 60.0),
        (1 / 40, 0.0, 40.0),
    ],
)
def test_the_rate_told_and_the_rate_measured(period_s: float, told: float, hz: float) -> None:
    assert nominal_hz(period_s, told) == pytest.approx(hz)


def test_a_screen_that_stops_waiting_is_noticed() -> None:
    pace = Pace(1 / 60)
    now_s = 0.0
    for _ in range(200):
        now_s += 1 / 60
        pace.presented(now_s)
    assert pace.paced
    for _ in range(130):
        now_s += 0.001
        pace.presented(now_s)
    assert not pace.paced
    pace.trust_again()
    assert pace.paced


@pytest.mark.parametrize(
    ("image", "window", "fit", "rect"),
    [
        ((512, 288), (1920, 1080), "contain", (0, 0, 1920, 1080)),
        ((100, 100), (200, 100), "contain", (50, 0, 100, 100)),
        ((100, 100), (200, 100), "cover", (0, -50, 200, 200)),
        ((200, 100), (100, 100), "contain", (0, 25, 100, 50)),
        ((512, 288), (1, 1), "contain", (0, 0, 1, 1)),
    ],
)
def test_an_image_is_scaled_and_never_stretched(image, window, fit, rect) -> None:
    assert fitted(image, window, fit) == rect
