"""Learn, as it is played: keys, OSC and a hand on a control, and the bindings that come of it."""

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from performer.controls import Controls
from performer.dials import dials
from performer.events import Event, KeyEvent, MidiEvent, OscEvent, PageEvent
from performer.inputs.midi_messages import Reader
from performer.learn import Learn
from performer.parameters import BY_NAME, TABLE
from performer.patch import load_controller
from performer.patch_edit import Edit
from performer.paths import CONTROLLERS
from performer.schema import Binding

NANO = load_controller(CONTROLLERS / "nanokontrol2.toml")
PORT = "nanoKONTROL2:nanoKONTROL2 MIDI 1"


class Stand:
    """Controls and learn as the engine has them, with hands."""

    def __init__(self, *bindings: Binding) -> None:
        self.controls = Controls(bindings, {})
        self.learn = Learn(self.controls, (NANO,))
        self.now_s = 100.0
        self._reader = Reader(PORT)
        own = dials(NANO, PORT, bindings)
        self.controls.add_profile((*NANO.bindings, *own), PORT)

    def handle(self, event: Event) -> None:
        self.learn.advance(self.now_s)
        if not self.learn.take(event):
            for action in self.controls.handle(event):
                if action.parameter == "learn":
                    self.learn.switch()
        self.now_s += 0.01

    def keys(self, *names: str) -> "Stand":
        for name in names:
            self.handle(KeyEvent(self.now_s, name, True))
            self.handle(KeyEvent(self.now_s, name, False))
        return self

    def osc(self, address: str, *args: float | str) -> "Stand":
        self.handle(OscEvent(self.now_s, address, args))
        return self

    def midi(self, *messages: tuple[int, ...]) -> "Stand":
        for message in messages:
            for event in self._reader.read(message, self.now_s):
                self.handle(event)
        return self

    def knob(self, *raws: int, number: int = 90) -> "Stand":
        return self.midi(*((0xB0, number, raw) for raw in raws))

    def wait(self, seconds: float = 1.0) -> "Stand":
        self.now_s += seconds
        self.learn.advance(self.now_s)
        return self

    @property
    def edits(self) -> list[Edit]:
        return list(self.learn.edits)

    def view(self):
        view = self.learn.view()
        assert view is not None
        return view


HERE = {"channel": 1, "port": "nanoKONTROL2"}


@pytest.mark.parametrize(
    ("parameter", "messages", "binding"),
    [
        ("psi", [(0xB0, 90, v) for v in (10, 11, 12)], Binding("cc 90", "psi", **HERE)),
        (
            "psi",
            [(0xB0, 90, v) for v in (1, 1, 1)],
            Binding("cc 90", "psi", relative="twos", **HERE),
        ),
        ("contrast", [(0x90, 36, 99), (0x80, 36, 0)], Binding("note 36", "contrast", **HERE)),
        ("panic", [(0xB0, 90, 127), (0xB0, 90, 0)], Binding("cc 90", "panic", **HERE)),
        (
            "hue",
            [(0xB0, 90, 127), (0xB0, 90, 0)],
            Binding("cc 90", "hue", takeover="none", **HERE),
        ),
        ("hue", [(0xE0, 0, v) for v in (64, 70, 80)], Binding("bend", "hue", **HERE)),
        ("scene.2", [(0xC0, 7)], Binding("program 7", "scene.2", **HERE)),
    ],
)
def test_a_parameter_and_a_control_make_a_binding(parameter, messages, binding) -> None:
    stand = Stand().osc("/learn", parameter).midi(*messages)
    assert binding in stand.controls.bindings
    assert stand.edits == [Edit(None, binding)]


def test_what_is_bound_plays_at_once() -> None:
    stand = Stand().keys("l").osc("/learn", "hue").knob(10, 11, 12).keys("l")
    stand.knob(60, 64, 65, 127)
    assert stand.controls.target("hue") == 180.0


def test_the_control_that_is_learnt_moves_nothing_meanwhile() -> None:
    stand = Stand(Binding("cc 90", "zoom", takeover="none"))
    stand.osc("/learn", "psi").knob(100, 101, 102)
    assert stand.controls.target("zoom") == 1.0
    stand.knob(103)
    assert stand.controls.target("zoom") == 1.0, "the binding for this port comes first"


LAST_BUT_ONE = list(dict.fromkeys(parameter.group for parameter in TABLE))[-2]
FIRST_OF_LAST_BUT_ONE = next(p.name for p in TABLE if p.group == LAST_BUT_ONE)


