"""What is learnt reaches the file, whole or not at all, and the player is told where."""

import os
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest

from performer.clock import ManualClock
from performer.commands.live_patch import LivePatch
from performer.engine import Engine
from performer.events import Inbox, KeyEvent, MidiEvent, Notice, OscEvent
from performer.patch import load_patch
from performer.patch_edit import Edit
from performer.paths import PATCHES, STARTER_PATCH, user_patch, what_to_play
from performer.schema import Binding
from tests.tiny_model import still_patch

LEARNT = Binding("cc 90", "psi")
PLAIN = '# Mine.\nversion = 1\nname = "Mine"\n'


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("APPDATA", str(tmp_path / "config"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return tmp_path


class Learnt:
    """What an engine has learnt, for a live patch to save."""

    def __init__(self, *edits: Edit) -> None:
        self.edits, self.learn = deque(edits), self


def saved(patch: Path, *edits: Edit) -> list[str]:
    """Save, and what the player is told."""
    inbox = Inbox()
    live = LivePatch(patch, still_patch(), inbox, ManualClock())
    live.follow(0.0, (), cast(Engine, Learnt(*edits)))
    live.close()
    return [event.text for event in inbox.drain() if isinstance(event, Notice)]


def test_the_players_own_patch_is_changed_in_place(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(PLAIN)
    file.chmod(0o640)
    assert saved(file, Edit(None, LEARNT))[-1] == f"saved in {file}"
    assert load_patch(file).bindings == (LEARNT,)
    assert file.read_text().startswith(PLAIN) and file.stat().st_mode & 0o777 == 0o640
    assert os.listdir(tmp_path) == ["mine.toml"]


def test_a_shipped_patch_is_copied_and_played_from_then_on() -> None:
    shipped = PATCHES / f"{STARTER_PATCH}.toml"
    before = shipped.read_bytes()
    (told,) = saved(shipped, Edit(None, LEARNT))[-1:]
    copy = user_patch(shipped)
    assert str(copy) in told and f"performer play {STARTER_PATCH}" in told
    assert shipped.read_bytes() == before
    assert what_to_play(STARTER_PATCH, None) == (copy, None)
    assert what_to_play(str(shipped), None) == (shipped, None)
    assert load_patch(copy).bindings == (*load_patch(shipped).bindings, LEARNT)
    saved(shipped, Edit(LEARNT, None))
    assert load_patch(copy).bindings == load_patch(shipped).bindings


def test_what_cannot_be_saved_is_said_and_tried_again(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("version = \n")
    inbox = Inbox()
    live = LivePatch(file, still_patch(), inbox, ManualClock())
    live.follow(0.0, (), cast(Engine, Learnt(Edit(None, LEARNT))))
    live.look()
    told = inbox.drain()
    assert isinstance(told[0], Notice) and told[0].text.startswith("not saved: mine.toml:1: ")
    file.write_text(PLAIN)
    live.follow(0.0, (), cast(Engine, Learnt(Edit(None, Binding("cc 91", "hue")))))
    live.close()
    assert [binding.source for binding in load_patch(file).bindings] == ["cc 90", "cc 91"]


def test_a_file_that_is_gone_is_a_sentence(tmp_path: Path) -> None:
    file = tmp_path / "gone.toml"
    assert saved(file, Edit(None, LEARNT)) == [f"not saved: {file}: there is no such file"]


def test_what_the_engine_learns_is_saved_and_plays_again(
    tmp_path: Path, make_engine: Callable[..., Engine]
) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(PLAIN)
    engine = make_engine()
    saver = LivePatch(file, load_patch(file), Inbox(), ManualClock())
    knob = [MidiEvent(1.0 + i / 100, "Pad", "cc", 2, 21, (40 + i) / 128) for i in range(4)]
    for events in ([KeyEvent(0.9, "l", True)], [OscEvent(0.95, "/learn", ("psi",))], knob):
        engine.frame(1.0, 0.01, events)
        saver.follow(1.0, events, engine)
    saver.close()
    assert engine.learn.view() is not None
    assert load_patch(file).bindings == engine.controls.bindings
    assert load_patch(file).bindings == (Binding("cc 21", "psi", channel=2, port="Pad"),)
