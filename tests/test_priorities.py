"""Two operators: who holds what against whom, for how long, and how the other gets it back."""

from pathlib import Path

import pytest

from performer.controls import Controls
from performer.events import Event, KeyEvent, MidiEvent, OscEvent
from performer.patch import PatchError, parse_patch
from performer.priorities import Operator, Priorities, parse_operator
from performer.schema import Binding, Priority
from performer.takes import Head, Packer, Take

NANO, OTHER, TABLET, STRANGER, KEY = "nano", "other", "tablet", "stranger", "key"
ORDER = ("midi:nano", "osc:192.168.1.7", "midi")


def hand(who: str, time_s: float, hue: float) -> Event:
    """A touch of hue, in degrees."""
    if who in (NANO, OTHER):
        port = {NANO: "nanoKONTROL2 MIDI 1", OTHER: "LPD8"}[who]
        return MidiEvent(time_s, port, "cc", 1, 16, (hue + 180) / 360)
    host = {TABLET: "192.168.1.7", STRANGER: "192.168.1.8"}[who]
    return OscEvent(time_s, "/hue", (hue,), (host, 9001))


def controls(order: tuple[str, ...] = ORDER, hold_s: float = 2.0) -> Controls:
    direct = Binding("cc 16", "hue", takeover="none")
    return Controls([direct], {}, Priority(order, hold_s))


# touches (who, when, value) → where hue is going after each
CASES = [
    ([(NANO, 0.0, 90), (TABLET, 1.0, -90)], [90, 90]),
    ([(NANO, 0.0, 90), (TABLET, 2.0, -90)], [90, -90]),
    ([(NANO, 0.0, 90), (NANO, 1.5, 45), (TABLET, 3.0, -90), (TABLET, 3.5, -90)],
     [90, 45, 45, -90]),
    ([(TABLET, 0.0, -90), (NANO, 0.1, 90)], [-90, 90]),
    ([(NANO, 0.0, 90), (OTHER, 1.0, -90), (STRANGER, 1.0, -45)], [90, 90, 90]),
    ([(OTHER, 0.0, 90), (STRANGER, 1.0, -90), (TABLET, 1.5, 0)], [90, 90, 0]),
    ([(STRANGER, 0.0, 90), (OTHER, 0.1, -90), (STRANGER, 0.2, 0)], [90, -90, -90]),
    ([(NANO, 5.0, 90), (TABLET, 4.9, -90)], [90, 90]),
]  # fmt: skip


@pytest.mark.parametrize(("touches", "expected"), CASES)
def test_who_holds_what(touches: list, expected: list[float]) -> None:
    played = controls()
    seen = []
    for who, time_s, hue in touches:
        played.handle(hand(who, time_s, hue))
        seen.append(played.target("hue"))
    assert seen == pytest.approx(expected, abs=1.5)


def test_without_a_setting_the_last_touch_wins() -> None:
    played = Controls([], {})
    for who, hue in ((TABLET, 10), (STRANGER, 20), (TABLET, 30)):
        played.handle(hand(who, 0.0, hue))
        assert played.target("hue") == hue


def test_each_parameter_is_held_by_itself() -> None:
    played = controls()
    played.handle(hand(NANO, 0.0, 90))
    played.handle(OscEvent(0.1, "/psi", (0.2,), ("192.168.1.8", 1)))
    assert played.target("psi") == 0.2


def test_a_trigger_is_held_by_nobody() -> None:
    played = controls(("midi", "key"))
    played.handle(MidiEvent(0.0, "LPD8", "cc", 1, 16, 0.2))
    assert [action.parameter for action in played.handle(KeyEvent(0.1, "p", True))] == ["panic"]


def test_a_toggle_is_held() -> None:
    played = controls(("key", "osc"))
    played.handle(KeyEvent(0.0, "b", True))
    assert played.handle(OscEvent(0.1, "/blackout", (0,), None)) == []
    assert played.target("blackout") == 1.0
    played.handle(OscEvent(2.1, "/blackout", (0,), None))
    assert played.target("blackout") == 0.0


