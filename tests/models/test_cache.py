"""Prepared pixels are read once, follow every change of the files, and survive any damage."""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from pictures import fill, picture, state
from tiny import WIDTHS

from models import cache, dataset
from models import image_source as source_module
from models.canvas import canvas_of
from models.dataset import load_folder, load_images, open_source
from models.recipe import Recipe, Stage
from models.trainer import Trainer

CANVAS = canvas_of(16, 8)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of the test's own; the folder of its entries."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "performer" / "images"


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that were decoded."""
    names: list[str] = []
    read = source_module.read_image

    def counting(path: Path) -> object:
        names.append(path.name)
        return read(path)

    monkeypatch.setattr(source_module, "read_image", counting)
    return names


def test_the_second_time_nothing_is_read(tmp_path: Path, reads: list[str]) -> None:
    folder = fill(tmp_path / "images", 3)
    (folder / "broken.png").write_bytes(b"nothing")
    first = load_folder(folder, CANVAS)
    assert len(reads) == 4
    counts: list[tuple[int, int]] = []
    second = load_folder(folder, CANVAS, lambda done, total: counts.append((done, total)))
    assert len(reads) == 4 and counts == [(4, 4)]
    assert torch.equal(first.images, second.images)
    assert (first.skipped, first.fingerprint) == (second.skipped, second.fingerprint)
    assert list(second.skipped) == [folder / "broken.png"]


def test_pixels_are_mapped_and_writing_to_them_changes_no_file(tmp_path: Path, home: Path) -> None:
    folder = fill(tmp_path / "images", 2)
    before = load_folder(folder, CANVAS)
    kept = before.images.clone()
    prepared = cache.load(next(home.glob("*.npy")).stem, (2, 8, 16, 3))
    assert prepared is not None and isinstance(prepared.pixels, np.memmap)
    before.images.zero_()
    assert torch.equal(load_folder(folder, CANVAS).images, kept)


def test_without_a_cache_the_pixels_are_the_same(tmp_path: Path) -> None:
    folder = fill(tmp_path / "images", 3)
    (folder / "01.png").write_bytes(b"nothing")
    source = open_source(folder)
    items = [(n, f if isinstance(f, str) else dataset.fit_image(f, CANVAS, "crop"))
             for n, f in source.read()]  # fmt: skip
    collected = cache.collect((3, 8, 16, 3), iter(items))
    mapped = load_folder(folder, CANVAS)
    assert collected.fingerprint == mapped.fingerprint and collected.names == ["00.png", "02.png"]
    assert np.array_equal(collected.pixels, mapped.images.permute(0, 2, 3, 1).numpy())


def touch(folder: Path) -> None:
    """The same bytes, saved again."""
    os.utime(folder / "00.png", ns=(1, 1))


CHANGES: dict[str, Callable[[Path], object]] = {
    "changed": lambda folder: picture(9).save(folder / "00.png"),
    "touched": touch,
    "added": lambda folder: picture(9).save(folder / "new.png"),
    "removed": lambda folder: (folder / "00.png").unlink(),
    "renamed": lambda folder: (folder / "00.png").rename(folder / "z.png"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=list(CHANGES))
def test_a_changed_folder_is_read_anew(
    change: Callable[[Path], object], tmp_path: Path, reads: list[str]
) -> None:
    folder = fill(tmp_path / "images", 3)
    load_folder(folder, CANVAS)
    reads.clear()
    change(folder)
    load_folder(folder, CANVAS)
    assert len(reads) == len(list(folder.iterdir()))


def test_another_canvas_or_fit_is_another_entry(tmp_path: Path, home: Path) -> None:
    source = open_source(fill(tmp_path / "images", 2))
    prints = {
        load_images(source, canvas, fit=fit).fingerprint
        for canvas, fit in ((CANVAS, "crop"), (CANVAS, "pad"), (canvas_of(8, 8), "crop"))
    }
    assert len(prints) == 3 == len(list(home.glob("*.npy")))


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-10] ^= 1
    path.write_bytes(content)


def retell(**changes: object) -> Callable[[Path], None]:
    return lambda path: path.write_text(json.dumps(json.loads(path.read_text()) | changes)) and None


DAMAGES: dict[str, tuple[str, Callable[[Path], object]]] = {
    "pixels cut short": (".npy", cut),
    "one bit of a pixel": (".npy", flip),
    "no array": (".npy", lambda path: path.write_bytes(b"\x80\x04nothing")),
    "a zip": (".npy", lambda path: path.write_bytes(b"PK\x03\x04nothing")),
    "empty": (".npy", lambda path: path.write_bytes(b"")),
    "another shape": (".npy", lambda path: np.save(path, np.zeros((2, 4, 4, 3), np.uint8))),
    "another type": (".npy", lambda path: np.save(path, np.zeros((2, 8, 16, 3)))),
    "pixels gone": (".npy", lambda path: path.unlink()),
    "words cut short": (".json", cut),
    "no text": (".json", lambda path: path.write_bytes(b"\xff\x00")),
    "a list": (".json", lambda path: path.write_text("[]")),
    "too much told": (".json", retell(more=1)),
    "too little told": (".json", retell(names=["00.png"])),
    "words gone": (".json", lambda path: path.unlink()),
}


@pytest.mark.parametrize(("suffix", "damage"), DAMAGES.values(), ids=list(DAMAGES))
def test_a_damaged_entry_is_made_anew(
    suffix: str, damage: Callable[[Path], object], tmp_path: Path, home: Path, reads: list[str]
) -> None:
    folder = fill(tmp_path / "images", 2)
    pixels = load_folder(folder, CANVAS).images.clone()
    damage(next(home.glob(f"*{suffix}")))
    again = load_folder(folder, CANVAS)
    assert len(reads) == 4 and torch.equal(again.images, pixels)
    load_folder(folder, CANVAS)
    assert len(reads) == 4, "mended for the next time"


def test_without_a_place_to_write_it_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reads: list[str]
) -> None:
    (tmp_path / "a file").write_text("in the way")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "a file"))
    folder = fill(tmp_path / "images", 2)
    assert len(load_folder(folder, CANVAS).images) == 2 and len(reads) == 2


def test_without_room_it_goes_on(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch, reads: list[str]
) -> None:
    monkeypatch.setattr(cache.shutil, "disk_usage", lambda folder: type("Usage", (), {"free": 9}))
    assert len(load_folder(fill(tmp_path / "images", 2), CANVAS).images) == 2 and len(reads) == 2
    assert not list(home.iterdir())


def test_an_interrupted_preparation_leaves_nothing(tmp_path: Path, home: Path) -> None:
    def interrupt(done: int, total: int) -> None:
        raise KeyboardInterrupt

    folder = fill(tmp_path / "images", 2)
    with pytest.raises(KeyboardInterrupt):
        load_folder(folder, CANVAS, interrupt)
    assert not list(home.iterdir())


def test_only_the_entries_used_last_are_kept(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "KEEP_ENTRIES", 3)
    folders = [fill(tmp_path / str(number), 1, seed=number) for number in range(4)]
    for age, folder in enumerate(folders[:3]):
        load_folder(folder, CANVAS)
        for entry in home.glob("*.npy"):
            os.utime(entry, ns=(age, entry.stat().st_mtime_ns - 10**10))
    load_folder(folders[0], CANVAS)  # used again: now the newest
    load_folder(folders[3], CANVAS)
    assert len(list(home.glob("*.npy"))) == len(list(home.glob("*.json"))) == 3
    shape = (1, 8, 16, 3)
    keys = [cache.key_of(f, [f / "00.png"], f"{CANVAS} crop 0") for f in folders]
    assert [cache.load(key, shape) is not None for key in keys] == [True, False, True, True]
    monkeypatch.setattr(cache, "KEEP_BYTES", 1)
    load_folder(fill(tmp_path / "last", 1, seed=8), CANVAS)
    assert len(list(home.glob("*.npy"))) == 1, "the one just made is always kept"


def test_what_a_killed_process_left_is_removed_in_time(tmp_path: Path, home: Path) -> None:
    old, new = home / "part-old", home / "part-new"
    for part in (old, new):
        part.mkdir(parents=True)
        (part / "pixels").write_bytes(b"half")
    os.utime(old, (0, 0))
    load_folder(fill(tmp_path / "images", 1), CANVAS)
    assert new.exists() and not old.exists()


def test_the_artists_folder_is_never_changed(tmp_path: Path) -> None:
    folder = fill(tmp_path / "images", 3)
    before = state(folder)
    load_folder(folder, CANVAS)
    load_folder(folder, CANVAS)
    assert state(folder) == before


def test_training_goes_on_when_files_are_replaced_or_removed(tmp_path: Path) -> None:
    def losses(folder: Path, harm: Callable[[], object]) -> list[dict[str, float]]:
        stages = (Stage(CANVAS.doublings, kimg=1.0, r1_gamma=0.05),)
        recipe = Recipe(CANVAS, WIDTHS, stages, batch=4)
        steps = Trainer(recipe, load_folder(folder, CANVAS).images, torch.device("cpu")).train()
        return [next(steps), *(next(steps) for _ in range(2) if harm() or True)]

    folder = fill(tmp_path / "images", 5)

    def harm() -> None:
        picture(99).save(folder / "00.png")
        (folder / "01.png").unlink(missing_ok=True)
        (folder / "02.png").write_bytes(b"nothing")

    undisturbed = losses(folder, lambda: None)
    assert losses(folder, harm) == undisturbed


@pytest.mark.parametrize(
    ("platform", "variables", "wanted"),
    [
        ("linux", {}, "home/.cache/performer"),
        ("linux", {"XDG_CACHE_HOME": "relative"}, "home/.cache/performer"),
        ("darwin", {}, "home/Library/Caches/performer"),
        ("win32", {}, "home/AppData/Local/performer/cache"),
        ("win32", {"LOCALAPPDATA": "{tmp}/local"}, "local/performer/cache"),
        ("darwin", {"XDG_CACHE_HOME": "{tmp}/xdg"}, "xdg/performer"),
    ],
)
def test_it_lies_where_the_platform_keeps_caches(
    platform: str,
    variables: dict[str, str],
    wanted: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value.format(tmp=tmp_path))
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "home")
    assert cache.user_cache_folder() == tmp_path / wanted
