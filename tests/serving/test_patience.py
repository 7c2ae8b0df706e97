"""How long silence is borne, and when the next start comes."""

from performer.serving.patience import (
    CALL_S,
    FORGIVEN_AFTER_S,
    LONGEST_LOOK_S,
    LONGEST_SILENCE_S,
    SILENCE_S,
    SLOW,
    START_S,
    WAITS_S,
    Pulse,
    Restarts,
)

LOOK_S = 0.05


def feel(pulse: Pulse, begin_s: float, seconds: float, number: int) -> float:
    """Look at the same number for some time; when that is over."""
    for i in range(1, round(seconds / LOOK_S) + 1):
        pulse.feel(begin_s + i * LOOK_S, number)
    return begin_s + seconds


def test_a_start_may_take_long_and_a_silence_may_not() -> None:
    pulse = Pulse(10.0, 5)
    now_s = feel(pulse, 10.0, START_S - 0.1, 5)
    assert not pulse.is_lost and not pulse.begun
    now_s = feel(pulse, now_s, 0.2, 5)
    assert pulse.is_lost
    now_s = feel(pulse, now_s, LOOK_S, 6)
    assert pulse.begun and not pulse.is_lost
    now_s = feel(pulse, now_s, SILENCE_S - 0.1, 6)
    assert not pulse.is_lost
    now_s = feel(pulse, now_s, 0.2, 6)
    assert pulse.is_lost
    feel(pulse, now_s, LOOK_S, 7)
    assert not pulse.is_lost


def test_one_that_is_slow_is_given_time() -> None:
    pulse, now_s = Pulse(0.0, 0), 0.0
    for number in range(1, 60):  # two frames a second
        now_s = feel(pulse, now_s, 0.5, number)
        assert not pulse.is_lost
    now_s = feel(pulse, now_s, 0.8 * SLOW * 0.5, 59)
    assert not pulse.is_lost
    feel(pulse, now_s, 0.3 * SLOW * 0.5, 59)
    assert pulse.is_lost


def test_no_silence_is_borne_for_ever() -> None:
    pulse, now_s = Pulse(0.0, 0), 0.0
    for number in range(1, 60):
        now_s = feel(pulse, now_s, 5.0, number)
    feel(pulse, now_s, LONGEST_SILENCE_S + 0.1, 59)
    assert pulse.is_lost


def test_one_that_is_ready_begins_soon() -> None:
    pulse = Pulse(0.0, 1, CALL_S)
    assert not (feel(pulse, 0.0, CALL_S - 0.1, 1) and pulse.is_lost)
    assert feel(pulse, CALL_S - 0.1, 0.2, 1) and pulse.is_lost


def test_a_machine_that_slept_is_no_silence() -> None:
    pulse = Pulse(0.0, 1)
    pulse.feel(0.1, 2)
    pulse.feel(3600.0, 2)
    assert not pulse.is_lost
    feel(pulse, 3600.0, SILENCE_S - LONGEST_LOOK_S - 0.1, 2)
    assert not pulse.is_lost


def test_starts_come_later_and_later_until_it_plays_well() -> None:
    restarts = Restarts()
    waits = [restarts.wait_s(played_s=2.0) for _ in range(8)]
    assert waits == [*WAITS_S, *WAITS_S[-1:] * 3]
    assert restarts.falls == 8
    assert restarts.wait_s(played_s=FORGIVEN_AFTER_S + 1) == 0.0
    assert restarts.falls == 1
