"""Times of JACK's cycles, from its frame counter and from when callbacks ran."""

import random

import pytest

from performer.inputs.midi_jack_clock import FrameClock

RATE_HZ, LENGTH = 48_000.0, 256
CYCLE_S = LENGTH / RATE_HZ


def errors_s(
    clock: FrameClock, cycles: int, frame: int = 0, fast: float = 1.0, begin_s: float = 7.0
) -> list[float]:
    """How far the times of cycles lie from their true ones; the card's clock may run fast."""
    rng = random.Random(1)
    errors = []
    for i in range(cycles):
        true_s = begin_s + i * CYCLE_S / fast
        late_s = 0.00002 + 0.002 * rng.random() ** 2
        counter = (frame + i * LENGTH) % 2**32
        errors.append(clock.begin_s(counter, LENGTH, true_s + late_s) - true_s)
    return errors


def test_late_callbacks_are_dated_back() -> None:
    errors = errors_s(FrameClock(RATE_HZ), 400)
    assert min(errors) >= 0.0 and max(errors[20:]) < 1e-4


def test_the_counter_may_begin_anywhere_and_wraps() -> None:
    for frame in (0, 1, 2**32 - 50 * LENGTH, 2**32 - 7):
        errors = errors_s(FrameClock(RATE_HZ), 200, frame)
        assert min(errors) >= 0.0 and max(errors[20:]) < 1e-4


@pytest.mark.parametrize("fast", [1.0001, 0.9999])
def test_a_cards_clock_that_drifts_is_followed(fast: float) -> None:
    # A window of 1 s at most drifts by 0.1 ms.
    errors = errors_s(FrameClock(RATE_HZ), 4000, fast=fast)
    assert max(map(abs, errors[20:])) < 2.5e-4


def test_a_jump_of_the_counter_begins_anew() -> None:
    """Half a cycle that went by uncounted would date messages back by as much."""
    clock = FrameClock(RATE_HZ)
    errors_s(clock, 100)
    for i in range(100, 103):
        now_s = 7.0 + i * CYCLE_S
        told_s = clock.begin_s(i * LENGTH - LENGTH // 2, LENGTH, now_s)
        assert told_s == pytest.approx(now_s)


def test_a_server_that_was_late_takes_no_time_from_messages() -> None:
    clock = FrameClock(RATE_HZ)
    errors_s(clock, 100)
    now_s = 7.0 + 100 * CYCLE_S + 0.05
    assert clock.begin_s(100 * LENGTH, LENGTH, now_s) == pytest.approx(now_s)
    # It makes up for it: the next cycle comes at once, and tells how the clocks truly lie.
    now_s = 7.0 + 101 * CYCLE_S
    assert clock.begin_s(101 * LENGTH, LENGTH, now_s) == pytest.approx(now_s)


def test_a_callback_late_by_less_than_a_cycle_is_no_jump() -> None:
    clock = FrameClock(RATE_HZ)
    errors_s(clock, 100)
    begin_s = 7.0 + 100 * CYCLE_S
    assert clock.begin_s(100 * LENGTH, LENGTH, begin_s + 0.9 * CYCLE_S) < begin_s + 1e-4
