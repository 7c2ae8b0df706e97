"""The fade to the other deck: an even pace, there and back, until a hand ends it."""

import pytest

from performer.crossfade import Crossfade


def go(fade: Crossfade, mix: float, dt_s: float, count: int, fade_s: float = 2.0) -> list[float]:
    """Where the crossfader is after each frame; it stays where the fade says nothing."""
    shown = []
    for _ in range(count):
        moved = fade.advance(mix, dt_s, fade_s)
        mix = mix if moved is None else moved
        shown.append(mix)
    return shown


@pytest.mark.parametrize(("start", "end"), [(0.0, 1.0), (0.4, 1.0), (0.6, 0.0), (1.0, 0.0)])
def test_it_goes_to_the_deck_that_is_less_seen(start: float, end: float) -> None:
    fade = Crossfade()
    fade.swap(start)
    shown = go(fade, start, 0.125, 17)
    assert shown[-1] == end
    steps = [abs(b - a) for a, b in zip([start, *shown], shown, strict=False)]
    assert max(steps) == pytest.approx(0.0625)
    assert fade.advance(end, 0.125, 2.0) is None, "and then it rests"


def test_the_pace_is_the_same_at_every_frame_rate() -> None:
    slow, fast = Crossfade(), Crossfade()
    slow.swap(0.0), fast.swap(0.0)
    assert go(slow, 0.0, 0.1, 7)[-1] == pytest.approx(go(fast, 0.0, 0.01, 70)[-1])


def test_a_second_press_turns_it_round_and_no_time_is_a_cut() -> None:
    fade = Crossfade()
    fade.swap(0.0)
    there = go(fade, 0.0, 0.1, 5)[-1]
    fade.swap(there)
    assert go(fade, there, 0.1, 5)[-1] == pytest.approx(0.0)
    fade.swap(0.0)
    assert go(fade, 0.0, 0.01, 1, fade_s=0.0) == [1.0]


def test_a_hand_ends_it() -> None:
    fade = Crossfade()
    fade.swap(0.0)
    fade.stop()
    assert fade.advance(0.3, 0.1, 2.0) is None
