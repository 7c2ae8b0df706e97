"""A whole show with controllers that only remember: frames in, what they show out."""

from collections.abc import Callable

import pytest

from performer.clock import ManualClock
from performer.commands.options import parse_replies
from performer.engine import Engine
from performer.events import Inbox, MidiEvent, OscEvent, PortEvent
from performer.feedback import MidiFeedback, OscFeedback
from performer.inputs import InputError
from performer.lights import Lights
from performer.osc_replies import OscReplies, Replies
from performer.outputs.memory import MemoryControllers, MemoryDisplay
from performer.patch import load_controller, same_device
from performer.paths import CONTROLLERS
from performer.stage import Labels, Stage

NANO = load_controller(CONTROLLERS / "nanokontrol2.toml")
PORT = "nanoKONTROL2 MIDI 1"
PEER = ("127.0.0.1", 5000)


def test_a_button_lights_over_osc_and_an_osc_page_follows_a_button(
    make_engine: Callable[..., Engine],
) -> None:
    engine, inbox, clock = make_engine(), Inbox(), ManualClock()
    engine.performance._controllers = (NANO,)
    shown = MemoryControllers()
    companions = [
        MidiFeedback(Lights((NANO,)), shown),
        OscFeedback(OscReplies(Replies()), shown),
    ]
    labels = Labels("", "", "", tuple, "")
    stage = Stage(engine, MemoryDisplay(clock), inbox, clock, labels, companions)
    inbox.put(PortEvent(0.0, PORT, True))
    inbox.put(OscEvent(0.0, "/blackout", (1,), PEER))
    stage.play(frames=4)
    stop, record = (PORT, 0xB0, 42), (PORT, 0xB0, 45)
    assert (shown.midi[stop], shown.midi[record]) == (0, 127)
    inbox.put(MidiEvent(clock.now_s, PORT, "cc", 1, 42, 1.0))
    stage.play(frames=8)
    assert shown.midi[stop] == 127 and shown.osc[PEER]["/freeze"] == 1.0
    before = shown.count
    stage.play(frames=60)
    assert shown.count == before, "nothing changed, nothing was sent"


class Broken:
    """A companion that always fails."""

    def follow(self, now_s, events, engine) -> None:
        raise OSError("no such device")


def test_a_part_beside_the_show_that_fails_does_not_end_it(
    make_engine: Callable[..., Engine], caplog: pytest.LogCaptureFixture
) -> None:
    clock = ManualClock()
    display, labels = MemoryDisplay(clock), Labels("", "", "", tuple, "")
    Stage(make_engine(), display, Inbox(), clock, labels, [Broken()]).play(frames=5)
    assert display.frames == 5 and caplog.text.count("Broken: no such device") == 1


@pytest.mark.parametrize(
    ("text", "replies"),
    [
        ("auto", Replies()),
        ("none", None),
        ("9001", Replies(port=9001)),
        ("127.0.0.1:9001", Replies(fixed=("127.0.0.1", 9001))),
    ],
)
def test_who_is_told_is_asked_for_in_one_word(text: str, replies: Replies | None) -> None:
    assert parse_replies(text) == replies


def test_a_wrong_word_is_a_sentence() -> None:
    with pytest.raises(InputError, match="is not an address"):
        parse_replies("everybody")


@pytest.mark.parametrize(
    ("other", "same"),
    [("nanoKONTROL2 CTRL", True), ("LPD8", False), ("nanoKONTROL", False)],
)
def test_an_output_is_known_by_its_device(other: str, same: bool) -> None:
    assert same_device((NANO,), PORT, other) is same
