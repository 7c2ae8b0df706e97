"""The take on the disk: whole, also when the disk is not."""

import logging
import resource
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from performer.events import KeyEvent, OscEvent, PortEvent, RestoreEvent
from performer.outputs import take_file, take_writer
from performer.outputs.take_file import TakeFile
from performer.takes import Head, Take, TakeError

HEAD = Head("a.toml", "version = 1", {}, "starter", "", False, None, True, "CPU", "0", "2")
IMAGE = np.zeros((2, 2, 3), dtype=np.uint8)


def stands(now_s: float) -> RestoreEvent:
    return RestoreEvent(now_s, (), 0.5, 0, 0.0, 0.0, (), 0.0, 0.0, 120.0, ())


def until(predicate: Callable[[], object]) -> None:
    deadline_s = time.monotonic() + 10.0
    while not predicate():
        assert time.monotonic() < deadline_s
        time.sleep(0.01)


def give(take: TakeFile, first: int, last: int, on: bool = True, every_s: float = 1.0) -> None:
    for number in range(first, last):
        event = OscEvent(number * every_s, "/psi", (number * 0.1234567,))
        take.frame(on, number * every_s, [event], IMAGE)


@pytest.fixture
def small_disk() -> Iterator[Callable[[int], None]]:
    """Lets files grow to so many bytes only; what is over that fails, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield lambda size: resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def never() -> Path:
    raise AssertionError("it has a name")


def test_what_is_given_is_in_the_file_at_once_and_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "show.take"
    take = TakeFile(lambda: HEAD, path, never, tmp_path, stands)
    take.start()
    give(take, 0, 10)
    until(lambda: path.stat().st_size > 300 and len(list(Take(path).moments())) == 10)
    give(take, 10, 12)
    take.close()
    moments = list(Take(path).moments())
    assert [moment.now_s for moment in moments] == list(range(12))
    assert moments[-1].events == (OscEvent(11.0, "/psi", (11 * 0.1234567,)),)


def test_switched_on_late_it_holds_the_show_from_its_start(tmp_path: Path) -> None:
    path = tmp_path / "late.take"
    take = TakeFile(lambda: HEAD, None, lambda: path, tmp_path, stands)
    take.start()
    give(take, 0, 5, on=False)
    time.sleep(0.6)
    assert not path.exists() and take.lamp == ""
    give(take, 5, 66)
    assert take.lamp == "TAKE 1:00"
    give(take, 66, 90, on=False)
    assert take.lamp == ""
    give(take, 90, 92)
    assert take.lamp == "TAKE 1:02"
    take.close()
    assert len(list(Take(path).moments())) == 92


def test_what_is_not_wanted_yet_waits_on_the_disk(
    tmp_path: Path, small_disk: Callable[[int], None], caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "late.take"
    take = TakeFile(lambda: HEAD, None, lambda: path, tmp_path, stands)
    take.start()
    give(take, 0, 20, on=False, every_s=0.01)
    until(lambda: take._writer.written > 300 and not take._writer._kept)
    small_disk(take._writer.written + 10)
    give(take, 20, 40, on=False, every_s=0.01)
    until(lambda: take._writer._kept)
    assert not caplog.records and list(tmp_path.iterdir()) == []
    small_disk(take._writer.written - 100)
    give(take, 40, 60, every_s=0.01)
    until(lambda: take.trouble)
    assert not path.exists()
    small_disk(resource.RLIM_INFINITY)
    until(lambda: not take.trouble)
    take.close()
    assert len(list(Take(path).moments())) == 60


def test_where_nothing_can_wait_on_the_disk_it_waits_in_memory(tmp_path: Path) -> None:
    path, no_folder = tmp_path / "late.take", tmp_path / "file"
    no_folder.write_text("")
    take = TakeFile(lambda: HEAD, None, lambda: path, no_folder, stands)
    take.start()
    give(take, 0, 20, on=False)
    until(lambda: len(take._writer._kept) > 1)
    give(take, 20, 40)
    take.close()
    assert len(list(Take(path).moments())) == 40


@pytest.mark.parametrize(
    "module, name, limit",
    [
        (take_writer, "SPOOLED_MAXIMUM", 400),
        (take_writer, "KEPT_MAXIMUM", 20_000),
        (take_file, "SPOOLED_S", 300.0),
    ],
)
def test_a_show_of_days_begins_anew_from_where_all_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: object, name: str, limit: float
) -> None:
    path, spool = tmp_path / "late.take", tmp_path / "spool"
    if name == "KEPT_MAXIMUM":
        spool.write_text("")  # no folder: it waits in memory
    monkeypatch.setattr(module, name, limit)
    take = TakeFile(lambda: HEAD, None, lambda: path, spool, stands)
    take.start()
    take.frame(False, 0.0, [PortEvent(0.0, "nanoKONTROL2", True)], IMAGE)
    for first in (1, 500, 1000):
        give(take, first, first + 400, on=False)
        until(lambda: not take._waiting)
        give(take, first + 400, first + 500, on=False)
    time.sleep(0.6)
    give(take, 1500, 1600)
    assert not take.trouble and take.lamp == "TAKE 1:39"
    take.close()
    first, *rest = Take(path).moments()
    assert first.events == (PortEvent(0.0, "nanoKONTROL2", True), stands(first.now_s))
    assert [moment.now_s for moment in rest] == [*range(round(first.now_s) + 1, 1600)]
    assert 400 <= first.now_s < 1500


def test_a_take_of_many_days_is_several(tmp_path: Path) -> None:
    paths = [tmp_path / f"{name}.take" for name in ("long", "long-2", "long-3")]
    names = iter(paths[1:])
    take = TakeFile(lambda: HEAD, paths[0], lambda: next(names), tmp_path, stands)
    take.start()
    give(take, 0, 70, every_s=5 * 3600.0)
    assert take.lamp.startswith("TAKE ") and not take.trouble
    take.close()
    first, second, third = (list(Take(path).moments()) for path in paths)
    assert second[0].events == (stands(second[0].now_s),) == (stands(first[-1].now_s),)
    assert third[0].events == (stands(third[0].now_s),) == (stands(second[-1].now_s),)
    times = [moment.now_s for moment in (*first, *second[1:], *third[1:])]
    assert times == [number * 5 * 3600.0 for number in range(70)]


def test_a_show_that_never_records_leaves_nothing(tmp_path: Path) -> None:
    take = TakeFile(lambda: HEAD, None, never, tmp_path, stands)
    take.start()
    give(take, 0, 5, on=False)
    take.close()
    early = TakeFile(lambda: HEAD, tmp_path / "a.take", never, tmp_path, stands)
    early.start()
    early.close()  # as when the window cannot open
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_one_line_and_the_take_is_whole_when_it_has_room(
    tmp_path: Path, small_disk: Callable[[int], None], caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "show.take"
    take = TakeFile(lambda: HEAD, path, never, tmp_path, stands)
    take.start()
    give(take, 0, 20, every_s=0.01)
    until(lambda: path.stat().st_size > 300)
    small_disk(path.stat().st_size + 10)
    with caplog.at_level(logging.WARNING):
        give(take, 20, 40, every_s=0.01)
        until(lambda: take.trouble)
        give(take, 40, 60, every_s=0.01)
        time.sleep(0.6)
    assert take.trouble == "File too large" and len(caplog.records) == 1
    assert len(list(Take(path).moments())) == 20
    small_disk(resource.RLIM_INFINITY)
    until(lambda: not take.trouble)
    take.close()
    assert len(list(Take(path).moments())) == 60


def test_a_head_that_fails_costs_the_take_and_not_the_show(tmp_path: Path) -> None:
    def fail() -> Head:
        raise OSError("the model is gone")

    take = TakeFile(fail, tmp_path / "show.take", never, tmp_path, stands)
    take.start()
    give(take, 0, 3)
    until(lambda: take.trouble)
    give(take, 3, 6)
    assert "the model is gone" in take.trouble and take.lamp == "TAKE LOST"
    take.close()


def test_it_is_never_written_over(tmp_path: Path) -> None:
    path = tmp_path / "show.take"
    path.write_text("precious")
    with pytest.raises(TakeError, match="never overwritten"):
        TakeFile(lambda: HEAD, path, never, tmp_path, stands)
    with pytest.raises(TakeError, match="No such file"):
        TakeFile(lambda: HEAD, tmp_path / "no" / "show.take", never, tmp_path, stands)
    assert path.read_text() == "precious"


def test_events_that_cannot_be_written_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "show.take"
    take = TakeFile(lambda: HEAD, path, never, tmp_path, stands)
    take.start()
    events = [OscEvent(0.0, "/psi", (10**100,)), KeyEvent(0.0, "n", True)]
    take.frame(True, 0.0, events, IMAGE)
    take.close()
    assert [moment.events for moment in Take(path).moments()] == [(events[1],)]
