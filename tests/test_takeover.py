"""Soft takeover by its truth table, and the bound on how far it may jump."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from performer.takeover import MAX_GAIN, TAKEOVERS, THRESHOLD, Direct, Pickup, Scale, Takeover

POSITIONS = st.floats(0.0, 1.0)
NEAR, FAR = THRESHOLD * 0.9, THRESHOLD * 3.0


def run(takeover: Takeover, hands: list[float], current: float) -> list[float | None]:
    """What the takeover answers to each hand, the parameter following it."""
    answers = []
    for hand in hands:
        answer = takeover.follow(hand, current)
        current = current if answer is None else answer
        answers.append(answer)
    return answers


# Where the hand was and is, seen from the parameter, as in Mixxx's SoftTakeoverTest.
@pytest.mark.parametrize(
    ("was", "now", "takes"),
    [
        (-FAR, -FAR + 0.01, False),
        (-FAR, -NEAR, True),
        (-FAR, 0.0, True),
        (-FAR, NEAR, True),
        (-FAR, FAR, True),
        (FAR, FAR + 0.01, False),
        (FAR, NEAR, True),
        (FAR, -FAR, True),
        (NEAR, FAR, False),
        (NEAR, -FAR, True),
        (-NEAR, -NEAR, True),
    ],
)
def test_pickup_truth_table(was: float, now: float, takes: bool) -> None:
    pickup = Pickup()
    assert pickup.follow(0.5 + was, 0.5) is None
    assert (pickup.follow(0.5 + now, 0.5) == 0.5 + now) is takes


def test_pickup_follows_from_then_on_until_released() -> None:
    pickup = Pickup()
    assert run(pickup, [0.1, 0.3, 0.6, 0.9, 0.2], 0.5) == [None, None, 0.6, 0.9, 0.2]
    pickup.release()
    assert run(pickup, [0.2, 0.3], 0.8) == [None, None]


def test_direct_jumps() -> None:
    assert run(Direct(), [0.9, 0.1], 0.5) == [0.9, 0.1]


def test_scale_meets_the_knob_at_the_end() -> None:
    answers = run(Scale(), [0.5, 0.75, 1.0, 0.5], 0.2)
    assert answers == [None, pytest.approx(0.6), pytest.approx(1.0), pytest.approx(0.5)]


# Where the hand was and is, where the parameter stands, and where it goes.
@pytest.mark.parametrize(
    ("was", "now", "current", "position"),
    [
        (0.5, 0.6, 0.5, 0.6),  # together: it follows exactly
        (0.5, 0.6, 0.0, 0.2),  # towards it from above: a share of what is left
        (0.5, 0.4, 1.0, 0.8),
        (0.5, 0.4, 0.0, 0.0),  # at its end, and the hand leaves
        (0.5, 0.6, 1.0, 1.0),
        (0.5, 1.0, 0.2, 1.0),  # both meet at the ends
        (0.5, 0.0, 0.2, 0.0),
        (0.9, 0.95, 0.0, 0.15),  # with little travel left it is at most three times as fast
        (0.1, 0.05, 1.0, 0.85),
        (1.0, 1.0, 0.3, 0.3),  # a hand that does not move
        (0.0, 0.0, 0.3, 0.3),
    ],
)
def test_scale_truth_table(was: float, now: float, current: float, position: float) -> None:
    scale = Scale()
    assert scale.follow(was, current) is None
    assert scale.follow(now, current) == pytest.approx(position)


@pytest.mark.parametrize("kind", TAKEOVERS)
@pytest.mark.parametrize("elsewhere", [0.0, 0.5, 1.0])
def test_after_a_release_the_first_value_never_moves_it_but_without_takeover(
    kind: str, elsewhere: float
) -> None:
    takeover = TAKEOVERS[kind]()
    run(takeover, [0.4, 0.5, 0.6], 0.5)
    takeover.release()
    answer = takeover.follow(0.9, elsewhere)
    assert answer == (0.9 if kind == "none" else None)


@given(POSITIONS, st.lists(POSITIONS, min_size=2, max_size=30))
def test_pickup_never_jumps_further_than_the_hand_or_the_threshold(current, hands) -> None:
    pickup = Pickup()
    for last, hand in zip([hands[0], *hands], hands, strict=False):
        answer = pickup.follow(hand, current)
        if answer is not None:
            assert abs(answer - current) <= max(THRESHOLD, abs(hand - last)) + 1e-12
            current = answer


@given(POSITIONS, st.lists(POSITIONS, min_size=2, max_size=30))
def test_scale_never_jumps_further_than_its_gain(current, hands) -> None:
    scale = Scale()
    for last, hand in zip([hands[0], *hands], hands, strict=False):
        answer = scale.follow(hand, current)
        if answer is not None:
            assert 0.0 <= answer <= 1.0
            assert abs(answer - current) <= MAX_GAIN * abs(hand - last) + 1e-12
            current = answer
