"""A run on disk: what it leaves, when it ends, and that nothing that goes wrong loses it."""

import csv
import errno
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image
from tiny import CPU, IMAGES, images, recipe, trainer
from torch import Tensor

from models import checkpoint, directions
from models import run as run_module
from models.canvas import canvas_of
from models.checkpoint import SaveError, load_checkpoint
from models.division import TrainingError
from models.judge import Judge
from models.metrics import Measures, Reference
from models.presentation import grid
from models.recipe import Stage
from models.run import Goal, Progress, Run
from models.saves import Saves
from models.trainer import Trainer


@pytest.fixture(autouse=True)
def short_searches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Directions are sought in each snapshot; here the shortest search is enough."""
    monkeypatch.setattr(directions, "EFFORTS", directions.EFFORTS[-1:])


def train(
    folder: Path,
    trained: Trainer,
    goal: Goal | None = None,
    *,
    steps: int | None = None,
    said: list[str] | None = None,
) -> list[Progress]:
    """Train to a goal, or until `steps` were reported; what was reported."""
    reports: list[Progress] = []
    run = Run(folder, trained, IMAGES, [].append if said is None else said.append)
    run.train(
        goal or Goal(),
        stop=lambda: steps is not None and len(reports) >= steps,
        report=reports.append,
    )
    return reports


def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """A snapshot after every step."""
    monkeypatch.setattr(run_module, "SNAPSHOT_EVERY_S", 0.0)
    monkeypatch.setattr(run_module, "SNAPSHOT_SHARE", 1e9)
    monkeypatch.setattr("models.judge.MOST", 40)
    monkeypatch.setattr("models.walk.SECONDS", 1)


def resumed(folder: Path) -> Trainer:
    save, tensors = Saves(folder).load()
    taken = Trainer(save.recipe, images(save.recipe.canvas), CPU)
    taken.restore(tensors)
    return taken


def test_a_run_leaves_models_saves_pictures_and_no_scraps(tmp_path: Path) -> None:
    trained = trainer(seed=6, loss="minimax", before_kimg=2.0)
    train(tmp_path / "tides", trained, Goal(kimg=0.012))
    for name in ("model", "latest"):
        model, told, _ = load_checkpoint(tmp_path / "tides" / f"{name}.safetensors")
        assert (told.kimg, told.seed, told.loss, told.images) == (2.012, 6, "minimax", IMAGES)
        assert (told.name, told.canvas, told.widths) == (
            "tides", trained.recipe.canvas, trained.recipe.widths,
        )  # fmt: skip
        z = torch.randn(2, 16)
        torch.testing.assert_close(model(z), trained.averaged(z))
    files = {p.relative_to(tmp_path / "tides").as_posix() for p in tmp_path.rglob("*.*")}
    boards = {name for name in files if name.startswith("tensorboard/")}
    assert len(boards) == 1
    assert files - boards == {
        "log.csv", "measures.csv", "model.safetensors", "latest.safetensors", "model.md",
        "model.png",
        "samples/00000.000.png", "samples/00000.012.png", "walks/00000.012.mp4",
        "saves/00000.000.safetensors", "saves/00000.012.safetensors",
    }  # fmt: skip


def test_there_is_something_to_play_and_to_see_before_the_first_step(tmp_path: Path) -> None:
    wide = canvas_of(32, 16)
    untrained = trainer(canvas=wide).samples(40)
    trained = trainer(canvas=wide)
    seen = []

    def stop() -> bool:
        seen.append(load_checkpoint(tmp_path / "latest.safetensors").manifest.kimg)
        return True

    Run(tmp_path, trained, IMAGES).train(Goal(), stop=stop, report=lambda _: None)
    assert seen == [0.0] and load_checkpoint(tmp_path / "model.safetensors").manifest.kimg == 0.0
    sheet = np.asarray(Image.open(tmp_path / "samples" / "00000.000.png"))
    assert sheet.shape == (16 * 5, 32 * 8, 3)
    assert np.array_equal(sheet, grid(untrained, 8))


def test_the_log_gets_a_line_now_and_then(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_module, "GRID_EVERY_S", 0.0)
    trained = trainer(warmup_kimg=0.004, starts_trained=True)
    train(tmp_path, trained, Goal(kimg=0.012))
    train(tmp_path, trained, Goal(kimg=0.016))
    with (tmp_path / "log.csv").open(newline="") as file:
        lines = list(csv.DictReader(file))
    assert list(lines[0]) == run_module.LOG_COLUMNS
    assert sorted({float(line["kimg"]) for line in lines}) == [0.004, 0.008, 0.012, 0.016]
    assert lines[0]["loss_G"] == "nan", "while warming up"
    assert all(np.isfinite(float(line["loss_D"])) for line in lines)
    assert all(line["canvas"] == "8x8" and float(line["images_per_s"]) > 0 for line in lines)


def test_a_goal_in_kimg_is_met_and_not_passed(tmp_path: Path) -> None:
    trained = trainer()
    reports = train(tmp_path, trained, Goal(kimg=0.02))
    assert trained.step == 5 and len(reports) == 5
    assert [report.kimg for report in reports] == pytest.approx([0.004 * n for n in range(1, 6)])
    assert reports[-1].done == pytest.approx(1.0) and reports[-1].eta_s == 0.0
    assert all(0 <= report.done <= 1 and report.images_per_s > 0 for report in reports)
    assert not train(tmp_path, trained, Goal(kimg=0.02)), "a goal that is met needs no step"


def test_a_goal_in_seconds_ends_and_saves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a clock that goes on by a tenth of a second with each step."""
    left_s: list[float] = []
    clock = SimpleNamespace(perf_counter=lambda: 0.1 * len(left_s))
    monkeypatch.setattr(run_module, "time", clock)
    run = Run(tmp_path, trainer(), IMAGES, [].append)
    run.train(Goal(seconds=0.25), stop=lambda: False, report=lambda at: left_s.append(at.eta_s))
    assert left_s == pytest.approx([0.25, 0.15, 0.05])
    assert load_checkpoint(tmp_path / "latest.safetensors").manifest.kimg == 0.012


