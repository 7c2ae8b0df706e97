"""Learnt bindings in a patch's file: its comments stay, and it reads back as what is played."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from performer.patch import load_patch, parse_patch
from performer.patch_edit import Edit, with_edits
from performer.paths import PATCHES
from performer.schema import Binding
from performer.toml_files import PatchError

HERE = Path("mine.toml")
BEFORE = """\
version = 1
name = "Mine"  # for Friday

# The big wheel.
[[bindings]]
source = "cc 1"
parameter = "psi"   # carefully
range = [0.2, 1]

# Pads.
[[bindings]]
source = "note 36"
parameter = "scene.1"

# Motion.
[[modulators]]
shape = "sine"
parameter = "hue"
rate_hz = 0.1
depth = 0.2
"""
AFTER = """\
version = 1
name = "Mine"  # for Friday

# The big wheel.
[[bindings]]
source = "cc 1"
parameter = "psi"   # carefully
range = [0.4, 0.9]
curve = "square"

# Pads.
[[bindings]]
source = "cc 21"
parameter = "hue"
channel = 1
port = "nanoKONTROL2"
relative = "twos"

# Motion.
[[modulators]]
shape = "sine"
parameter = "hue"
rate_hz = 0.1
depth = 0.2
"""
WHEEL, PAD = parse_patch(BEFORE, HERE).bindings
SHAPED = Binding("cc 1", "psi", range=(0.4, 0.9), curve="square")
LEARNT = Binding("cc 21", "hue", channel=1, port="nanoKONTROL2", relative="twos")


def test_the_text_keeps_its_comments_and_layout() -> None:
    edits = [Edit(WHEEL, SHAPED), Edit(None, LEARNT), Edit(PAD, None)]
    assert with_edits(BEFORE, HERE, edits) == AFTER
    assert parse_patch(AFTER, HERE).bindings == (SHAPED, LEARNT)


def test_what_was_edited_by_hand_meanwhile_stays() -> None:
    meanwhile = BEFORE.replace("note 36", "note 40").replace("Friday", "Sunday")
    text = with_edits(meanwhile, HERE, [Edit(PAD, None), Edit(PAD, LEARNT)])
    assert "Sunday" in text
    assert [b.source for b in parse_patch(text, HERE).bindings] == ["cc 1", "note 40", "cc 21"]


@pytest.mark.parametrize("edit", [Edit(WHEEL, SHAPED), Edit(WHEEL, None), Edit(None, LEARNT)])
def test_bindings_in_one_array_are_left_alone_with_a_sentence(edit: Edit) -> None:
    text = 'version = 1\nname = ""\nbindings = [{source="cc 1",parameter="psi",range=[0.2,1]}]\n'
    with pytest.raises(PatchError, match="only where each is written"):
        with_edits(text, HERE, [edit])


def test_a_file_that_is_broken_meanwhile_is_not_touched() -> None:
    with pytest.raises(PatchError, match="mine.toml:1"):
        with_edits("version = ", HERE, [Edit(None, LEARNT)])


BINDINGS = st.builds(
    Binding,
    st.sampled_from(["cc 1", "cc 2", "note 3", "osc /a"]),
    st.sampled_from(["psi", "hue"]),
    range=st.none() | st.tuples(st.floats(0.0, 0.5), st.floats(0.6, 1.0)),
    curve=st.none() | st.sampled_from(["square", "linear"]),
    slew_s=st.none() | st.floats(0.0, 9.0),
)


@settings(deadline=None, max_examples=50)
@given(st.data())
def test_any_edits_of_a_shipped_patch_read_back_equal(data: st.DataObject) -> None:
    file = data.draw(st.sampled_from(sorted(PATCHES.glob("*.toml"))))
    text, patch = file.read_text(), load_patch(file)
    bindings = list(patch.bindings)
    for _ in range(data.draw(st.integers(1, 4))):
        after = data.draw(BINDINGS | st.none() if bindings else BINDINGS)
        i = data.draw(st.integers(0, len(bindings) if after else len(bindings) - 1))
        before = bindings[i] if i < len(bindings) else None
        if before is not None:
            i = bindings.index(before)
        bindings[i : i + 1] = [after] if after else []
        text = with_edits(text, file, [Edit(before, after)])
    again = parse_patch(text, file)
    assert list(again.bindings) == bindings
    assert (again.start, again.modulators, again.scenes) == (
        patch.start, patch.modulators, patch.scenes,
    )  # fmt: skip
    comments = [line for line in file.read_text().splitlines() if line.startswith("#")]
    assert [line for line in text.splitlines() if line.startswith("#")] == comments
