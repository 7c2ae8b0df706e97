"""A run on disk: its saves, grids and log, and when it ends."""

import csv
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file
from tiny import IMAGES, generator, trainer

from models import run as run_module
from models.canvas import canvas_of
from models.checkpoint import CheckpointError, load_checkpoint
from models.run import Progress, Run, grid, load_state
from models.trainer import Trainer, TrainingError


def train(
    folder: Path,
    trained: Trainer,
    *,
    goal_kimg: float = 1e9,
    goal_s: float = 1e9,
    steps: int | None = None,
) -> list[Progress]:
    """Train to a goal, or until `steps` were reported; what was reported."""
    reports: list[Progress] = []
    Run(folder, trained, IMAGES).train(
        goal_kimg=goal_kimg,
        goal_s=goal_s,
        stop=lambda: steps is not None and len(reports) >= steps,
        report=reports.append,
    )
    return reports


def test_a_run_leaves_a_model_a_state_grids_and_no_scraps(tmp_path: Path) -> None:
    trained = trainer(seed=6, loss="minimax")
    train(tmp_path / "tides", trained, goal_kimg=0.012)
    model, told, _ = load_checkpoint(tmp_path / "tides" / "model.safetensors")
    assert (told.kimg, told.seed, told.loss, told.images) == (0.012, 6, "minimax", IMAGES)
    assert (told.name, told.canvas, told.widths) == (
        "tides", trained.recipe.canvas, trained.recipe.widths,
    )  # fmt: skip
    z = torch.randn(2, 16)
    torch.testing.assert_close(model(z), trained.averaged(z))
    files = sorted(p.relative_to(tmp_path / "tides").as_posix() for p in tmp_path.rglob("*.*"))
    assert files == [
        "log.csv", "model.safetensors", "samples/00000.00.png", "samples/00000.01.png",
        "state.safetensors",
    ]  # fmt: skip


def test_the_first_grid_is_of_the_untrained_network(tmp_path: Path) -> None:
    untrained = trainer(canvas=canvas_of(32, 16)).samples(40)
    train(tmp_path, trainer(canvas=canvas_of(32, 16)), steps=2)
    sheet = np.asarray(Image.open(tmp_path / "samples" / "00000.00.png"))
    assert sheet.shape == (16 * 5, 32 * 8, 3)
    assert np.array_equal(sheet, grid(untrained, 8))


def test_a_grid_is_read_like_a_page() -> None:
    images = torch.arange(6, dtype=torch.uint8)[:, None, None, None].expand(6, 2, 4, 3)
    sheet = grid(images, 3)
    assert sheet.shape == (4, 12, 3)
    assert sheet[::2, ::4, 0].tolist() == [[0, 1, 2], [3, 4, 5]]


def test_the_log_gets_a_line_now_and_then(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_module, "GRID_EVERY_S", 0.0)
    trained = trainer(warmup_kimg=0.004)
    train(tmp_path, trained, goal_kimg=0.012)
    train(tmp_path, trained, goal_kimg=0.016)
    with (tmp_path / "log.csv").open(newline="") as file:
        lines = list(csv.DictReader(file))
    assert set(lines[0]) == {"kimg", "images_per_s", "loss_D", "loss_G"}
    assert sorted({float(line["kimg"]) for line in lines}) == [0.004, 0.008, 0.012, 0.016]
    assert lines[0]["loss_G"] == "nan", "while warming up"
    assert all(np.isfinite(float(line["loss_D"])) for line in lines)
    assert all(float(line["images_per_s"]) > 0 for line in lines)


def test_a_goal_in_kimg_is_met_and_not_passed(tmp_path: Path) -> None:
    trained = trainer()
    reports = train(tmp_path, trained, goal_kimg=0.02)
    assert trained.step == 5 and len(reports) == 5
    assert [report.kimg for report in reports] == pytest.approx([0.004 * n for n in range(1, 6)])
    assert reports[-1].done == pytest.approx(1.0) and reports[-1].eta_s == 0.0
    assert all(0 <= report.done <= 1 and report.images_per_s > 0 for report in reports)
    assert not train(tmp_path, trained, goal_kimg=0.02), "a goal that is met needs no step"


def test_a_goal_in_seconds_ends_and_saves(tmp_path: Path) -> None:
    reports = train(tmp_path, trainer(), goal_s=0.2)
    assert len(reports) > 1 and reports[-1].eta_s == 0.0
    assert (tmp_path / "model.safetensors").exists()


def test_stop_saves_and_the_run_goes_on_from_there(tmp_path: Path) -> None:
    stopped = trainer()
    assert len(train(tmp_path, stopped, steps=3)) == 3
    recipe, _, tensors = load_state(tmp_path)
    resumed = Trainer(recipe, stopped.images, stopped.device)
    resumed.restore(tensors)
    assert resumed.step == 3
    train(tmp_path, resumed, goal_kimg=0.02)
    whole = trainer()
    train(tmp_path / "whole", whole, goal_kimg=0.02)
    state, other = resumed.state(), whole.state()
    assert all(torch.equal(state[name], other[name]) for name in other)


def test_it_saves_now_and_then(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_module, "SAVE_EVERY_S", 0.0)
    trained = trainer()
    steps: list[int] = []

    def stop() -> bool:
        if (tmp_path / "state.safetensors").exists():
            steps.append(int(load_state(tmp_path)[2]["step"]))
        return trained.step == 3

    Run(tmp_path, trained, IMAGES).train(
        goal_kimg=1.0, goal_s=1e9, stop=stop, report=lambda _: None
    )
    assert steps == [1, 2, 3]


def test_a_run_that_cannot_go_on_keeps_its_last_save(tmp_path: Path) -> None:
    trained = trainer()
    train(tmp_path, trained, steps=2)
    with torch.no_grad():
        next(trained.generator.parameters()).fill_(float("nan"))
    with pytest.raises(TrainingError):
        train(tmp_path, trained, steps=2)
    assert int(load_state(tmp_path)[2]["step"]) == 2
    load_checkpoint(tmp_path / "model.safetensors")


def test_a_state_that_is_none_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="no such file"):
        load_state(tmp_path)
    path = tmp_path / "state.safetensors"
    save_file(generator().state_dict(), path)
    with pytest.raises(CheckpointError, match="no training state of Performer's"):
        load_state(tmp_path)
    save_file(generator().state_dict(), path, metadata={"recipe": "{", "images": "{}"})
    with pytest.raises(CheckpointError, match="no training state of Performer's"):
        load_state(tmp_path)
    path.write_bytes(b"nothing")
    with pytest.raises(CheckpointError, match="damaged"):
        load_state(tmp_path)