def test_the_time_that_is_left_counts_larger_canvases_as_dearer(tmp_path: Path) -> None:
    stages = tuple(Stage(doublings=level, kimg=0.02, r1_gamma=0.1) for level in (1, 2))
    staged = recipe(canvas=canvas_of(16, 16), stages=stages)
    trained = Trainer(staged, images(canvas_of(16, 16)), CPU)
    (report,) = train(tmp_path, trained, Goal(kimg=0.04), steps=1)
    left = (0.016 + 4 * 0.02) * 1000
    assert report.eta_s * report.images_per_s == pytest.approx(left)
    assert report.canvas == "8x8"


def test_stop_saves_and_the_run_goes_on_from_there(tmp_path: Path) -> None:
    assert len(train(tmp_path, trainer(), steps=3)) == 3
    taken = resumed(tmp_path)
    assert taken.step == 3
    train(tmp_path, taken, Goal(kimg=0.02))
    whole = trainer()
    train(tmp_path / "whole", whole, Goal(kimg=0.02))
    state, other = taken.state(), whole.state()
    assert all(torch.equal(state[name], other[name]) for name in other)


def test_measuring_and_drawing_leave_the_run_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, watched = trainer(), trainer()
    train(tmp_path / "plain", plain, Goal(kimg=0.02))
    often(monkeypatch)
    monkeypatch.setattr(run_module, "GRID_EVERY_S", 0.0)
    train(tmp_path / "watched", watched, Goal(kimg=0.02))
    state, other = plain.state(), watched.state()
    assert all(torch.equal(state[name], other[name]) for name in other)


def test_the_last_three_saves_and_the_best_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    often(monkeypatch)
    judged_best(monkeypatch, at_kimg=0.008)
    train(tmp_path, trainer(), Goal(kimg=0.032))
    kept = [path.stem for path in Saves(tmp_path).files]
    assert kept == ["00000.032", "00000.028", "00000.024", "00000.008"]
    assert load_checkpoint(tmp_path / "model.safetensors").manifest.kimg == 0.008, (
        "the best to play"
    )
    assert load_checkpoint(tmp_path / "latest.safetensors").manifest.kimg == 0.032


def judged_best(monkeypatch: pytest.MonkeyPatch, at_kimg: float) -> None:
    """Let the KID that is measured be lowest at one moment."""
    measure = Reference.measure

    def judged(self: Reference, fakes: Tensor) -> Measures:
        kid = abs(current.kimg - at_kimg)
        return replace(measure(self, fakes), kid=kid, coverage=0.5, fake_to_fake=1.0)

    def remember(self: Judge, trained: Trainer, folder: Path) -> None:
        nonlocal current
        current = trained
        begin(self, trained, folder)

    current = trainer()
    begin = Judge.__init__
    monkeypatch.setattr(Judge, "__init__", remember)
    monkeypatch.setattr(Reference, "measure", judged)


