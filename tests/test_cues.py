"""The cue list: go, back and timed follow-on, at every frame rate."""

import pytest

from performer.cues import CueList
from performer.schema import Cue

A, B, C = Cue("a", "1"), Cue("b", "1"), Cue("c", "1")
BPM = 90.0


def names(cues: CueList) -> tuple[str | None, str | None]:
    """The cue that is out and the next one."""
    return tuple(cue.name if cue else None for cue in (cues.current, cues.next))  # type: ignore[return-value]


WAYS = [
    ("", (None, "a")),
    ("g", ("a", "b")),
    ("gg", ("b", "c")),
    ("ggg", ("c", None)),
    ("gggg", ("c", None)),
    ("b", (None, "a")),
    ("gb", ("a", "b")),
    ("ggb", ("a", "b")),
    ("gggbg", ("c", None)),
    ("3", ("c", None)),
    ("2g", ("c", None)),
    ("7", (None, "a")),
    ("g0", ("a", "b")),
    ("ggr", (None, "a")),
]


@pytest.mark.parametrize(("way", "expected"), WAYS)
def test_go_back_and_go_to(way: str, expected: tuple[str | None, str | None]) -> None:
    cues = CueList([A, B, C])
    for step in way:
        if step.isdigit():
            cues.go_to(int(step) - 1)
        else:
            {"g": cues.go, "b": cues.back, "r": cues.rewind}[step]()
    assert names(cues) == expected


def test_go_tells_the_cue_that_goes_out_and_an_empty_list_has_none() -> None:
    cues = CueList([A, B])
    assert [cues.go(), cues.go(), cues.go(), cues.back()] == [A, B, None, A]
    nothing = CueList([])
    assert (nothing.go(), nothing.back(), nothing.advance(1.0, 1.0)) == (None, None, None)


def times(cues: CueList, fps: int, seconds: float) -> list[tuple[float, str]]:
    """When each cue follows, in seconds after the first went out."""
    cues.go()
    out = []
    for frame in range(1, round(seconds * fps) + 1):
        followed = cues.advance(1 / fps, BPM / 60 / fps)
        if followed is not None:
            out.append((frame / fps, followed.name))
    return out


FOLLOWS = [
    # In seconds, in beats (1.5 a second), both in one list, and a list that goes round.
    ([Cue("a", follow_s=2.0), Cue("b", follow_s=1.25), C], [(2.0, "b"), (3.25, "c")]),
    ([Cue("a", follow_beats=3.0), Cue("b", follow_beats=1.0), C], [(2.0, "b"), (8 / 3, "c")]),
    ([Cue("a", follow_s=1.0), Cue("b", follow_beats=3.0), C], [(1.0, "b"), (3.0, "c")]),
    (
        [Cue("a", follow_s=1.0), Cue("b", follow_s=0.7)],
        [(1.0, "b"), (1.7, "a"), (2.7, "b"), (3.4, "a")],
    ),
    ([A, B], []),
]


@pytest.mark.parametrize("fps", [24, 60, 144])
@pytest.mark.parametrize(("cues", "expected"), FOLLOWS)
def test_cues_follow_within_a_frame_of_their_time(
    cues: list[Cue], expected: list[tuple[float, str]], fps: int
) -> None:
    followed = times(CueList(cues), fps, 4.0)
    assert [name for _, name in followed] == [name for _, name in expected]
    for (time_s, _), (due_s, _) in zip(followed, expected, strict=True):
        assert -1e-6 <= time_s - due_s < 1 / fps


@pytest.mark.parametrize("fps", [24, 60, 144])
def test_a_long_chain_does_not_drift(fps: int) -> None:
    cues = CueList([Cue("a", follow_s=0.31), Cue("b", follow_s=0.29)])
    assert len(times(cues, fps, 60.05)) == 200


def test_go_by_hand_starts_the_time_anew() -> None:
    cues = CueList([Cue("a", follow_s=1.0), Cue("b", follow_s=1.0), C])
    cues.go()
    assert cues.advance(0.9, 0.0) is None
    cues.go()
    assert cues.advance(0.9, 0.0) is None
    assert cues.advance(0.1, 0.0) == C


def test_a_stall_that_slept_through_many_ends_at_the_last() -> None:
    cues = CueList([Cue("a", follow_s=0.01), Cue("b", follow_s=0.01), C])
    cues.go()
    assert cues.advance(0.25, 0.0) == C
    round_and_round = CueList([Cue("a", follow_s=1e-3), Cue("b", follow_s=1e-3)])
    round_and_round.go()
    assert round_and_round.advance(0.25, 0.0) is not None


def test_another_list_keeps_the_place_of_the_cue_that_is_out() -> None:
    cues = CueList([A, Cue("b", follow_s=1.0), C])
    cues.go_to(1)
    cues.advance(0.6, 0.0)
    cues.replace([Cue("new"), A, Cue("b", follow_s=1.0), C])
    assert names(cues) == ("b", "c")
    assert cues.advance(0.4, 0.0) == C
    cues.replace([A, B])
    assert names(cues) == ("b", None), "a name that is gone keeps its number, or is the last"
    cues.replace([])
    assert names(cues) == (None, None)


def test_how_soon_the_next_follows() -> None:
    cues = CueList([Cue(follow_s=3.0), Cue(follow_beats=8.0), C])
    assert cues.follows_in_s(BPM) is None
    cues.go()
    cues.advance(1.0, 1.5)
    assert cues.follows_in_s(BPM) == pytest.approx(2.0)
    cues.advance(2.0, 3.0)
    assert cues.follows_in_s(BPM) == pytest.approx(8 * 60 / BPM)
    assert cues.follows_in_s(2 * BPM) == pytest.approx(4 * 60 / BPM)
    cues.go()
    assert cues.follows_in_s(BPM) is None
