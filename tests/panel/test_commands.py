"""What a page sends: only commands of the table pass, whatever the bytes."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from performer.panel.commands import MAX_BYTES, Command, CommandError, decode, encode


def test_values_and_presses_pass() -> None:
    command = decode('{"set": {"hue": 90, "psi": 0.5}, "press": ["panic", "blackout"]}')
    assert command == Command({"hue": 90.0, "psi": 0.5}, ["panic", "blackout"])
    assert decode(encode(command)) == command
    assert encode(Command({"hue": 1.0})) == b'{"set":{"hue":1.0}}'


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        '{"set": {"hue": "90"}}',
        '{"set": {"hue": null}}',
        '{"set": {"hue": NaN}}',
        '{"set": {"hue": 1e999}}',
        '{"set": {"nowhere": 1}}',
        '{"press": ["__class__"]}',
        '{"press": ["hue"]}',
        '{"do": "quit"}',
        "[" * MAX_BYTES,
        json.dumps({"set": {"hue": 1}, "press": ["panic"] * MAX_BYTES}),
        json.dumps({"press": ["panic"] * 400}),
    ],
)
def test_all_else_is_refused(text: str) -> None:
    with pytest.raises(CommandError):
        decode(text)


@given(st.binary(max_size=64) | st.recursive(
    st.none() | st.floats() | st.text(max_size=8) | st.sampled_from(["set", "press", "hue"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["set", "press", "hue", "panic"]), inner, max_size=3),
).map(lambda tree: json.dumps(tree).encode()))  # fmt: skip
def test_no_bytes_do_harm(text: bytes) -> None:
    try:
        assert isinstance(decode(text), Command)
    except CommandError:
        pass
