"""Following a file: each newer model is handed over once, whatever else lies there is refused."""

import logging
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from models.canvas import Canvas
from models.checkpoint import Images, Manifest, save_checkpoint
from models.networks import Generator
from models.runtime import Runtime
from performer.clock import ManualClock
from performer.commands.follower import Follower
from performer.engine import Engine
from performer.events import Event, Inbox, ModelEvent, Refusal
from performer.outputs.memory import MemoryDisplay
from performer.parameters import DIRECTIONS
from performer.stage import Labels, Stage
from tests.tiny_model import TINY, still_patch

CANVAS = Canvas(4, 8, 1)
CPU = torch.device("cpu")


def network(seed: int, canvas: Canvas = CANVAS) -> Generator:
    torch.manual_seed(seed)
    return Generator(canvas, TINY).eval().requires_grad_(False)


def save(path: Path, kimg: float, canvas: Canvas = CANVAS, **changes: torch.Tensor) -> None:
    """Write a snapshot as the trainer does; `kimg` is its seed too."""
    made = network(int(kimg), canvas)
    for name, value in changes.items():
        made.get_parameter(name.replace("__", ".")).copy_(value)
    manifest = Manifest(canvas, TINY, kimg, Images(9, "x"), 0, "minimax", "now", name="tides")
    save_checkpoint(path, made, manifest)


