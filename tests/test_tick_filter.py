"""The tick filter: what it counts and finds when ticks come late, in blocks or not at all."""

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from performer.tick_filter import LONGEST_S, SHORTEST_S, TickFilter


def count(times_s: list[float], guess_s: float = 0.02) -> tuple[int, TickFilter]:
    found = TickFilter(times_s[0], guess_s)
    return sum(found.tick(time_s) for time_s in times_s[1:]), found


def ticks(bpm: float, number: int, jitter_s: float = 5e-4) -> list[float]:
    rng = random.Random(2)
    return [7.0 + i * 60 / bpm / 24 + jitter_s * rng.random() for i in range(number)]


@pytest.mark.parametrize("bpm", [40.0, 60.0, 128.0, 180.0, 240.0])
@pytest.mark.parametrize("lost", [(), (300,), (300, 301, 302), (300, 304), (200, 300, 400)])
def test_lost_ticks_are_counted(bpm: float, lost: tuple[int, ...]) -> None:
    times_s = ticks(bpm, 500)
    counted, found = count([time_s for i, time_s in enumerate(times_s) if i not in lost])
    assert counted == 499
    assert found.period_s == pytest.approx(60 / bpm / 24, rel=2e-3)
    assert found.time_s == pytest.approx(times_s[-1], abs=6e-4)


@pytest.mark.parametrize("late", [1, 3, 12, 40])
def test_a_burst_of_late_ticks_is_none_too_few(late: int) -> None:
    times_s = ticks(128.0, 500)
    arrived_s = [max(t, times_s[300 + late]) if 300 <= i < 300 + late else t
                 for i, t in enumerate(times_s)]  # fmt: skip
    counted, found = count(arrived_s)
    assert counted == 499 and found.time_s == pytest.approx(times_s[-1], abs=6e-4)


@pytest.mark.parametrize("bpm", [60.0, 97.3, 128.0, 180.0])
def test_blocks_of_512_samples_lose_no_tick(bpm: float) -> None:
    block_s = 512 / 48_000
    counted, found = count([math.ceil(t / block_s) * block_s for t in ticks(bpm, 2000)])
    assert counted == 1999
    assert found.period_s == pytest.approx(60 / bpm / 24, rel=2e-2)


@pytest.mark.parametrize("factor", [0.5, 0.6, 0.7, 0.8, 0.9, 0.97, 1.03, 1.25, 2.0])
def test_another_tempo_is_no_loss(factor: float) -> None:
    times_s = ticks(120.0, 300)
    for i in range(200):
        times_s.append(times_s[299] + (i + 1) * 60 / 120 / 24 / factor)
    counted, found = count(times_s)
    assert counted == 499 and found.period_s == pytest.approx(60 / 120 / 24 / factor, rel=2e-3)


@settings(deadline=None)
@given(st.lists(st.floats(-0.1, 0.6), max_size=200))
def test_whatever_comes_its_state_stays_in_bounds(gaps_s: list[float]) -> None:
    time_s, found = 5.0, TickFilter(5.0, 0.02)
    for gap_s in gaps_s:
        time_s += gap_s
        assert found.tick(time_s) >= 1
        assert SHORTEST_S <= found.period_s <= LONGEST_S and math.isfinite(found.time_s)