@pytest.mark.parametrize(
    ("touch", "name"),
    [
        (lambda stand: stand.keys("down", "down"), TABLE[2].name),
        (lambda stand: stand.keys("up"), TABLE[-1].name),
        (lambda stand: stand.keys("right", "right", "right"), "class"),
        (lambda stand: stand.keys("left", "left"), FIRST_OF_LAST_BUT_ONE),
        (lambda stand: stand.keys("b"), "blackout"),
        (lambda stand: stand.keys("3"), "scene.3"),
        (lambda stand: stand.keys("x"), TABLE[0].name),
        (lambda stand: stand.osc("/walk/speed", 1.0), "walk.speed"),
        (lambda stand: stand.osc("/blackout"), "blackout"),
        (lambda stand: stand.handle(PageEvent(0.0, "walk.speed", 1.0)), "walk.speed"),
        (lambda stand: stand.handle(PageEvent(0.0, "blackout", None)), "blackout"),
        (lambda stand: stand.osc("/learn", "trails"), "trails"),
        (lambda stand: stand.osc("/learn", "nothing"), TABLE[0].name),
    ],
)
def test_a_parameter_is_chosen_by_a_touch(touch, name: str) -> None:
    stand = Stand().keys("l")
    touch(stand)
    assert stand.view().parameter == name and stand.view().waiting
    assert stand.controls.target("blackout") == 0.0, "choosing does not play it"


def test_osc_moves_what_it_chooses_and_an_unknown_address_is_bound() -> None:
    stand = Stand().keys("l").osc("/psi", 0.25).osc("/fader/1", 0.5)
    assert stand.controls.target("psi") == 0.25
    assert stand.edits == [Edit(None, Binding("osc /fader/1", "psi"))]
    stand.osc("/fader/1", 1.0)
    assert stand.controls.target("psi") == 1.5


@pytest.mark.parametrize("address", ["/fader *", "no", "/f/[ab]"])
def test_an_address_that_cannot_be_bound_is_left_alone(address: str) -> None:
    assert Stand().keys("l").osc(address, 0.5).osc("/fader/2").edits == []


def test_a_stream_of_asking_ends_at_a_number_of_bindings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("performer.learn.MOST_BINDINGS", 3)
    stand = Stand()
    for number in range(9):
        stand.wait().osc("/learn", "psi").wait().osc(f"/hand/{number}", 0.5)
    assert len(stand.controls.bindings) == 3 and len(stand.learn.edits) == 3
    view = stand.learn.view()
    assert view is not None and "free some first" in view.note


def test_long_addresses_are_not_kept() -> None:
    stand = Stand()
    tracemalloc.start()
    for number in range(200):
        stand.osc(f"/{number}/" + "x" * 60_000, 1.0)
    kept_bytes, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept_bytes < 1_000_000


def test_a_stream_is_no_touch() -> None:
    stand = Stand()
    for raw in range(20):
        stand.knob(raw).osc("/hue", raw)
    stand.keys("l").osc("/learn", "psi")
    for raw in range(20):
        stand.knob(raw).osc("/hue", raw)
    assert stand.view().parameter == "psi" and not stand.edits
    stand.wait().knob(30, 31, 32)
    assert [edit.after.source for edit in stand.edits if edit.after] == ["cc 90"]


def test_only_one_control_is_bound_until_another_is_asked_for() -> None:
    stand = Stand().osc("/learn", "psi").knob(1, 2, 3).knob(1, 2, 3, number=91)
    assert len(stand.edits) == 1
    stand.wait().keys("return").knob(11, 12, 13, number=91)
    assert [b.source for b in stand.controls.bindings] == ["cc 90", "cc 91"]


def test_a_control_learnt_again_leaves_what_it_did() -> None:
    stand = Stand().osc("/learn", "psi").knob(1, 2, 3).wait()
    stand.osc("/learn", "hue").knob(11, 12, 13)
    assert [(b.source, b.parameter) for b in stand.controls.bindings] == [("cc 90", "hue")]
    assert stand.view().note == "it was psi"


def test_an_encoder_is_known_better_as_it_turns_back() -> None:
    stand = Stand().osc("/learn", "psi").knob(65, 65, 65, 65)
    assert stand.controls.bindings[0].relative == "offset"
    stand.knob(1, 1)
    assert [b.relative for b in stand.controls.bindings] == ["signed2"]


def test_a_pad_that_keeps_its_state_switches_with_it() -> None:
    stand = Stand().osc("/learn", "freeze").midi((0x90, 36, 127)).wait(2.0)
    assert stand.controls.bindings[0].latching
    stand.keys("l").midi((0x90, 36, 127))
    assert stand.controls.target("freeze") == 1.0
    stand.midi((0x90, 36, 127), (0x80, 36, 0))
    assert stand.controls.target("freeze") == 0.0


def test_the_range_is_set_by_moving_there() -> None:
    stand = Stand().osc("/learn", "psi").knob(1, 2, 3)
    stand.osc("/psi", 0.5).keys("-").osc("/psi", 0.9).keys("=")
    assert stand.controls.bindings[-1].range == (0.5, 0.9)
    assert (stand.view().low, stand.view().high) == (0.5, 0.9)
    stand.keys("-")
    assert stand.view().note == "move it on: both ends would be the same"
    stand.keys("r")
    assert stand.controls.bindings[-1].range is None