def test_a_run_goes_on_from_its_best_save_and_leaves_later_ones_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    often(monkeypatch)
    judged_best(monkeypatch, at_kimg=0.008)
    train(tmp_path, trainer(), Goal(kimg=0.032))
    save, tensors = Saves(tmp_path).go_back_to_best()
    assert save.kimg == 0.008 and [p.stem for p in Saves(tmp_path).files] == ["00000.008"]
    taken = trainer()
    taken.restore(tensors)
    train(tmp_path, taken, Goal(kimg=0.016))
    with (tmp_path / "measures.csv").open(newline="") as file:
        assert [float(row["kimg"]) for row in csv.DictReader(file)] == pytest.approx(
            [0.004, 0.008, 0.012, 0.016]
        )


@pytest.mark.parametrize("stop_early", [True, False])
def test_when_more_training_hurts_it_says_so_and_stops_if_asked(
    stop_early: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    often(monkeypatch)
    judged_best(monkeypatch, at_kimg=-1.0)  # Worse and worse, but not by half.
    said: list[str] = []
    train(tmp_path / "slow", trainer(), Goal(kimg=0.06, stop_early=stop_early), said=said)
    assert not said
    judged_best(monkeypatch, at_kimg=0.004)
    monkeypatch.setattr("models.watch.KID_NOISE", 0.001)
    trained = trainer()
    train(tmp_path / "fast", trained, Goal(kimg=0.06, stop_early=stop_early), said=said)
    assert [sentence for sentence in said if "getting worse" in sentence]
    assert trained.step == (4 if stop_early else 15)
    assert load_checkpoint(tmp_path / "fast" / "model.safetensors").manifest.kimg == 0.004


def test_too_few_images_to_measure_are_said_once_and_the_newest_is_the_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    often(monkeypatch)
    said: list[str] = []
    trained = Trainer(recipe(), images(count=4), CPU)
    train(tmp_path, trained, Goal(kimg=0.016), said=said)
    assert [s for s in said if "not measured" in s] == [
        "The pictures are not measured: 4 training images are too few to measure; "
        "at least 10 are needed."
    ]
    assert load_checkpoint(tmp_path / "model.safetensors").manifest.kimg == 0.016
    assert len(Saves(tmp_path).files) == 3


def poison(trained: Trainer) -> None:
    with torch.no_grad():
        next(trained.pair.generator.parameters()).fill_(float("nan"))


def test_a_run_whose_numbers_break_goes_back_to_its_last_save(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.adversaries.SKIPS_MAXIMUM", 2)
    trained = trainer()
    train(tmp_path, trained, steps=2)
    poison(trained)
    said: list[str] = []
    train(tmp_path, trained, Goal(kimg=0.024), said=said)
    assert said == ["The losses became NaN; went back to the save at 0.0 kimg."]
    assert trained.step == 6 and trained.attempt == 1, "with other numbers from there"
    assert all(torch.isfinite(tensor).all() for tensor in trained.state().values())
    assert resumed(tmp_path).attempt == 1, "the save knows it"


def test_a_run_that_breaks_again_and_again_stops_with_a_sentence_and_a_whole_save(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.adversaries.SKIPS_MAXIMUM", 1)
    trained = trainer()
    train(tmp_path, trained, steps=2)
    restore = trained.restore

    def restore_broken(tensors: dict[str, torch.Tensor]) -> None:
        restore(tensors)
        poison(trained)

    trained.restore = restore_broken
    poison(trained)
    said: list[str] = []
    with pytest.raises(TrainingError, match=r"became NaN.*lower --learning-rate"):
        train(tmp_path, trained, said=said)
    assert len(said) == 2, "after two times back"
    assert resumed(tmp_path).step == 2
    load_checkpoint(tmp_path / "model.safetensors")


def test_a_disk_that_is_full_for_a_while_does_not_end_a_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    often(monkeypatch)
    full = iter([False] * 3 + [True] * 2)
    save_file = checkpoint.save_file

    def save(*arguments: object, **more: object) -> None:
        if next(full, False):
            raise OSError(errno.ENOSPC, "No space left on device")
        save_file(*arguments, **more)

    said: list[str] = []
    trained = trainer()
    monkeypatch.setattr(checkpoint, "save_file", save)
    train(tmp_path, trained, Goal(kimg=0.012), said=said)
    assert trained.step == 3 and resumed(tmp_path).step == 3
    assert any("No space left on device" in sentence for sentence in said)
    assert not list(tmp_path.rglob(".*"))


def test_a_disk_that_stays_full_is_a_sentence_and_the_save_before_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained = trainer()
    train(tmp_path, trained, steps=2)

    def full(*arguments: object, **more: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(checkpoint, "save_file", full)
    with pytest.raises(SaveError, match=r"00000\.016\.safetensors cannot be written: No space"):
        train(tmp_path, trained, steps=2)
    assert resumed(tmp_path).step == 2
