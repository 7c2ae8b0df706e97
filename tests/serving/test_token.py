"""The token that a served show keeps: whole, its owner's alone, and in no black box."""

import logging
from pathlib import Path

import pytest

from performer.panel.guard import new_token
from performer.panel.opening import as_text
from performer.serving.boxes import LogEnd
from performer.serving.token import kept_token


def test_it_stays_what_it_was(tmp_path: Path) -> None:
    path = tmp_path / "state" / "hall-0.token"
    token = kept_token(path, new_token)
    assert path.stat().st_mode & 0o777 == 0o600
    assert kept_token(path, new_token) == token
    path.unlink()
    assert kept_token(path, new_token) != token


@pytest.mark.parametrize(
    "data", [b"", b"short", b"a" * 5000, b"../../../../../etc/passwd", b"\xff" * 24]
)
def test_what_is_no_token_is_left_for_a_new_one(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.token"
    path.write_bytes(data)
    path.chmod(0o600)
    token = kept_token(path, new_token)
    assert path.read_text() == token != data.decode("latin-1")


def test_one_that_others_could_read_is_left_too(tmp_path: Path) -> None:
    path = tmp_path / "a.token"
    token = kept_token(path, new_token)
    path.chmod(0o644)
    assert kept_token(path, new_token) != token
    assert path.stat().st_mode & 0o777 == 0o600


def test_where_it_cannot_be_kept_it_is_new_and_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    assert len(kept_token(tmp_path / "file" / "a.token", new_token)) == 24
    assert "cannot be saved" in caplog.text


def test_a_black_box_which_is_passed_on_does_not_tell_it() -> None:
    end, url = LogEnd(), f"http://192.168.1.9:8000/?token={new_token()}"
    for line in (f"instrument: Page at {url}", *as_text(url).splitlines(), "instrument: Playing"):
        end.handle(logging.LogRecord("x", logging.INFO, "x", 1, line, None, None))
    told = [line.partition(" ")[2].strip() for line in end.lines]
    assert [line for line in told if line] == ["instrument: Playing"]
