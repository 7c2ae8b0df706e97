"""A state in its file: whole or none, whatever lies there."""

import logging
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from performer.events import RestoreEvent
from performer.serving.state import (
    SIZE_MAXIMUM,
    VERSION,
    State,
    StateWriter,
    decode,
    read_state,
    write_whole,
)

STANDS = RestoreEvent(
    1.0, (("psi", 0.5, 0.7),), 12.5, 1, 2.0, 4.0, (0.25,), 16.0, 16.0, 120.0, (("hue", b"12"),)
)
STATE = State(VERSION, "a.toml", "version = 1", STANDS)
WHOLE = msgspec.msgpack.encode(STATE)


def test_it_comes_back_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "a.state"
    writer = StateWriter(path)
    writer.put(STATE)
    writer.close()
    assert read_state(path) == STATE
    assert [file.name for file in tmp_path.iterdir()] == ["a.state"]


def test_there_is_none(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert read_state(tmp_path / "a.state") is None
    assert not caplog.records


def test_a_folder_that_went_does_not_stop_the_writer(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    writer = StateWriter(tmp_path / "gone" / "a.state")
    writer.put(STATE)
    writer.close()
    assert "cannot be saved" in caplog.text


def test_what_is_damaged_is_refused_in_one_line(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "a.state"
    for data in (WHOLE[:-3], b"", WHOLE.replace(b"psi", b"\xff\xff\xff")):
        caplog.clear()
        write_whole(path, data, lasting=True)
        assert read_state(path) is None
        assert len(caplog.records) == 1 and "from the beginning" in caplog.text
    other = msgspec.msgpack.encode(State(VERSION + 1, "", "", STANDS))
    assert decode(other, path) is None and "another version" in caplog.text
    assert decode(bytes(SIZE_MAXIMUM + 1), path) is None and "too large" in caplog.text


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300), st.integers(0, len(WHOLE)))
@example(b"\x91" * 5000, 0)
def test_no_bytes_do_harm(data: bytes, cut: int) -> None:
    logging.disable()
    try:
        for bytes_given in (data, WHOLE[:cut] + data, data + WHOLE[cut:]):
            found = decode(bytes_given, Path("a.state"))
            assert found is None or isinstance(found.stands, RestoreEvent)
    finally:
        logging.disable(logging.NOTSET)
