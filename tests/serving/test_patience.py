"""How long silence is borne, and when the next start comes."""

from performer.serving.patience import SILENCE_S, START_S, WAITS_S, Pulse, Restarts


def test_a_start_may_take_long_and_a_silence_may_not() -> None:
    pulse = Pulse(10.0, 5)
    pulse.feel(10.0 + START_S, 5)
    assert not pulse.is_lost(10.0 + START_S) and not pulse.begun
    assert pulse.is_lost(10.1 + START_S)
    pulse.feel(20.0, 6)
    assert pulse.begun
    pulse.feel(20.5, 6)
    assert not pulse.is_lost(20.0 + SILENCE_S)
    assert pulse.is_lost(20.1 + SILENCE_S)
    pulse.feel(25.0, 7)
    assert not pulse.is_lost(25.0)


def test_starts_come_later_and_later_until_it_plays_well() -> None:
    restarts = Restarts()
    waits = [restarts.wait_s(played_s=2.0) for _ in range(8)]
    assert waits == [*WAITS_S, WAITS_S[-1], WAITS_S[-1]]
    assert restarts.wait_s(played_s=3600.0) == 0.0
    assert restarts.count == 9