class Watched:
    """A file that is followed, looked at when a test says so."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "latest.safetensors"
        self.inbox = Inbox()
        self.follower = self.follow()

    def follow(self) -> Follower:
        return Follower(self.path, CPU, self.inbox, ManualClock(7.0))

    def look(self) -> list[Event]:
        self.follower.look()
        return self.inbox.drain()

    def taken(self) -> ModelEvent:
        (event,) = self.look()
        assert isinstance(event, ModelEvent)
        return event

    def refused(self) -> str:
        (event,) = self.look()
        assert isinstance(event, Refusal) and event.origin == "latest.safetensors"
        assert event.time_s == 7.0 and "\n" not in event.reason
        assert str(self.path) not in event.reason, "its name is said once"
        return event.reason


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    return Watched(tmp_path)


def test_each_newer_file_is_handed_over_once_and_ready(watched: Watched) -> None:
    assert watched.look() == [], "nothing is there yet, and nothing is missed"
    for kimg in (1.0, 2.5):
        save(watched.path, kimg)
        event = watched.taken()
        assert watched.look() == []
        assert event.name == f"tides at {kimg} kimg" and event.time_s == 7.0
        expected = Runtime(network(int(kimg)), CPU)
        ws = torch.randn(expected.num_ws, 8)
        assert torch.equal(event.generator.draw(ws, 1.0), expected.draw(ws, 1.0))
        torch.testing.assert_close(event.directions, expected.directions(DIRECTIONS))


def test_what_was_there_at_the_start_is_no_news(watched: Watched) -> None:
    save(watched.path, 1.0)
    watched.follower = watched.follow()
    assert watched.look() == []
    save(watched.path, 2.0)
    assert watched.taken().name == "tides at 2.0 kimg"


def test_a_file_of_the_same_size_and_time_is_still_another_one(watched: Watched) -> None:
    save(watched.path, 1.0)
    watched.taken()
    before = watched.path.stat()
    save(watched.path, 2.0)
    os.utime(watched.path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert watched.path.stat().st_size == before.st_size
    assert watched.taken().name == "tides at 2.0 kimg"


def test_another_canvas_is_handed_over_too(watched: Watched) -> None:
    save(watched.path, 3.0, Canvas(4, 8, 2))
    assert (watched.taken().generator.height_px) == 16


def garbage(path: Path) -> None:
    path.write_bytes(os.urandom(5000))


def empty(path: Path) -> None:
    path.write_bytes(b"")


def cut(path: Path) -> None:
    save(path, 1.0)
    path.write_bytes(path.read_bytes()[:-100])


def foreign(path: Path) -> None:
    save_file({"weight": torch.zeros(3)}, path)


def not_a_number(path: Path) -> None:
    save(path, 1.0, synthesis__b8__torgb__bias=torch.full((3,), torch.nan))


def blown_up(path: Path) -> None:
    save(path, 1.0, synthesis__b8__torgb__weight=torch.tensor(3e38))


def a_folder(path: Path) -> None:
    path.mkdir()


def vanished(path: Path) -> None:
    path.unlink(missing_ok=True)


def nowhere(path: Path) -> None:
    path.symlink_to("nowhere")


WRONGS: dict[Callable[[Path], None], str] = {
    garbage: "damaged, cut short, or no .safetensors file",
    empty: "damaged, cut short, or no .safetensors file",
    cut: "damaged, cut short, or no .safetensors file",
    foreign: "not one of Performer's models",
    not_a_number: "holds NaN or infinite values",
    blown_up: "draws NaN or infinite values",
    a_folder: "no such file",
}


@pytest.mark.parametrize("wrong", WRONGS, ids=lambda wrong: wrong.__name__)
def test_a_wrong_file_is_one_sentence_and_the_next_good_one_is_taken(
    watched: Watched, wrong: Callable[[Path], None]
) -> None:
    wrong(watched.path)
    assert WRONGS[wrong] in watched.refused()
    assert watched.look() == [], "said once"
    if watched.path.is_dir():
        watched.path.rmdir()
    save(watched.path, 2.0)
    assert watched.taken().name == "tides at 2.0 kimg"


@pytest.mark.parametrize("wrong", [vanished, nowhere], ids=lambda wrong: wrong.__name__)
def test_a_file_that_went_is_told_once(watched: Watched, wrong: Callable[[Path], None]) -> None:
    save(watched.path, 1.0)
    watched.taken()
    watched.path.unlink()
    wrong(watched.path)
    assert watched.refused() == "no such file"
    assert watched.look() == []


def test_an_error_that_nobody_expected_is_told_too(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object) -> None:
        raise MemoryError("no room")

    monkeypatch.setattr("performer.commands.preparing.load_checkpoint", crash)
    save(watched.path, 1.0)
    assert watched.refused() == "MemoryError: no room"


def test_a_file_written_in_place_is_taken_when_it_is_whole(
    watched: Watched, tmp_path: Path
) -> None:
    save(tmp_path / "copied", 4.0)
    content = (tmp_path / "copied").read_bytes()
    for end in (0, 1000, len(content) // 2):
        watched.path.write_bytes(content[:end])
        assert "damaged, cut short" in watched.refused()
    watched.path.write_bytes(content)
    assert watched.taken().name == "tides at 4.0 kimg"


def test_a_file_cut_short_while_its_model_plays_does_no_harm(watched: Watched) -> None:
    """It must not lie in the file: reading what was cut off would end the process."""
    save(watched.path, 1.0)
    event = watched.taken()
    inode = watched.path.stat().st_ino
    watched.path.write_bytes(b"")
    assert watched.path.stat().st_ino == inode
    ws = torch.randn(event.generator.num_ws, 8)
    assert torch.equal(event.generator.draw(ws, 1.0), Runtime(network(1), CPU).draw(ws, 1.0))


def test_the_thread_looks_by_itself_and_ends(watched: Watched) -> None:
    watched.follower.start()
    save(watched.path, 1.0)
    events: list[Event] = []
    deadline_s = time.monotonic() + 20
    while not events and time.monotonic() < deadline_s:
        time.sleep(0.01)
        events = watched.inbox.drain()
    watched.follower.close()
    assert [event.source for event in events] == ["model"]
    assert "follower" not in {thread.name for thread in threading.enumerate()}
    assert torch.get_num_threads() == 1, "the tests' own number; only the thread's was changed"


def test_a_show_with_good_and_wrong_files_never_stops(
    watched: Watched, caplog: pytest.LogCaptureFixture
) -> None:
    clock = ManualClock(7.0)
    display = MemoryDisplay(clock, keys=[(7.0, "h", True)])
    engine = Engine(Runtime(network(0), CPU), still_patch())
    labels = Labels("CPU", "tides", "still", tuple, "off")
    stage = Stage(engine, display, watched.inbox, clock, labels)
    caplog.set_level(logging.INFO)
    for wrong in WRONGS:
        if wrong is not a_folder:
            wrong(watched.path)
            watched.follower.look()
            stage.play(seconds=0.1)
    assert display.last_status is not None
    assert display.last_status.message.startswith("latest.safetensors: ")
    save(watched.path, 5.0)
    watched.follower.look()
    stage.play(seconds=3.0)
    statistics = stage.statistics()
    assert statistics["errors"] == 0
    assert statistics["events_received"] == {"refusal": 6, "model": 1}
    assert display.last_status.model == "tides at 5.0 kimg"
    lines = [record.message for record in caplog.records]
    assert [line.partition(",")[0] for line in lines] == ["refused", "took tides at 5.0 kimg"]
    fresh = Engine(Runtime(network(5), CPU), still_patch())
    (shown, expected) = (each.frame(0.0, 0.0, ()).image for each in (engine, fresh))
    assert (shown == expected).all()