def test_a_knob_that_was_refused_has_to_take_over_again() -> None:
    played = Controls([Binding("cc 16", "hue")], {}, Priority(("osc", "midi"), 2.0))
    for hue in (-5, 5, 30):
        played.handle(hand(OTHER, 0.0, hue))
    assert played.target("hue") == pytest.approx(30, abs=1.5)
    played.handle(hand(TABLET, 1.0, 90))
    for hue in (31, 32, 33):
        played.handle(hand(OTHER, 2.0, hue))
    played.handle(hand(OTHER, 4.0, 34))
    assert played.target("hue") == 90, "no jump"
    played.handle(hand(OTHER, 4.1, 95))
    assert played.target("hue") == pytest.approx(95, abs=1.5)


def test_scenes_and_panic_pass_by() -> None:
    played = controls()
    played.handle(hand(NANO, 0.0, 90))
    played.set("hue", 10.0)
    assert played.target("hue") == 10.0
    played.handle(hand(NANO, 0.5, 90))
    played.reset()
    played.handle(hand(STRANGER, 0.6, -45))
    assert played.target("hue") == -45


def test_a_saved_patch_changes_who_comes_first() -> None:
    played = controls()
    played.handle(hand(NANO, 0.0, 90))
    direct = Binding("cc 16", "hue", takeover="none")
    played.replace([direct], {}, Priority(ORDER, 2.0))
    played.handle(hand(TABLET, 0.5, -90))
    assert played.target("hue") == pytest.approx(90, abs=1.5), "the same setting goes on"
    played.replace([direct], {}, None)
    played.handle(hand(TABLET, 0.6, -90))
    assert played.target("hue") == -90


def test_a_take_keeps_who_it_was(tmp_path: Path) -> None:
    head = Head("two.toml", "version = 1", {}, "starter", "", False, 1, True, "CPU", "0", "2")
    packer, file = Packer(), tmp_path / "two.take"
    event = hand(TABLET, 0.5, 20)
    file.write_bytes(packer.head(head) + packer.frames([(0.5, [event])])[0])
    (moment,) = Take(file).moments()
    (kept,) = moment.events
    assert isinstance(kept, OscEvent) and kept.peer == ("192.168.1.7", 9001)
    assert Priorities(Priority(ORDER)).touch(kept).rank == 1


@pytest.mark.parametrize(
    ("words", "operator"),
    [
        ("midi", Operator("midi", "")),
        ("midi:Nano KONTROL", Operator("midi", "nano kontrol")),
        ("osc:::1", Operator("osc", "::1")),
        ("page", Operator("page", "")),
        ("key", Operator("key", "")),
    ],
)
def test_words(words: str, operator: Operator) -> None:
    assert parse_operator(words) == operator


@pytest.mark.parametrize("words", ["", "cc 16", "page:1", "midi:", "MIDI", "osc: "])
def test_other_words_are_refused(words: str) -> None:
    with pytest.raises(ValueError, match="is not allowed; use midi, midi:"):
        parse_operator(words)


HEAD = 'version = 1\nname = "x"\n[priority]\n'


def test_the_patch_says_it() -> None:
    patch = parse_patch(HEAD + 'order = ["midi:nano", "page"]\nhold_s = 2', Path("x.toml"))
    assert patch.priority == Priority(("midi:nano", "page"), 2.0)
    assert parse_patch('version = 1\nname = "x"', Path("x.toml")).priority is None


@pytest.mark.parametrize(
    ("body", "line", "reason"),
    [
        ('order = ["hand"]', 4, r'priority.order: "hand" is not allowed; use midi'),
        ('order = ["page", "page"]', 4, r"priority.order: page is written twice"),
        ('order = []\nhold_s = -1', 5, r"priority.hold_s: -1 is not allowed; use 0 to 3600"),
        ("hold_s = 1", 3, r"priority: order is missing"),
        ("order = 3", 4, r"priority.order: must be an array"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_line(body: str, line: int, reason: str) -> None:
    with pytest.raises(PatchError, match=reason) as raised:
        parse_patch(HEAD + body, Path("x.toml"))
    assert str(raised.value).startswith(f"x.toml:{line}: ")
