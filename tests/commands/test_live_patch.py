"""The patch's file while it plays: saved by hand, stored by pad, half written, wrong and mended."""

import os
from pathlib import Path

import pytest

from performer.clock import ManualClock
from performer.commands.live_patch import LivePatch
from performer.events import Event, Inbox, ModelEvent, PatchEvent, Refusal
from performer.patch import load_patch
from performer.paths import PATCHES, user_patch
from performer.schema import Patch, Scene
from tests.live.parts import wait_until

TEXT = 'version = 1\nname = "Live"  # mine\n[start]\nhue = 10\n'
SCENE = Scene("", 2.0, {"psi": 1.0}, whole=True, walk=1.0)


class Playing:
    """A live patch without its thread, and what it hands over."""

    def __init__(self, path: Path, **options: object) -> None:
        self.inbox, self.path = Inbox(), path
        self.live = LivePatch(path, load_patch(path), self.inbox, ManualClock(), **options)  # type: ignore[arg-type]

    def looks(self, count: int = 3) -> list[Event]:
        for _ in range(count):
            self.live.look()
        return self.inbox.drain()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "live.toml"
    file.write_text(TEXT)
    return file


def test_a_saved_patch_is_handed_over_once(path: Path) -> None:
    playing = Playing(path)
    assert playing.looks() == []
    path.write_text(TEXT.replace("10", "20"))
    (event,) = playing.looks()
    assert isinstance(event, PatchEvent) and event.name == "live.toml" and not event.error
    assert event.patch == load_patch(path) and event.patch.start == {"hue": 20.0}
    other = path.with_name("other")
    other.write_text(TEXT.replace("10", "30"))
    os.replace(other, path)
    (event,) = playing.looks()
    assert isinstance(event, PatchEvent) and event.patch == load_patch(path)


def test_half_a_file_is_never_taken(path: Path) -> None:
    playing = Playing(path)
    for end in range(len(TEXT)):
        path.write_text(TEXT[:end])
        assert playing.looks(1) == []
    path.write_text(TEXT + "psi = 0.5\n")
    (event,) = playing.looks()
    assert isinstance(event, PatchEvent) and event.patch == load_patch(path)
    path.unlink()
    assert playing.looks() == [], "an editor may write it anew"


WRONG = [
    ("hue = 10", "hue = 999", "live.toml:4: start.hue: 999 is not allowed; use -180 to 180"),
    ("hue = 10", "hue = ", "live.toml:4: "),
    ("hue", "heu", 'live.toml:4: start.heu: there is no parameter "heu"; did you mean hue?'),
]


@pytest.mark.parametrize(("right", "wrong", "error"), WRONG)
def test_a_wrong_one_tells_line_and_what_is_allowed(
    path: Path, right: str, wrong: str, error: str
) -> None:
    playing = Playing(path)
    path.write_text(TEXT.replace(right, wrong))
    (event,) = playing.looks()
    assert isinstance(event, PatchEvent) and event.patch is None and event.error.startswith(error)
    path.write_text(TEXT)
    (event,) = playing.looks()
    assert isinstance(event, PatchEvent) and event.patch is not None and not event.error


def test_a_stored_scene_is_written_and_nothing_comes_back(path: Path) -> None:
    playing = Playing(path)
    playing.live.store("3", SCENE)
    assert playing.looks() == []
    assert load_patch(path).scenes == {"3": SCENE} and "# mine" in path.read_text()


def test_what_is_stored_while_the_file_changes_joins_it(path: Path) -> None:
    playing = Playing(path)
    path.write_text(TEXT.replace("10", "20"))
    playing.live.store("3", SCENE)
    (event,) = playing.looks()
    assert isinstance(event, PatchEvent) and event.patch is not None
    assert event.patch.start == {"hue": 20.0} and event.patch.scenes == {"3": SCENE}
    assert event.patch == load_patch(path)
    assert playing.looks() == []


def test_what_is_stored_into_a_wrong_file_is_written_when_it_is_mended(path: Path) -> None:
    playing = Playing(path)
    path.write_text(TEXT.replace("hue", "heu"))
    playing.looks()
    playing.live.store("3", SCENE)
    (refusal,) = playing.looks()
    assert isinstance(refusal, Refusal)
    assert refusal.reason.startswith("scene 3 is not saved yet: live.toml:4: start.heu")
    assert playing.looks() == []
    path.write_text(TEXT)
    (event,) = playing.looks()
    assert isinstance(event, PatchEvent) and event.patch is not None
    assert event.patch.scenes == load_patch(path).scenes == {"3": SCENE}


def test_a_shipped_patch_goes_on_in_the_users_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    shipped = PATCHES / "storm.toml"
    playing, own = Playing(shipped), user_patch(shipped)
    playing.live.store("9", SCENE)
    assert playing.looks() == [] and load_patch(own).scenes["9"] == SCENE
    own.write_text(own.read_text().replace('name = "Storm"', 'name = "My storm"'))
    (event,) = playing.looks()
    assert isinstance(event, PatchEvent) and event.patch is not None
    assert event.patch.name == "My storm"


def test_another_model_is_read_beside_the_show_and_comes_first(path: Path) -> None:
    asked: list[str] = []

    def ready(patch: Patch, path: Path) -> ModelEvent:
        asked.append(patch.model)
        if "broken" in patch.model:
            raise ValueError("broken.safetensors: damaged")
        return ModelEvent(0.0, patch.model, None, None)

    playing = Playing(path, ready_model=ready)
    path.write_text('model = "broken.safetensors"\n' + TEXT)
    (event,) = playing.looks()
    assert isinstance(event, PatchEvent) and event.error == "broken.safetensors: damaged"
    path.write_text('model = "other.safetensors"\n' + TEXT)
    assert [event.source for event in playing.looks()] == ["model", "patch"]
    path.write_text('model = "other.safetensors"\n' + TEXT.replace("10", "20"))
    assert [event.source for event in playing.looks()] == ["patch"]
    assert asked == ["broken.safetensors", "other.safetensors"]


def test_the_thread_looks_by_itself_and_what_was_stored_last_is_written(path: Path) -> None:
    playing = Playing(path)
    playing.live.start()
    path.write_text(TEXT.replace("10", "20"))
    wait_until(lambda: len(playing.inbox._events) > 0, what="the saved patch")
    playing.live.store("1", SCENE)
    playing.live.close()
    assert load_patch(path).scenes == {"1": SCENE}
