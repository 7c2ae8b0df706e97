"""Saves: what they hold, and that a broken one is passed over or is one sentence."""

from pathlib import Path

import msgspec
import pytest
from safetensors.torch import save_file
from tiny import IMAGES, generator, go, trainer

from models.canvas import Canvas
from models.checkpoint import CheckpointError
from models.networks import Widths
from models.recipe import Stage
from models.saves import Save, Saves, path_of


def test_a_newest_save_that_is_damaged_is_passed_over(tmp_path: Path) -> None:
    saves, trained = Saves(tmp_path), trainer()
    saves.write(trained, IMAGES)
    go(trained, 2)
    newest = saves.write(trained, IMAGES)
    assert saves.load()[0].kimg == 0.008
    newest.write_bytes(newest.read_bytes()[:1000])
    assert saves.load()[0].kimg == 0.0


def test_names_sort_by_images(tmp_path: Path) -> None:
    names = [path_of(tmp_path, kimg).name for kimg in (0.0, 0.008, 9.5, 10.0, 99999.999)]
    assert names == sorted(names)


def test_pruning_clears_what_a_killed_process_left(tmp_path: Path) -> None:
    saves = Saves(tmp_path)
    path = saves.write(trainer(), IMAGES)
    scrap = path.with_name(f".{path.name}.12345")
    scrap.write_bytes(b"half")
    saves.prune(None)
    assert not scrap.exists() and saves.files == [path]


def test_a_save_that_is_none_is_one_sentence(tmp_path: Path) -> None:
    saves = Saves(tmp_path)
    with pytest.raises(CheckpointError, match="holds no save of a training run"):
        saves.load()
    path = path_of(tmp_path, 1.0)
    path.parent.mkdir()
    save_file(generator().state_dict(), path)
    with pytest.raises(CheckpointError, match="no training state of Performer's"):
        saves.load()
    save_file(generator().state_dict(), path, metadata={"save": "{"})
    with pytest.raises(CheckpointError, match="no training state of Performer's"):
        saves.load()
    path.write_bytes(b"nothing")
    with pytest.raises(CheckpointError, match="damaged"):
        saves.load()


@pytest.mark.parametrize(
    "changes",
    [
        {"canvas": Canvas(1 << 30, 4, 2)},
        {"widths": Widths(w_dim=1 << 40)},
        {"stages": (Stage(60, 1.0, 0.1),)},
        {"stages": ()},
        {"batch": 1 << 40},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_absurd_sizes_are_refused(changes: dict[str, object], tmp_path: Path) -> None:
    saves, trained = Saves(tmp_path), trainer()
    path = saves.write(trained, IMAGES)
    recipe = msgspec.structs.replace(trained.recipe, **changes)
    told = msgspec.json.encode(Save(recipe, IMAGES, 0.0, 0)).decode()
    save_file(generator().state_dict(), path, metadata={"save": told})
    with pytest.raises(CheckpointError, match="sizes out of range"):
        saves.load()


def test_without_measures_no_save_is_the_best(tmp_path: Path) -> None:
    Saves(tmp_path).write(trainer(), IMAGES)
    with pytest.raises(CheckpointError, match="nothing was measured"):
        Saves(tmp_path).go_back_to_best()
