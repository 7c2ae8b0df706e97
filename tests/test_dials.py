"""Dials: which knob of a plugged-in controller takes which direction of the model."""

from performer.dials import dials
from performer.schema import Binding, Controller

KNOBS = {f"knob_{i}": f"cc {i}" for i in range(1, 5)}
PAD = Controller("Pad", ("Pad",), (), KNOBS, tuple(KNOBS))


def assigned(*bindings: Binding, pad: Controller = PAD) -> dict[str, str]:
    return {b.source: b.parameter for b in dials(pad, "Pad MIDI 1", bindings)}


def test_the_knobs_take_the_directions_in_order() -> None:
    assert assigned() == {f"cc {i}": f"direction.{i}" for i in range(1, 5)}


def test_a_knob_that_the_patch_binds_is_passed_over() -> None:
    assert assigned(Binding("cc 1", "psi"), Binding("note 2", "panic")) == {
        "cc 2": "direction.1", "cc 3": "direction.2", "cc 4": "direction.3",
    }  # fmt: skip


def test_a_direction_that_a_knob_here_has_is_not_given_twice() -> None:
    assert assigned(Binding("cc 3", "direction.1"), Binding("cc 99", "direction.2")) == {
        "cc 1": "direction.2", "cc 2": "direction.3", "cc 4": "direction.4",
    }  # fmt: skip


def test_learning_one_knob_leaves_its_neighbours_where_they_are() -> None:
    assert assigned(Binding("cc 2", "psi", channel=1, port="pad")) == {
        "cc 1": "direction.1", "cc 3": "direction.3", "cc 4": "direction.4",
    }  # fmt: skip


def test_what_the_device_binds_itself_is_no_dial_and_other_ports_do_not_count() -> None:
    own = Controller("Pad", ("Pad",), (Binding("cc 1", "psi"),), KNOBS, tuple(KNOBS))
    elsewhere = Binding("cc 2", "hue", port="Other")
    assert assigned(elsewhere, pad=own) == {
        "cc 2": "direction.1", "cc 3": "direction.2", "cc 4": "direction.3",
    }  # fmt: skip


def test_a_desk_of_many_knobs_ends_with_the_last_direction() -> None:
    names = {f"knob_{i}": f"cc {i}" for i in range(1, 41)}
    desk = Controller("Desk", ("Pad",), (), names, tuple(names))
    assert len(assigned(pad=desk)) == 16
