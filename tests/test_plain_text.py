"""What strangers wrote does nothing to a terminal or a log but stand there."""

import logging

import pytest

from performer import cli
from performer.patch import PatchError
from performer.plain_text import PlainFormatter


def test_a_log_line_is_plain_and_keeps_its_lines() -> None:
    record = logging.LogRecord("x", logging.INFO, "", 0, "one %s\ntwo", ("\x1b[2J",), None)
    assert PlainFormatter("%(levelname)s %(message)s").format(record) == "INFO one ?[2J\ntwo"


def test_the_error_that_ends_a_command_is_plain(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise PatchError("a.toml:1: \x1b]0;mine\x07: is unknown")

    monkeypatch.setattr(cli, "app", fail)
    with pytest.raises(SystemExit):
        cli.main()
    assert "a.toml:1: ?]0;mine?: is unknown" in capsys.readouterr().err
