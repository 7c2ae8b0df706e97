"""The black box: any piece can be begun with, and what it replays is what was played."""

import math
import os
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import pytest

from performer.black_box import PIECE_S, Standing, beginning, begins, continued
from performer.commands.replay import told
from performer.engine import Engine
from performer.events import Event, ModelEvent, Notice, OscEvent, PatchEvent, PortEvent
from performer.replay import as_played
from performer.schema import Modulator
from performer.serving.box_file import BoxFile, pieces
from performer.serving.boxes import BOXES, SILENT_S, keep_box, keep_orphans, kept_boxes
from performer.takes import Moment, Packer, Take
from tests.test_takes import HEAD

MakeEngine = Callable[..., Engine]
DT_S = 1 / 30
PLAYED = {
    "start": {"walk.speed": 1.0, "glide": 0.0},
    "modulators": (Modulator(shape="noise", parameter="hue", rate_hz=2.0, depth=0.3),),
}


def show(engine: Engine, box: BoxFile, seconds: float) -> dict[float, np.ndarray]:
    """Play what a hand might, boxed; each frame's picture by its time."""
    images = {}
    for number in range(round(seconds / DT_S)):
        now_s = 100.0 + number * DT_S
        events: tuple[Event, ...] = ()
        if number % 3 == 0:
            events = (OscEvent(now_s, "/direction/1", (2.0 * math.sin(number / 9),)),)
        images[now_s] = engine.frame(now_s, DT_S if number else 0.0, events).image.copy()
        box.follow(now_s, events, engine)
        if number % 200 == 199:
            time.sleep(0.01)  # else nothing is written before the end
    return images


def kept(tmp_path: Path, engine: Engine, seconds: float) -> tuple[Path, dict[float, np.ndarray]]:
    box = BoxFile(lambda: HEAD, tmp_path)
    box.start()
    images = show(engine, box, seconds)
    box.close()
    path = keep_box(os.getpid(), "it fell", ("last words",), tmp_path)
    assert path is not None
    return path, images


@pytest.mark.parametrize("from_s", [0.0, 1.5 * PIECE_S])
def test_a_replay_shows_what_was_shown(
    tmp_path: Path, make_engine: MakeEngine, from_s: float
) -> None:
    path, images = kept(tmp_path, make_engine(**PLAYED), 2.2 * PIECE_S)
    take = Take(path)
    assert (take.head.fault, take.head.log) == ("it fell", ("last words",))
    assert abs(take.head.ended_unix_s - time.time()) < 60
    number = beginning(take.moments(), from_s)
    assert (number > 0) == (from_s > 0)
    engine = make_engine(**PLAYED)
    shown = 0
    for step in as_played(continued(take.moments(), number)):
        image = engine.frame(step.now_s, step.dt_s, step.events).image
        assert np.abs(image.astype(int) - images[step.now_s]).max() <= 1, step.now_s
        shown += 1
    expected = sum(at >= 100.0 + (PIECE_S if from_s else 0.0) for at in images)
    assert abs(shown - expected) <= 1


def test_what_is_kept_is_bounded_and_the_oldest_goes(tmp_path: Path) -> None:
    for number in range(BOXES + 3):
        (tmp_path / f"{number}-000001.piece").write_bytes(_piece())
        assert keep_box(number, "x", (), tmp_path) is not None
    assert len(kept_boxes(tmp_path)) == BOXES
    assert not list(tmp_path.glob("*.piece"))


def _piece() -> bytes:
    packer = Packer()
    return packer.head(HEAD) + packer.frames([(1.0, ())])[0]


def test_what_is_no_piece_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / "7-000001.piece").write_bytes(b"anything")
    (tmp_path / "7-000002.piece").write_bytes(_piece()[:-3])
    path = keep_box(7, "x", (), tmp_path)
    assert path is not None and list(Take(path).moments()) == []
    assert keep_box(8, "x", (), tmp_path) is None


def test_orphans_are_kept_once_they_are_silent(tmp_path: Path) -> None:
    piece = tmp_path / "7-000001.piece"
    piece.write_bytes(_piece())
    keep_orphans(tmp_path)
    assert piece.exists()
    long_ago = time.time() - 2 * SILENT_S
    os.utime(piece, (long_ago, long_ago))
    keep_orphans(tmp_path)
    assert not piece.exists() and len(kept_boxes(tmp_path)) == 1


def test_a_full_disk_is_one_line_and_the_next_piece_is_tried(
    tmp_path: Path, make_engine: MakeEngine, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "boxes"
    folder.write_text("a file where a folder should be")
    box = BoxFile(lambda: HEAD, folder)
    box.start()
    engine = make_engine()
    show(engine, box, 2.0)
    deadline_s = time.monotonic() + 5.0
    while not caplog.records and time.monotonic() < deadline_s:
        time.sleep(0.02)
    folder.unlink()
    for number in range(2):
        box.follow(200.0 + number * PIECE_S, (), engine)
    box.close()
    assert len([r for r in caplog.records if "black box cannot be written" in r.message]) == 1
    assert len(pieces(folder, os.getpid())) == 2
    box.forget()
    assert not pieces(folder, os.getpid())


def test_what_stands_is_told_at_each_beginning(make_engine: MakeEngine) -> None:
    standing = Standing()
    model = ModelEvent(1.0, "sea", object(), object(), "/sea.safetensors", "ab")
    patch = PatchEvent(2.0, "a.toml", object(), "version = 1")
    standing.take((PortEvent(0.0, "nano", True), PortEvent(0.1, "nano", False), model, patch))
    standing.take((PatchEvent(3.0, "a.toml", None, error="broken"), Notice(3.0, "told")))
    state = make_engine().performance.state(4.0)
    port, told_model, told_patch, last = standing.begin(state)
    assert port == PortEvent(0.1, "nano", False) and last is state
    assert isinstance(told_model, ModelEvent) and told_model.generator is None
    assert isinstance(told_patch, PatchEvent) and told_patch.text == "version = 1"
    assert begins(Moment(4.0, (state,))) and not begins(Moment(4.0, (model,)))


def test_a_strangers_box_is_told_in_plain_letters(tmp_path: Path) -> None:
    head = msgspec.structs.replace(
        HEAD, fault="it fell\x1b[2J", log=("one\ntwo",), ended_unix_s=1e300
    )
    path = tmp_path / "a.take"
    path.write_bytes(Packer().head(head))
    lines = told(Take(path), [1.0, 1.1])
    assert lines[0] == "a.take: it fell?[2J, no date" and lines[-1] == "  one?two"
