"""The journal: what parts say is written down, and no flood fills the disk."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from performer.serving import journal
from performer.serving.journal import LINES, PERIOD_S, LineLimit, note_lines, open_journal


@pytest.fixture
def root() -> Iterator[logging.Logger]:
    logger = logging.getLogger()
    before, level = list(logger.handlers), logger.level
    yield logger
    for handler in set(logger.handlers) - set(before):
        logger.removeHandler(handler)
        handler.close()
    logger.setLevel(level)


def test_a_flood_is_counted_and_a_new_period_speaks_again() -> None:
    limit = LineLimit(0.0)
    assert sum(limit.allows(1.0) for _ in range(LINES + 50)) == LINES
    assert limit.allows(PERIOD_S + 1.0)
    assert limit.left_out() == 50 and limit.left_out() == 0


def test_the_file_never_grows_large(
    tmp_path: Path, root: logging.Logger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "FILE_BYTES", 2000)
    open_journal(tmp_path / "deep" / "a.log")
    root.setLevel(logging.INFO)
    for number in range(2000):
        logging.getLogger("performer.test").info("line %d", number)
    files = sorted((tmp_path / "deep").iterdir())
    assert 2 <= len(files) <= journal.FILES + 1
    assert sum(file.stat().st_size for file in files) < 2100 * (journal.FILES + 1)
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    assert "line 1999" in (tmp_path / "deep" / "a.log").read_text()


def test_where_no_file_can_be_it_goes_on(tmp_path: Path, root: logging.Logger) -> None:
    (tmp_path / "file").write_text("")
    before = list(root.handlers)
    open_journal(tmp_path / "file" / "a.log")
    assert not [h for h in root.handlers if h not in before and hasattr(h, "baseFilename")]


def test_what_a_part_says_is_written_down(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    said = tmp_path / "said"
    said.write_bytes(b"hello\n\xff\n" + b"x" * 5000 + b"\n" + b"again\n" * (2 * LINES))
    with caplog.at_level(logging.INFO):
        note_lines("part", said.open("rb")).join(10)
    assert caplog.messages[0] == "part: hello"
    assert len(caplog.records) == LINES
    assert max(len(message) for message in caplog.messages) < 2100
