"""Controls: each kind of binding, OSC in the parameters' own units, takeover, slew, and abuse."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from performer.controls import MAX_SPREAD, Action, Controls
from performer.events import Event, KeyEvent, MidiEvent, OscEvent, PageEvent, PortEvent, Refusal
from performer.parameters import BY_ADDRESS, INDEX, TABLE
from performer.relative import ENCODINGS
from performer.schema import Binding
from performer.takeover import THRESHOLD


def midi(kind, number: int, value: float, channel: int = 1, port: str = "Pad") -> MidiEvent:
    return MidiEvent(0.0, port, kind, channel, number, value)


def cc(number: int, value: float, **where) -> MidiEvent:
    return midi("cc", number, value, **where)


def osc(address: str, *args) -> OscEvent:
    return OscEvent(0.0, address, args)


def key(name: str, pressed: bool = True) -> KeyEvent:
    return KeyEvent(0.0, name, pressed)


def play(controls: Controls, *events: Event) -> list[tuple[str, str]]:
    """Handle the events: what each did, as (parameter, kind)."""
    return [(a.parameter, a.kind) for event in events for a in controls.handle(event)]


VALUE, TOGGLE, TRIGGER = "zoom", "freeze", "panic"

# source, parameter, events → the target after them (None: as before), the number of actions
CASES = [
    ("cc 16", VALUE, [cc(16, 0.0), cc(16, 0.5)], 2.5, 2),
    ("cc14 3", VALUE, [midi("cc14", 3, 0.0), midi("cc14", 3, 1.0)], 4.0, 2),
    ("bend", VALUE, [midi("bend", 0, 0.0), midi("bend", 0, 0.5)], 2.5, 2),
    ("pressure", VALUE, [midi("pressure", 0, 1.0)], 4.0, 1),
    ("poly 60", VALUE, [midi("poly", 60, 1.0), midi("poly", 61, 0.0)], 4.0, 1),
    ("note 60", VALUE, [midi("note", 60, 0.5), midi("note", 60, 0.0)], 2.5, 1),
    ("program", VALUE, [midi("program", 127, 0.0)], 4.0, 1),
    ("key up", VALUE, [key("up"), key("up", False)], 4.0, 1),
    ("osc /x", VALUE, [osc("/x", 0.5)], 2.5, 1),
    ("osc /x", VALUE, [osc("/x", 7)], 4.0, 1),
    ("osc /x", VALUE, [osc("/x")], None, 0),
    ("cc 16", TOGGLE, [cc(16, 1.0), cc(16, 0.0)], 1.0, 1),
    ("cc 16", TOGGLE, [cc(16, 1.0), cc(16, 0.0), cc(16, 1.0)], 0.0, 2),
    ("cc 16", TOGGLE, [cc(16, 0.6), cc(16, 0.7), cc(16, 0.9)], 1.0, 1),
    ("note 60", TOGGLE, [midi("note", 60, 0.1), midi("note", 60, 0.0)], 1.0, 1),
    ("program 4", TOGGLE, [midi("program", 4, 0.0), midi("program", 5, 0.0)], 1.0, 1),
    ("key up", TOGGLE, [key("up"), key("up", False)], 1.0, 1),
    ("osc /x", TOGGLE, [osc("/x", 1)], 1.0, 1),
    ("osc /x", TOGGLE, [osc("/x", True), osc("/x", False)], 0.0, 2),
    ("osc /x", TOGGLE, [osc("/x")], 1.0, 1),
    ("cc 16", TRIGGER, [cc(16, 1.0), cc(16, 0.0), cc(16, 1.0)], None, 2),
    ("pressure", TRIGGER, [midi("pressure", 0, 0.4), midi("pressure", 0, 0.5)], None, 1),
    ("note 60", TRIGGER, [midi("note", 60, 0.1), midi("note", 60, 0.2)], None, 2),
    ("program", TRIGGER, [midi("program", 4, 0.0), midi("program", 5, 0.0)], None, 2),
    ("key up", TRIGGER, [key("up"), key("up", False)], None, 1),
    ("osc /x", TRIGGER, [osc("/x"), osc("/x", 1), osc("/x", 0)], None, 2),
]


@pytest.mark.parametrize(("source", "parameter", "events", "target", "count"), CASES)
def test_each_kind_of_binding(source, parameter, events, target, count) -> None:
    controls = Controls([Binding(source, parameter)], {})
    before = controls.target(parameter)
    actions = play(controls, *events)
    kind = {VALUE: "value", TOGGLE: "toggle", TRIGGER: "trigger"}[parameter]
    # zoom starts at the bottom, where a knob at 0 needs one more value to take over.
    waits = source.split()[0] in ("cc", "cc14", "bend") and parameter == VALUE
    assert actions == [(parameter, kind)] * (count - waits)
    assert controls.target(parameter) == (before if target is None else target)


# binding, events → the target after them: endless encoders, and buttons that keep their state
FURTHER = [
    (Binding("cc 1", "psi", relative="twos"), [cc(1, 1 / 128)], 0.8 + 1.5 / 128),
    (Binding("cc 1", "psi", relative="twos"), [cc(1, 1.0)], 0.8 - 1.5 / 128),
    (Binding("note 1", "freeze", latching=True), [midi("note", 1, 0.3)], 1.0),
    (Binding("note 1", "freeze", latching=True), [midi("note", 1, 0.3)] * 2, 1.0),
    (Binding("note 1", "freeze", latching=True), [midi("note", 1, v) for v in (1, 0)], 0.0),
    (Binding("cc 1", "freeze", latching=True), [cc(1, 1.0), cc(1, 0.0)], 0.0),
    (Binding("note 1", "zoom", latching=True), [midi("note", 1, v) for v in (1, 0)], 1.0),
]


@pytest.mark.parametrize(("binding", "events", "target"), FURTHER)
def test_encoders_and_latching_buttons(binding, events, target) -> None:
    controls = Controls([binding], {})
    play(controls, *events)
    assert controls.target(binding.parameter) == pytest.approx(target)


def test_a_latching_button_fires_a_trigger_each_time() -> None:
    controls = Controls([Binding("note 1", "panic", latching=True)], {})
    assert len(play(controls, midi("note", 1, 1.0), midi("note", 1, 0.0))) == 2


def test_a_binding_for_the_port_comes_before_one_for_any_port() -> None:
    anywhere, here = Binding("cc 16", "zoom"), Binding("cc 16", "psi", port="Pad")
    controls = Controls([anywhere, here], {})
    moved = [a for _ in range(2) for a in play(controls, cc(16, 0.5), cc(16, 0.6))]
    assert {name for name, _ in moved} == {"psi"}
    assert {name for name, _ in play(controls, *[cc(16, v, port="B") for v in (0, 1)])} == {"zoom"}


@pytest.mark.parametrize(
    ("event", "name", "target"),
    [
        (osc("/psi", 0.5), "psi", 0.5),
        (osc("/psi", 99), "psi", 1.5),
        (osc("/psi", "to", 0.25), "psi", 0.25),
        (osc("/psi", True), "psi", 1.0),
        (osc("/mirror", 1.7), "mirror", 2.0),
        (osc("/walk/speed", 2), "walk.speed", 2.0),
        (osc("/freeze", 0.5), "freeze", 1.0),
        (osc("/freeze", 0.4), "freeze", 0.0),
        (osc("/freeze"), "freeze", 1.0),
        (osc("/fine/1*", 2.0), "fine.16", 2.0),
    ],
)
def test_osc_moves_parameters_in_their_unit(event, name: str, target: float) -> None:
    controls = Controls([], {})
    assert controls.handle(event)
    assert controls.target(name) == target
    assert (controls.received["osc"], controls.refused["osc"]) == (1, 0)


@pytest.mark.parametrize(
    "event",
    [
        osc("/psi"),
        osc("/psi", "high"),
        osc("/psi", b"1"),
        osc("/psi", None),
        osc("/psi", math.nan),
        osc("/psi", math.inf, 1.0),
        osc("/psi", 10**400),
        osc("/freeze", "on"),
        osc("/panic", None),
        osc("/nothing", 1.0),
        osc("psi", 1.0),
        osc("", 1.0),
        osc("/" + "*a" * 200, 1.0),
        cc(16, math.nan),
        Refusal(0.0, "osc", "not OSC"),
    ],
)
def test_refusals_are_counted_and_change_nothing(event) -> None:
    controls = Controls([Binding("cc 16", "psi", takeover="none")], {})
    before = controls.advance(1.0)
    assert controls.handle(event) == []
    assert controls.refused == {event.source: 1}
    assert np.array_equal(controls.advance(1.0), before)


def test_a_button_release_over_osc_is_no_refusal() -> None:
    controls = Controls([], {})
    assert play(controls, osc("/next_seed", 1), osc("/next_seed", 0)) == [("next_seed", "trigger")]
    assert not controls.refused


def test_no_trigger_of_a_frame_is_dropped() -> None:
    controls = Controls([], {})
    assert controls.handle(osc("/scene/{1,3}")) == [
        Action("scene.1", "trigger"),
        Action("scene.3", "trigger"),
    ]
    assert len(play(controls, *[osc("/next_seed")] * 100)) == 100


def test_patterns_move_so_much_in_a_frame_and_no_more() -> None:
    controls = Controls([], {})
    spread = len(controls.find("/*/*"))
    assert spread > 50
    for _ in range(MAX_SPREAD // spread + 100):
        controls.handle(osc("/*/*", 0.0))
    assert controls.refused["osc"] == 100
    assert not controls.handle(osc("/*", 1.0)) and controls.handle(osc("/psi", 1.0))
    controls.advance(1 / 60)
    assert controls.handle(osc("/*", 0.5))


def test_default_keys_hold_unless_the_patch_binds_them() -> None:
    assert play(Controls([], {}), key("space"), key("1")) == [
        ("freeze", "toggle"),
        ("scene.1", "trigger"),
    ]
    bound = Controls([Binding("key space", "panic")], {})
    assert play(bound, key("space"), key("x")) == [("panic", "trigger")]


def test_the_middle_of_a_knob_is_the_middle_of_its_range_either_way() -> None:
    for ends in ((-3.0, 3.0), (3.0, -3.0)):
        binding = Binding("cc 16", "direction.1", range=ends, takeover="none")
        controls = Controls([binding], {"direction.1": 1.0})
        for position, value in ((0.0, ends[0]), (0.5, 0.0), (1.0, ends[1])):
            controls.handle(cc(16, position))
            assert controls.target("direction.1") == value


def test_a_binding_may_bend_its_own_curve() -> None:
    controls = Controls([Binding("cc 16", "psi", curve="square", takeover="none")], {})
    controls.handle(cc(16, 0.5))
    assert controls.target("psi") == pytest.approx(0.25 * 1.5)


def test_channel_and_port_narrow_a_binding() -> None:
    binding = Binding("cc 16", "psi", channel=2, port="nanokontrol", takeover="none")
    controls = Controls([binding], {})
    assert not controls.handle(cc(16, 1.0, channel=1, port="nanoKONTROL2"))
    assert not controls.handle(cc(16, 1.0, channel=2, port="LPD8"))
    assert controls.handle(cc(16, 1.0, channel=2, port="nanoKONTROL2 CTRL"))


KNOB = Binding("cc 16", "direction.1", range=(-3.0, 3.0))


def held() -> Controls:
    """Controls whose knob 16 has taken over and stands at 0.6."""
    controls = Controls([KNOB], {})
    for position in (0.4, 0.5, 0.6):
        controls.handle(cc(16, position))
    assert controls.target("direction.1") == pytest.approx(0.6)
    return controls


def elsewhere_by_osc(controls: Controls) -> None:
    controls.handle(osc("/direction/1", 2.4))


def elsewhere_by_scene(controls: Controls) -> None:
    controls.set("direction.1", 2.4)


def elsewhere_by_reset(controls: Controls) -> None:
    controls.reset()


def elsewhere_by_unplugging(controls: Controls) -> None:
    controls.handle(PortEvent(0.0, "Pad", False))


@pytest.mark.parametrize(
    "move",
    [elsewhere_by_osc, elsewhere_by_scene, elsewhere_by_reset, elsewhere_by_unplugging],
)
def test_a_knob_picks_up_again(move) -> None:
    controls = held()
    move(controls)
    target = controls.target("direction.1")
    assert not controls.handle(cc(16, 0.62))
    assert controls.target("direction.1") == target
    position = 0.5 + target / 6.0
    controls.handle(cc(16, position))
    controls.handle(cc(16, 0.7))
    assert controls.target("direction.1") == pytest.approx(1.2)


def test_each_physical_control_takes_over_for_itself() -> None:
    controls = held()
    assert not controls.handle(cc(16, 0.1, channel=2))
    assert not controls.handle(cc(16, 0.2, port="Other"))
    assert controls.handle(cc(16, 0.65))


def test_profiles_fill_in_what_the_patch_does_not_bind() -> None:
    profile = [Binding("cc 16", "psi"), Binding("cc 17", "psi"), Binding("note 1", "next_seed")]
    controls = Controls([KNOB], {})
    for _ in range(3):
        controls.add_profile(profile, "Pad")
    start = controls.target("psi")
    play(controls, cc(16, 0.0), cc(16, 1.0))
    assert controls.target("psi") == start
    play(controls, cc(17, 0.0), cc(17, 1.0))
    assert controls.target("psi") == 1.5
    assert play(controls, midi("note", 1, 1.0)) == [("next_seed", "trigger")]
    assert not controls.handle(midi("note", 1, 1.0, port="Other"))


def test_plugging_in_again_keeps_a_held_knob_of_a_known_profile() -> None:
    controls = Controls([], {})
    controls.add_profile([KNOB], "Pad")
    play(controls, cc(16, 0.4), cc(16, 0.6))
    controls.add_profile([KNOB], "Pad")
    assert controls.handle(cc(16, 0.9))


def test_panic_goes_back_along_the_slew() -> None:
    controls = Controls([], {"psi": 0.5, "freeze": 1.0})
    controls.handle(osc("/psi", 1.5))
    controls.handle(osc("/freeze", 0))
    controls.advance(10.0)
    controls.reset()
    assert (controls.target("psi"), controls.target("freeze")) == (0.5, 1.0)
    assert controls.values[INDEX["psi"]] == pytest.approx(1.5)
    assert 0.5 < controls.advance(0.05)[INDEX["psi"]] < 1.5
    assert controls.advance(10.0)[INDEX["psi"]] == pytest.approx(0.5)


@given(st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_slew_in_two_steps_is_slew_in_one(first_s: float, second_s: float) -> None:
    bindings = [Binding("osc /x", "psi", slew_s=0.7)]
    one, two = Controls(bindings, {}), Controls(bindings, {})
    for controls in (one, two):
        play(controls, osc("/x", 1.0), osc("/hue", 90), osc("/seed", 5), osc("/blackout"))
    two.advance(first_s)
    assert two.advance(second_s) == pytest.approx(one.advance(first_s + second_s), abs=1e-9)


def test_slew_is_exponential_and_a_binding_replaces_it() -> None:
    controls = Controls([Binding("osc /x", "seed_mix", slew_s=2.0)], {})
    controls.handle(osc("/x", 1.0))
    assert controls.advance(2.0)[INDEX["seed_mix"]] == pytest.approx(1.0 - math.exp(-1.0))
    controls.handle(osc("/seed_mix", 0.0))
    assert controls.advance(1.0)[INDEX["seed_mix"]] < 1e-6
    controls.handle(osc("/seed", 7))
    assert controls.advance(0.0)[INDEX["seed"]] == 7.0


def test_set_clamps_and_ignores_what_has_no_value() -> None:
    controls = Controls([], {})
    for name, value in (("psi", 9.0), ("freeze", 0.7), ("zoom", math.nan), ("panic", 1.0)):
        controls.set(name, value)
    targets = [controls.target(name) for name in ("psi", "freeze", "zoom", "panic")]
    assert targets == [1.5, 1.0, 1.0, 0.0]


SOURCES = ["cc 1", "cc14 1", "note 1", "bend", "pressure", "poly 1", "program", "osc /x", "key a"]
PLAYED = ["psi", "mirror", "freeze", "panic", "walk.speed", "direction.1"]
BINDINGS = [Binding(source, parameter) for source in SOURCES for parameter in PLAYED]
BINDINGS += [Binding("cc 1", "psi", relative=encoding) for encoding in ENCODINGS]
BINDINGS += [Binding("note 1", name, latching=True) for name in PLAYED]
BINDINGS += [Binding("cc 2", name, takeover="scale") for name in PLAYED if name[0] in "pwd"]
NUMBERS = st.floats() | st.integers() | st.just(10**400)
ADDRESSES = st.sampled_from(["/x", "/*", "/*/1", "/{psi,x}", *BY_ADDRESS]) | st.text(max_size=30)
EVENTS = st.one_of(
    st.builds(
        MidiEvent,
        time_s=st.floats(),
        port=st.sampled_from(["Pad", "Other"]) | st.text(max_size=5),
        kind=st.sampled_from(["cc", "cc14", "note", "bend", "pressure", "poly", "program"]),
        channel=st.integers(1, 2) | st.integers(),
        number=st.integers(0, 2) | st.integers(),
        value=st.floats(0.0, 1.0) | st.floats(),
    ),
    st.builds(
        OscEvent,
        time_s=st.floats(),
        address=ADDRESSES,
        args=st.lists(
            NUMBERS | st.booleans() | st.text(max_size=3) | st.binary(max_size=3) | st.none(),
            max_size=2,
        ).map(tuple),
    ),
    st.builds(KeyEvent, st.floats(), st.sampled_from("abnp1") | st.text(max_size=3), st.booleans()),
    st.builds(PortEvent, st.floats(), st.sampled_from(["Pad", "Other"]), st.booleans()),
    st.builds(Refusal, st.floats(), st.text(max_size=3), st.text(max_size=3)),
)


@given(st.lists(st.tuples(EVENTS, st.floats(0.0, 2.0)), max_size=25))
def test_any_events_leave_every_parameter_finite_and_in_range(steps) -> None:
    controls = Controls(BINDINGS, {"psi": 0.3})
    for event, dt_s in steps:
        controls.handle(event)
        values = controls.advance(dt_s)
        assert values.dtype == np.float64
        for parameter, value in zip(TABLE, values, strict=True):
            low, high = parameter.minimum, parameter.maximum
            assert (0.0 if parameter.kind == "trigger" else low) <= value <= high
            assert parameter.kind != "trigger" or value == 0.0
    assert controls.received.total() == len(steps)


@given(st.lists(st.tuples(st.booleans(), st.floats(0.0, 1.0)), min_size=1, max_size=30))
def test_a_knob_never_jumps_further_than_its_own_move(steps) -> None:
    controls = Controls([KNOB], {})
    last = None
    for by_hand, position in steps:
        before = controls.target("direction.1")
        if not by_hand:
            controls.set("direction.1", position * 6.0 - 3.0)
            continue
        moved = bool(controls.handle(cc(16, position)))
        assert not moved or last is not None
        if moved and last is not None:
            jump = abs(controls.target("direction.1") - before) / 6.0
            assert jump <= max(THRESHOLD, abs(position - last)) + 1e-9
        last = position


def page(parameter: str, value: float | None = None) -> PageEvent:
    return PageEvent(0.0, parameter, value)


def test_a_touch_on_the_page_is_in_the_parameters_unit_whatever_is_bound() -> None:
    bound = Binding(source="osc /zoom", parameter="hue")
    controls = Controls([bound], {})
    assert play(controls, page(VALUE, 3.0), page(TOGGLE), page(TRIGGER)) == [
        (VALUE, "value"),
        (TOGGLE, "toggle"),
        (TRIGGER, "trigger"),
    ]
    assert (controls.target(VALUE), controls.target(TOGGLE), controls.target("hue")) == (3, 1, 0)
    play(controls, page(VALUE, 1e9), page(TOGGLE, 0.0))
    assert (controls.target(VALUE), controls.target(TOGGLE)) == (4, 0)


@pytest.mark.parametrize(
    "event", [page("nowhere", 1.0), page(VALUE), page(VALUE, math.nan), page(TOGGLE, math.inf)]
)
def test_a_touch_that_means_nothing_is_refused(event: PageEvent) -> None:
    controls = Controls([], {})
    assert play(controls, event) == [] and controls.refused == {"page": 1}
