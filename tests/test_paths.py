"""Paths: what a player may ask for by one word."""

from pathlib import Path

import pytest

from performer.paths import (
    PATCHES,
    PathError,
    model_file,
    user_folder,
    user_patch,
    what_to_play,
)

DRIFT = PATCHES / "drift.toml"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder, and one beside it for what the user sets."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path.with_suffix(".config")))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_patches_go_by_name_or_file(here: Path) -> None:
    assert what_to_play("storm", None) == (PATCHES / "storm.toml", None)
    assert what_to_play("storm", Path("my_run")) == (PATCHES / "storm.toml", Path("my_run"))
    assert what_to_play("my.toml", None) == (Path("my.toml"), None)


def test_a_model_or_a_run_plays_with_the_default_patch(here: Path) -> None:
    (here / "runs" / "mine").mkdir(parents=True)
    assert what_to_play("my.safetensors", None) == (DRIFT, Path("my.safetensors"))
    assert what_to_play("runs/mine", None) == (DRIFT, Path("runs/mine"))


def test_a_shipped_patch_comes_before_a_folder_of_its_name(here: Path) -> None:
    (here / "pulse").mkdir()
    assert what_to_play("pulse", None) == (PATCHES / "pulse.toml", None)
    assert what_to_play("./pulse", None) == (DRIFT, Path("pulse"))
    assert what_to_play("pulse/", None) == (DRIFT, Path("pulse"))


def test_the_users_own_patch_comes_first_and_the_log_says_so(
    here: Path, caplog: pytest.LogCaptureFixture
) -> None:
    storm = user_patch(PATCHES / "storm.toml")
    assert storm == here.with_suffix(".config") / "performer" / "patches" / "storm.toml"
    storm.parent.mkdir(parents=True)
    for name in ("storm", "drift", "mine"):
        (storm.parent / f"{name}.toml").touch()
    with caplog.at_level("INFO"):
        assert what_to_play("storm", None) == (storm, None)
    assert [record.message for record in caplog.records] == [f"storm is your own: {storm}"]
    assert what_to_play("my.safetensors", None)[0] == storm.parent / "drift.toml"
    assert what_to_play("mine", None) == (storm.parent / "mine.toml", None)


def test_a_patch_of_ones_own_is_written_where_it_lies(here: Path) -> None:
    assert user_patch(Path("my.toml")) == Path("my.toml")
    assert user_patch(here / "storm.toml") == here / "storm.toml"


@pytest.mark.parametrize(
    ("platform", "folder"),
    [
        ("linux", ".config/performer"),
        ("darwin", "Library/Application Support/performer"),
        ("win32", "AppData/Roaming/performer"),
    ],
)
def test_each_system_has_its_folder(
    platform: str, folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("XDG_CONFIG_HOME", "APPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("sys.platform", platform)
    assert user_folder() == Path.home() / folder


def test_what_is_neither_is_one_sentence(here: Path) -> None:
    with pytest.raises(PathError, match='"nowhere"; shipped: drift, .* or the folder of a'):
        what_to_play("nowhere", None)
    (here / "mine").mkdir()
    with pytest.raises(PathError, match=r"mine and my\.safetensors are both models"):
        what_to_play("mine", Path("my.safetensors"))


def test_a_run_plays_its_best_model_or_else_its_first(here: Path) -> None:
    with pytest.raises(PathError, match=r"holds no model yet: .* --out .* every few minutes"):
        model_file(here)
    (here / "latest.safetensors").touch()
    assert model_file(here) == here / "latest.safetensors"
    (here / "model.safetensors").touch()
    assert model_file(here) == here / "model.safetensors"
    assert model_file(Path("any.safetensors")) == Path("any.safetensors")
