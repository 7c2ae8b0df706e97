"""Edits of a TOML text, byte for byte, and that they read back as what was asked for."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from performer.toml_edit import append_entry, literal, remove_entry, set_key

TEXT = """\
# My show.
version = 1

# Faders first.
[[bindings]]  # the left one
source = "cc 1"    # worn out
range = [
    0.0,  # low
    1.0,
]  # whole

[[modulators]]
rate_hz = 1

[[bindings]]
source='cc 2'
# Pads next time.

[scenes.1]
"""


def test_an_entry_goes_behind_the_last_of_its_kind() -> None:
    added = '\n[[bindings]]\nsource = "cc 3"\nrange = [0.5, 1.0]\nlatching = true\n'
    place = TEXT.index("# Pads")
    assert append_entry(
        TEXT, "bindings", {"source": "cc 3", "range": (0.5, 1.0), "latching": True}
    ) == (TEXT[:place] + added + TEXT[place:])


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("", "[[a]]\nx = 1\n"),
        ("y = 2", "y = 2\n\n[[a]]\nx = 1\n"),
        ("y = 2\n", "y = 2\n\n[[a]]\nx = 1\n"),
        ("[[a]]\nx = 0", "[[a]]\nx = 0\n\n[[a]]\nx = 1\n"),
        ("[[a]]", "[[a]]\n\n[[a]]\nx = 1\n"),
        ("[[a]]\r\nx = 0\r\n[b]\r\n", "[[a]]\r\nx = 0\r\n\r\n[[a]]\r\nx = 1\r\n[b]\r\n"),
        ("[[a]]\n[a.b]\nc = 1\n[d]\n", "[[a]]\n[a.b]\nc = 1\n\n[[a]]\nx = 1\n[d]\n"),
    ],
)
def test_the_first_entry_and_the_ends_of_files(text: str, after: str) -> None:
    assert append_entry(text, "a", {"x": 1}) == after


@pytest.mark.parametrize(
    ("number", "key", "value", "old", "new"),
    [
        (1, "source", "cc 9", '"cc 1"    # worn', '"cc 9"    # worn'),
        (1, "range", (1.0, 0.5), "[\n    0.0,  # low\n    1.0,\n]  # whole", "[1.0, 0.5]  # whole"),
        (1, "range", None, "range = [\n    0.0,  # low\n    1.0,\n]  # whole\n", ""),
        (1, "curve", "root", "]  # whole\n", ']  # whole\ncurve = "root"\n'),
        (1, "curve", None, "", ""),
        (2, "source", "cc 9", "'cc 2'", '"cc 9"'),
        (2, "channel", 3, "source='cc 2'\n", "source='cc 2'\nchannel = 3\n"),
    ],
)
def test_a_key_is_set_where_it_stands(number, key, value, old: str, new: str) -> None:
    assert set_key(TEXT, "bindings", number, key, value) == TEXT.replace(old, new, 1)


def test_an_entry_is_taken_out_with_its_lines_alone() -> None:
    begin, end = TEXT.index("[[bindings]]"), TEXT.index("[[modulators]]")
    assert remove_entry(TEXT, "bindings", 1) == TEXT[:begin] + TEXT[end:]
    assert remove_entry(TEXT, "bindings", 2) == TEXT.replace("[[bindings]]\nsource='cc 2'\n", "")


@pytest.mark.parametrize("text", ["y = 2\n", "[[a]]\nx = 0\n", TEXT])
def test_what_was_added_and_taken_out_leaves_no_trace(text: str) -> None:
    name = "bindings" if text is TEXT else "a"
    count = text.count(f"[[{name}]]")
    added = append_entry(text, name, {"x": 1})
    assert remove_entry(added, name, count + 1).split() == text.split()
    assert text is TEXT or remove_entry(added, name, count + 1) == text


def test_what_is_no_table_of_its_own_is_refused() -> None:
    for text in ("bindings = [{ source = 'cc 1' }]\n", "", "[[bindings]]\n"):
        with pytest.raises(KeyError):
            set_key(text, "bindings", 2, "source", "x")


VALUES = st.text() | st.booleans() | st.integers() | st.floats(allow_nan=False)


@given(st.dictionaries(st.sampled_from("abc"), VALUES | st.tuples(VALUES, VALUES), min_size=1))
def test_what_is_appended_reads_back(values: dict[str, object]) -> None:
    entries = tomllib.loads(append_entry(TEXT, "bindings", values))["bindings"]
    assert {k: tuple(v) if isinstance(v, list) else v for k, v in entries[2].items()} == values
    assert entries[:2] == tomllib.loads(TEXT)["bindings"]


def test_a_large_or_endless_number_is_toml() -> None:
    assert tomllib.loads(f"x = {literal((1e300, float('-inf')))}")["x"] == [1e300, float("-inf")]
