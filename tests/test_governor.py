"""The governor: when work is spared, when it comes back, and when sparing is in vain."""

from collections.abc import Callable

import numpy as np
import pytest

from models.runtime import Runtime
from performer.engine import Engine
from performer.events import Event, OscEvent, ThriftEvent
from performer.governor import LONGEST_WAIT_S, LOWER_AFTER_S, VAIN_S, Governor

DT_S = BUDGET_S = 1 / 60


def run(governor: Governor, seconds: float, draw: Callable[[int], float]) -> list[int]:
    """The level of each frame, where `draw` tells what share of its time a frame takes."""
    levels = []
    for _ in range(round(seconds / DT_S)):
        levels.append(governor.step(DT_S, draw(governor.level) * BUDGET_S, BUDGET_S))
    return levels


def test_where_there_is_room_nothing_is_spared() -> None:
    assert set(run(Governor(), 60.0, lambda level: 0.8)) == {0}


def test_one_late_frame_is_no_reason() -> None:
    governor = Governor()
    run(governor, 1.0, lambda level: 0.5)
    governor.step(DT_S, 3 * BUDGET_S, BUDGET_S)
    assert set(run(governor, 5.0, lambda level: 0.5)) == {0}


def test_it_spares_before_a_frame_is_late_and_stays_there() -> None:
    governor = Governor()
    levels = run(governor, 60.0, lambda level: (0.95, 0.93, 0.7)[level])
    assert levels[-1] == 2 and levels.index(2) < 3.0 / DT_S
    assert levels == sorted(levels)


def test_it_gives_back_what_fits_again() -> None:
    governor = Governor()
    run(governor, 10.0, lambda level: (0.95, 0.93, 0.7)[level])
    levels = run(governor, 3 * LOWER_AFTER_S, lambda level: 0.3)
    assert levels[0] == 2 and levels[-1] == 0 and levels == sorted(levels, reverse=True)


def test_it_goes_back_and_forth_ever_more_rarely() -> None:
    governor = Governor()
    levels = run(governor, 1200.0, lambda level: (0.95, 0.93, 0.5)[level])
    rises = [i * DT_S for i in range(1, len(levels)) if levels[i] > levels[i - 1]]
    assert len(rises) < 20
    assert rises[-1] - rises[-2] > 0.9 * LONGEST_WAIT_S


def test_sparing_in_vain_is_taken_back() -> None:
    governor = Governor()
    levels = run(governor, 30.0, lambda level: 1.4)
    assert 3 in levels and levels[-1] == 0
    levels = run(governor, VAIN_S - 40.0, lambda level: 1.4)
    assert set(levels) == {0}


def test_a_look_is_not_spared_for_frames_that_are_late_all_the_same() -> None:
    assert run(Governor(), 30.0, lambda level: (2.0, 2.0, 1.6, 1.2)[level])[-1] == 0


def test_a_long_pause_decides_nothing() -> None:
    governor = Governor()
    run(governor, 1.0, lambda level: 0.8)
    assert governor.step(3600.0, 0.9 * BUDGET_S, BUDGET_S) == 0


def test_fine_detail_goes_last_and_comes_back_first() -> None:
    governor = Governor()
    levels = run(governor, 20.0, lambda level: (1.2, 1.2, 1.1, 0.7)[level])
    assert levels[-1] == 3 and levels == sorted(levels)
    levels = run(governor, 1.5 * LOWER_AFTER_S, lambda level: (0.6, 0.6, 0.7, 0.5)[level])
    assert levels[-1] == 2


def test_spared_detail_goes_softly_and_comes_back(
    runtime: Runtime, make_engine: Callable[..., Engine], monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, played = make_engine(), make_engine()
    plain.frame(0.0, 0.0, ()), played.frame(0.0, 0.0, ())
    sketch = runtime.twin()
    sketch.prepare_sketch()
    monkeypatch.setattr(runtime, "sketch", sketch.sketch)

    def differences(*events: Event) -> list[float]:
        told = []
        for i in range(60):
            plain.frame(0.0, DT_S, ())
            played.frame(0.0, DT_S, events if i == 0 else ())
            told.append(float(np.abs(plain.image.astype(int) - played.image).mean()))
        return told

    going, coming = differences(ThriftEvent(0.0, 3)), differences(ThriftEvent(0.0, 2))
    assert going[-1] > 1.0 and coming[-1] == 0.0
    for way in ([0.0, *going], coming):
        steps = [abs(after - before) for before, after in zip(way, way[1:], strict=False)]
        assert max(steps) < 0.1 * going[-1]


@pytest.mark.parametrize("address, value", [("/bloom/amount", 1.0), ("/displacement/amount", 1.0)])
def test_spared_effects_fade_out_and_come_back(
    make_engine: Callable[..., Engine], address: str, value: float
) -> None:
    plain, played = make_engine(), make_engine(start=STILL)

    def difference(*events: Event) -> float:
        for i in range(90):
            plain.frame(0.0, DT_S, ())
            played.frame(0.0, DT_S, events if i == 0 else ())
        return float(np.abs(plain.image.astype(int) - played.image).mean())

    moved = difference(OscEvent(0.0, address, (value,)))
    assert moved > 1.0
    assert difference(ThriftEvent(0.0, 2)) < 0.1
    assert difference(ThriftEvent(0.0, 1)) == pytest.approx(moved, abs=0.5)


STILL = {"walk.speed": 0.0, "walk.reach": 0.0, "glide": 0.0, "displacement.speed": 0.0}
