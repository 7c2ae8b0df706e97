"""LEDs, rings and motor faders: what is sent, when, and that it leaves the hand alone."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from performer.controls import Controls
from performer.events import MidiEvent, OscEvent, PortEvent
from performer.lights import HOLD_OFF_S, PERIOD_S, Lights
from performer.patch import PatchError, load_controller, match_controller, parse_controller
from performer.paths import CONTROLLERS
from performer.schema import Binding

DESK = parse_controller(
    """
version = 1
name = "Desk"
match = ["Desk"]
[controls]
fader_1 = "cc 1"
fader_2 = "cc 2"
ring_1 = "cc 10"
pad_1 = "note 36"
pad_2 = "note 37"
[feedback.fader]
[feedback.ring]
shift = 40
low = 1
high = 13
channel = 2
[feedback.pad]
low = 12
high = 60
[[bindings]]
source = "fader_1"
parameter = "zoom"
[[bindings]]
source = "ring_1"
parameter = "direction.1"
[[bindings]]
source = "pad_1"
parameter = "freeze"
[[bindings]]
source = "pad_2"
parameter = "panic"
""",
    Path("desk.toml"),
)
PORT = "Desk MIDI 1"
FADER, UNBOUND, RING, PAD, TRIGGER = (0xB0, 1), (0xB0, 2), (0xB1, 50), (0x90, 36), (0x90, 37)


class Stand:
    """A desk that is plugged in, and what was sent to it."""

    def __init__(self, *bindings: Binding) -> None:
        self.controls, self.lights = Controls(bindings, {}), Lights((DESK,))
        self.now_s = 10.0
        self.plug(True)

    def plug(self, present: bool) -> None:
        if present:
            self.controls.add_profile(DESK.bindings, PORT)
        self.hear(PortEvent(self.now_s, PORT, present))

    def hear(self, event) -> None:
        self.lights.hear(event)
        self.controls.handle(event)

    def hand(self, kind, number: int, value: float) -> None:
        self.hear(MidiEvent(self.now_s, PORT, kind, 1, number, value))

    def sent(self, wait_s: float = PERIOD_S) -> dict[tuple[int, int], int]:
        """What is sent after a while, by status and number."""
        self.now_s += wait_s
        messages = self.lights.messages(self.now_s, self.controls)
        assert all(message.port == PORT for message in messages)
        return {(message.status, message.number): message.value for message in messages}


ALL = {FADER: 0, UNBOUND: 0, RING: 7, PAD: 12, TRIGGER: 12}


def test_all_is_sent_when_it_comes_and_then_only_changes() -> None:
    stand = Stand()
    assert stand.sent() == ALL
    assert stand.sent() == {}
    stand.controls.set("zoom", 2.5)
    stand.controls.set("freeze", 1.0)
    assert stand.sent() == {FADER: 64, PAD: 60}
    assert stand.sent() == {}


def test_all_is_sent_again_after_replugging() -> None:
    stand = Stand()
    stand.sent()
    stand.plug(False)
    stand.controls.set("freeze", 1.0)
    assert stand.sent() == {}
    stand.plug(True)
    assert stand.sent() == ALL | {PAD: 60}


def test_nothing_moves_under_the_hand() -> None:
    stand = Stand()
    stand.sent()
    for i in range(10):
        stand.hand("cc", 1, i / 10)
        stand.controls.set("zoom", 3.0)
        assert FADER not in stand.sent()
    assert stand.sent(HOLD_OFF_S) == {FADER: 85}, "the hand has let go elsewhere"


def test_a_fader_that_stands_where_it_should_is_not_moved() -> None:
    stand = Stand()
    stand.sent()
    stand.hand("cc", 1, 0.0)
    stand.hand("cc", 1, 0.5)
    assert stand.controls.target("zoom") == 2.5
    assert stand.sent(1.0) == {}


def test_a_buttons_light_does_not_wait() -> None:
    stand = Stand()
    stand.sent()
    stand.hand("note", 36, 1.0)
    assert stand.sent() == {PAD: 60}
    stand.hand("note", 36, 0.0)
    stand.hand("note", 36, 1.0)
    assert stand.sent() == {PAD: 12}


def test_the_ring_of_an_endless_encoder_follows_its_turn() -> None:
    stand = Stand(Binding("cc 10", "direction.1", relative="twos", range=(-3.0, 3.0)))
    stand.sent()
    for _ in range(40):
        stand.hear(MidiEvent(stand.now_s, PORT, "cc", 2, 10, 1 / 128))
    assert stand.sent()[RING] > 10


def test_each_control_is_told_at_most_thirty_times_a_second() -> None:
    stand = Stand()
    stand.sent()
    count = 0
    for i in range(1000):
        stand.controls.set("zoom", 1.0 + 3.0 * (i % 100) / 100)
        count += len(stand.sent(0.001))
    assert 20 <= count <= 30


def test_a_light_follows_what_is_learnt() -> None:
    stand = Stand()
    stand.sent()
    stand.controls.rebind([Binding("cc 2", "psi"), Binding("note 36", "panic", port="desk")])
    assert stand.sent() == {UNBOUND: 68}
    stand.controls.set("freeze", 1.0)
    assert stand.sent() == {}


def test_a_device_without_feedback_or_unknown_is_sent_nothing() -> None:
    controls, lights = Controls([], {}), Lights([load_controller(CONTROLLERS / "lpd8.toml"), DESK])
    for port in ("LPD8", "Something else"):
        lights.hear(PortEvent(0.0, port, True))
    lights.hear(OscEvent(0.0, "/psi", (1.0,)))
    assert lights.messages(1.0, controls) == []


@pytest.mark.parametrize("file", sorted(CONTROLLERS.glob("*.toml")), ids=lambda file: file.stem)
def test_every_profile_sends_only_sound_messages(file: Path) -> None:
    device = load_controller(file)
    port = f"{device.match[0]} MIDI 1"
    controls, lights = Controls([], {}), Lights((device,))
    controls.add_profile(device.bindings, port)
    lights.hear(PortEvent(0.0, port, True))
    sent = lights.messages(1.0, controls)
    assert bool(sent) == bool(device.feedback) and match_controller((device,), port) is device
    assert len({message[:3] for message in sent}) == len(sent)
    for message in sent:
        assert message.status >> 4 in (0x9, 0xB)
        assert 0 <= message.number <= 127 and 0 <= message.value <= 127


@given(st.lists(st.tuples(st.sampled_from(["zoom", "freeze"]), st.floats(0.0, 4.0)), max_size=30))
def test_what_is_shown_in_the_end_is_how_it_stands(moves) -> None:
    stand, shown = Stand(), dict[tuple[int, int], int]()
    for name, value in moves:
        stand.controls.set(name, value)
        shown |= stand.sent(0.01)
    shown |= stand.sent()
    fresh = Stand()
    for name in ("zoom", "freeze"):
        fresh.controls.set(name, stand.controls.target(name))
    assert shown == fresh.sent()


HEAD = 'version = 1\nname = "X"\nmatch = ["X"]\n'


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('knobs = ["a"]\n[controls]\nb = "cc 1"\n', '4: knobs: there is no control "a"'),
        ('knobs = ["a"]\n', '4: knobs: there is no control "a"; the file has none'),
        ("[feedback.a]\n", "4: feedback.a: no control is of that group; the file has none"),
        ('knobs = ["b"]\n[controls]\nb = "note 1"\n', "4: knobs: b is note 1, which is no dial"),
        ('[controls]\nb_1 = "cc 1"\n[feedback.c]\n', "6: feedback.c: no control is of that group"),
        ('[controls]\nb = "bend"\n[feedback.b]\n', "6: feedback.b: b is bend, which shows nothing"),
        (
            '[controls]\nb = "cc 1"\n[feedback.b]\nlow = 128\n',
            "7: feedback.b.low: 128 is not allowed; use 0 to 127",
        ),
        (
            '[controls]\nb = "cc 1"\n[feedback.b]\nshift = -2\n',
            "7: feedback.b.shift: -1 is not allowed",
        ),
        (
            '[controls]\nb = "cc 1"\n[feedback.b]\nchannel = 0\n',
            "7: feedback.b.channel: 0 is not allowed; use 1 to 16",
        ),
        (
            '[controls]\nb = "cc 1"\n[feedback.b]\nchanel = 1\n',
            "7: feedback.b.chanel: is unknown; did you mean channel?",
        ),
    ],
)
def test_what_is_wrong_in_a_profile_is_named(text: str, reason: str) -> None:
    with pytest.raises(PatchError) as error:
        parse_controller(HEAD + text, Path("x.toml"))
    assert str(error.value).startswith(f"x.toml:{reason}")