def test_the_curve_goes_round() -> None:
    stand = Stand().osc("/learn", "psi").knob(1, 2, 3)
    curves = [stand.keys("c").controls.bindings[-1].curve for _ in range(4)]
    assert curves == ["square", "root", "smooth", "linear"]


def test_a_trigger_has_no_range() -> None:
    stand = Stand().osc("/learn", "panic").midi((0x90, 36, 9)).keys("-", "c", "r")
    assert len(stand.edits) == 1 and "no range" in stand.view().note


def test_a_control_of_the_devices_own_is_shown_and_shaped() -> None:
    stand = Stand().osc("/learn", "direction.2")
    assert stand.view().control == "knob 2 (nanoKONTROL2)"
    stand.osc("/direction/2", 1.0).keys("=")
    binding = Binding("cc 17", "direction.2", port="nanoKONTROL2", range=(-3.0, 1.0))
    assert stand.controls.bindings == (binding,)


def test_another_control_takes_the_range_over() -> None:
    stand = Stand(Binding("cc 50", "psi", range=(0.2, 0.4), curve="root", slew_s=0.5))
    stand.osc("/learn", "psi").knob(1, 2, 3)
    learnt = stand.controls.bindings[-1]
    assert (learnt.source, learnt.range, learnt.curve, learnt.slew_s) == (
        "cc 90", (0.2, 0.4), "root", 0.5,
    )  # fmt: skip


def test_moving_what_is_bound_already_changes_nothing() -> None:
    stand = Stand(Binding("cc 90", "psi", range=(0.2, 0.4))).osc("/learn", "psi").knob(1, 2, 3)
    assert stand.edits == [] and not stand.view().waiting


def test_unlearn_frees_the_parameter_and_keys_or_osc_ask_for_it() -> None:
    first, other = Binding("cc 1", "psi"), Binding("cc 2", "hue")
    for ask in (
        lambda stand: stand.osc("/learn", "psi").keys("backspace"),
        lambda stand: stand.osc("/unlearn", "psi"),
    ):
        stand = Stand(first, other)
        ask(stand)
        assert stand.controls.bindings == (other,)
        assert stand.edits == [Edit(first, None)] and stand.view().note == "unbound"


def test_keys_play_again_when_learn_is_over() -> None:
    stand = Stand().keys("l", "b", "escape", "b")
    assert stand.learn.view() is None
    assert stand.controls.target("blackout") == 1.0


def test_the_other_knobs_keep_hold() -> None:
    held = Binding("cc 10", "zoom")
    stand = Stand(held).knob(0, 0, 64, number=10)
    stand.osc("/learn", "psi").knob(1, 2, 3).keys("l").knob(127, number=10)
    assert stand.controls.target("zoom") == 4.0


def test_a_patch_that_was_changed_meanwhile_does_not_end_it() -> None:
    stand = Stand(Binding("cc 1", "psi")).osc("/learn", "psi")
    stand.controls.rebind([])
    stand.keys("c")
    assert stand.controls.bindings == (Binding("cc 1", "psi", curve="square"),)


NAMES = [*"lbn1-=cr+", "up", "down", "left", "right", "return", "backspace", "escape"]
EVENTS = st.one_of(
    st.builds(KeyEvent, st.floats(0, 99), st.sampled_from(NAMES), st.booleans()),
    st.builds(
        MidiEvent,
        time_s=st.floats(),
        port=st.sampled_from([PORT, "x"]),
        kind=st.sampled_from(["cc", "cc14", "note", "bend", "pressure", "poly", "program"]),
        channel=st.integers(1, 2) | st.integers(),
        number=st.integers(0, 31) | st.integers(),
        value=st.sampled_from([0.0, 1 / 128, 0.5, 1.0]) | st.floats(),
    ),
    st.builds(
        OscEvent,
        time_s=st.floats(),
        address=st.sampled_from(["/learn", "/unlearn", "/psi", "/x", "/panic"]) | st.text(),
        args=st.lists(
            st.sampled_from(["psi", "hue", "panic"]) | st.floats() | st.text(), max_size=2
        ).map(tuple),
    ),
)


@given(st.lists(EVENTS, max_size=60))
def test_any_playing_leaves_every_parameter_in_range_and_every_edit_in_place(events) -> None:
    stand = Stand(Binding("cc 1", "psi"))
    bindings = list(stand.controls.bindings)
    for event in events:
        stand.handle(event)
        stand.learn.view()
    for edit in stand.edits:
        if edit.before is None:
            bindings += [edit.after]
        else:
            i = bindings.index(edit.before)
            bindings[i : i + 1] = [edit.after] if edit.after else []
    assert tuple(bindings) == stand.controls.bindings
    for value, row in zip(stand.controls.advance(1.0), TABLE, strict=True):
        assert min(row.minimum, 0.0) <= value <= row.maximum
    assert BY_NAME[stand.learn._parameter.name]
