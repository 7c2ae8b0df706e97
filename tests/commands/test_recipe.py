"""The training recipe: what is chosen, what may be asked, what a resumed or grown run takes."""

from pathlib import Path
from typing import Any

import pytest
import torch

from models.canvas import parse_size
from models.checkpoint import CheckpointError, Images
from models.networks import Widths
from models.run import Run, grow_from
from models.trainer import Recipe, Trainer, TrainingError
from performer.commands.recipe import new_recipe, resumed_recipe, summary

CPU = torch.device("cpu")
SMALL = {"channel_base": 64, "channel_max": 16}


def recipe(size: str = "32x16", count: int = 100, **asked: Any) -> Recipe:
    return new_recipe(parse_size(size), CPU, count, dict(asked))


def test_few_images_are_augmented_and_penalised_more() -> None:
    few, many = recipe(size="256", count=100), recipe(size="256", count=5000)
    assert few.r1_gamma == pytest.approx(5 * many.r1_gamma)


@pytest.mark.parametrize(
    ("count", "augment"),
    [(2, "diffaugment"), (499, "diffaugment"), (500, "ada"), (2999, "ada"), (3000, "none")],
)
def test_the_number_of_images_chooses_the_augmentation(count: int, augment: str) -> None:
    assert recipe(count=count).augment == augment


def test_the_settings_of_ada_and_path_length_are_taken() -> None:
    chosen = recipe(count=1000, ada_target=0.4, ada_kimg=50.0, path_length_weight=2.0)
    assert (chosen.augment, chosen.ada_target, chosen.ada_kimg) == ("ada", 0.4, 50.0)
    assert "path length 2" in summary(chosen, 1000, CPU)
    assert recipe().path_length_weight == 0


@pytest.mark.parametrize("asked", [{"ada_target": 0.5}, {"ada_kimg": 50.0}])
def test_a_setting_of_ada_without_ada_is_refused(asked: dict[str, float]) -> None:
    with pytest.raises(TrainingError, match=r"--ada-\w+ has no effect without --augment ada"):
        recipe(count=100, **asked)


def test_what_is_asked_wins() -> None:
    asked = {"loss": "minimax", "batch": 4, "seed": 9, "mirror": True, "noise": False, **SMALL}
    chosen = recipe(count=5000, augment="diffaugment", learning_rate=0.01, **asked)
    assert (chosen.loss, chosen.batch, chosen.seed, chosen.augment) == (
        "minimax",
        4,
        9,
        "diffaugment",
    )
    assert chosen.widths.channel_max == 16 and chosen.learning_rate == 0.01
    words = summary(chosen, 5000, CPU)
    for word in ("5000 images", "32x16", "minimax", "batch 4", "mirror on", "noise off", "seed 9"):
        assert word in words


@pytest.mark.parametrize(
    "asked, words",
    [
        ({"loss": "w"}, "use nonsaturating, minimax, hinge or rp"),
        ({"augment": "x"}, "use none, diffaugment or ada"),
    ],
)
def test_unknown_names_are_refused(asked: dict[str, str], words: str) -> None:
    with pytest.raises(TrainingError, match=words):
        recipe(**asked)


def test_resume_takes_a_new_learning_rate_and_refuses_the_rest() -> None:
    saved = recipe()
    assert resumed_recipe(saved, {}) == saved
    assert resumed_recipe(saved, {"learning_rate": 0.001}).learning_rate == 0.001
    with pytest.raises(TrainingError, match="--r1-gamma cannot change on --resume"):
        resumed_recipe(saved, {"r1_gamma": 1.0, "learning_rate": 0.001})


def test_growing_counts_the_images_before_and_refuses_what_does_not_fit(tmp_path: Path) -> None:
    widths = Widths(64, 16, z_dim=8, w_dim=8, mapping_layers=2)
    small = Recipe(parse_size("32x16"), widths, batch=4, grown_kimg=2.0)
    images = torch.zeros(8, 3, 16, 32, dtype=torch.uint8)
    run = Run(tmp_path / "small", Trainer(small, images, CPU), Images(8, "x"))
    run.train(goal_kimg=0.008, goal_s=60, stop=lambda: False, report=lambda progress: None)
    grown, tensors = grow_from(tmp_path / "small", Recipe(parse_size("64x32"), widths))
    assert grown.grown_kimg == pytest.approx(2.008) and grown.warmup_kimg > 0
    assert int(tensors["step"]) == 2
    for other in (
        Recipe(parse_size("16x8"), widths),
        Recipe(parse_size("32"), widths),
        Recipe(parse_size("64x32"), Widths(64, 8, z_dim=8, w_dim=8, mapping_layers=2)),
    ):
        with pytest.raises(CheckpointError, match="cannot grow into"):
            grow_from(tmp_path / "small", other)
