"""The window's keys: two strokes to quit on a stage, one in a window, a held key is one stroke."""

import pytest

from performer.outputs.window_keys import CONFIRM_S, WINDOW_KEYS, Switches

Stroke = tuple[float, str]


def struck(switches: Switches, *strokes: Stroke) -> Switches:
    """Keys that go down and up again, each at its time in seconds."""
    for time_s, key in strokes:
        assert switches.take(key, True, time_s)
        assert switches.take(key, False, time_s)
    return switches


@pytest.mark.parametrize("key", ["escape", "q"])
def test_in_a_window_one_stroke_quits(key: str) -> None:
    assert struck(Switches(), (0.0, key)).closed


@pytest.mark.parametrize("key", ["escape", "q"])
@pytest.mark.parametrize("on_stage", [{"fullscreen": True}, {"others_fullscreen": True}])
def test_on_a_stage_one_stroke_only_asks(key: str, on_stage: dict[str, bool]) -> None:
    switches = Switches(**on_stage)
    assert not switches.quitting.is_asked(9.0)
    struck(switches, (10.0, key))
    assert not switches.closed and switches.quitting.is_asked(10.0)


@pytest.mark.parametrize("first", ["escape", "q"])
@pytest.mark.parametrize("second", ["escape", "q"])
@pytest.mark.parametrize(("after_s", "closed"), [(0.0, True), (2.0, True), (2.01, False)])
def test_a_second_stroke_of_either_within_two_seconds_quits(
    first: str, second: str, after_s: float, closed: bool
) -> None:
    assert CONFIRM_S == 2.0
    switches = struck(Switches(fullscreen=True), (10.0, first))
    assert switches.quitting.is_asked(10.0 + after_s) == closed, "the words say what a stroke does"
    assert struck(switches, (10.0 + after_s, second)).closed == closed


def test_each_stroke_that_comes_too_late_asks_anew() -> None:
    switches = struck(Switches(fullscreen=True), (0.0, "q"), (3.0, "q"), (6.0, "escape"))
    assert not switches.closed and switches.quitting.is_asked(8.0)
    assert struck(switches, (8.0, "q")).closed


@pytest.mark.parametrize("key", ["escape", "q"])
def test_a_key_that_is_held_and_repeats_is_one_stroke(key: str) -> None:
    switches = Switches(fullscreen=True)
    for frame in range(300):
        assert switches.take(key, True, frame / 60)
    assert not switches.closed and not switches.quitting.is_asked(5.0)
    switches.take(key, False, 5.0)
    assert struck(switches, (5.1, key), (5.2, key)).closed


def test_the_other_key_counts_while_the_first_is_held() -> None:
    switches = Switches(fullscreen=True)
    switches.take("escape", True, 0.0)
    switches.take("q", True, 0.5)
    assert switches.closed


@pytest.mark.parametrize("key", ["h", "f1", "m"])
def test_other_keys_between_the_two_strokes_change_nothing(key: str) -> None:
    assert struck(Switches(fullscreen=True), (0.0, "escape"), (0.5, key), (1.0, "escape")).closed


def test_escape_leaves_learn_and_is_no_stroke() -> None:
    switches = Switches(fullscreen=True, learn=True)
    assert not switches.take("escape", True, 0.0)
    switches.learn = False
    assert switches.take("escape", True, 0.1), "it repeats"
    switches.take("escape", False, 0.2)
    assert not switches.quitting.is_asked(0.2)
    struck(switches, (0.3, "escape"))
    assert not switches.closed and switches.quitting.is_asked(0.3)


def test_escape_in_learn_takes_the_first_stroke_back() -> None:
    switches = struck(Switches(fullscreen=True), (0.0, "q"))
    switches.learn = True
    switches.take("escape", True, 0.5)
    switches.take("escape", False, 0.5)
    switches.learn = False
    assert not struck(switches, (1.0, "q")).closed


def test_in_a_window_escape_that_left_learn_does_not_quit_while_it_is_held() -> None:
    switches = Switches(learn=True)
    switches.take("escape", True, 0.0)
    switches.learn = False
    switches.take("escape", True, 0.5)
    assert not switches.closed


def test_q_in_learn_quits_as_ever() -> None:
    assert not struck(Switches(fullscreen=True, learn=True), (0.0, "q")).closed
    assert struck(Switches(fullscreen=True, learn=True), (0.0, "q"), (1.0, "q")).closed


def test_back_in_a_window_one_stroke_is_enough() -> None:
    switches = struck(Switches(fullscreen=True), (0.0, "f"))
    assert not switches.on_stage and struck(switches, (9.0, "escape")).closed


@pytest.mark.parametrize("key", ["f", "f11"])
def test_each_of_the_keys_toggles_fullscreen(key: str) -> None:
    switches = struck(Switches(), (0.0, key))
    assert switches.fullscreen and not struck(switches, (1.0, key)).fullscreen


@pytest.mark.parametrize("key", ["return", "enter"])
@pytest.mark.parametrize("alt_comes_up_first", [True, False])
def test_with_alt_enter_toggles_fullscreen_and_alone_it_is_the_patchs(
    key: str, alt_comes_up_first: bool
) -> None:
    switches = Switches()
    for fullscreen in (True, False):
        assert switches.take(key, True, 0.0, alt=True)
        assert switches.take(key, False, 0.0, alt=not alt_comes_up_first)
        assert switches.fullscreen == fullscreen
    assert not switches.take(key, True, 1.0) and not switches.take(key, False, 1.0)
    assert not switches.take(key, False, 1.5, alt=True), "Alt came after it"
    switches.take(key, True, 2.0, alt=True)  # and it comes up in another window
    assert not switches.take(key, True, 3.0) and not switches.take(key, False, 3.0)


def test_with_alt_the_other_keys_are_what_they_are() -> None:
    switches = Switches()
    assert switches.take("h", True, 0.0, alt=True) and switches.hud
    assert not switches.take("space", True, 0.0, alt=True)
    assert not switches.take("space", False, 0.0, alt=True)


def test_every_key_turns_a_switch_that_there_is_and_no_two_share_a_name() -> None:
    names = [name for key in WINDOW_KEYS for name in key.names]
    assert len(names) == len(set(names))
    for key in WINDOW_KEYS:
        for name in key.names:
            switches, alone = Switches(), name.removeprefix("alt+")
            assert switches.take(alone, True, 0.0, alt=alone != name)
            assert getattr(switches, key.switch) is True
