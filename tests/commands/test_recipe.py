"""The training recipe: what is chosen, what may be asked, what a resumed or grown run takes."""

from pathlib import Path
from typing import Any

import pytest
import torch

from models.ancestor import Ancestor, read_ancestor
from models.canvas import parse_size
from models.checkpoint import CheckpointError, Images, load_checkpoint
from models.division import TrainingError
from models.networks import Widths
from models.pace import images_per_s
from models.ranks import Ranks
from models.recipe import Recipe, Stage
from models.run import Goal, Run
from models.trainer import Trainer
from performer.commands.recipe import (
    default_kimg,
    for_hours,
    frozen_for,
    gamma_for,
    new_recipe,
    summary,
)

CPU, CUDA = torch.device("cpu"), torch.device("cuda")
SMALL = {"channel_base": 64, "channel_max": 16}
TINY = Widths(64, 16, z_dim=8, w_dim=8, mapping_layers=2)


@pytest.fixture(autouse=True)
def a_card(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is chosen for a card can be seen without one."""
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: True)


def recipe(
    size: str = "32x16", count: int = 100, device: torch.device = CPU, **asked: Any
) -> Recipe:
    return new_recipe(parse_size(size), device, count, asked)


def sizes(chosen: Recipe) -> list[str]:
    return [str(chosen.canvas_at(index)) for index in range(len(chosen.stages))]


@pytest.mark.parametrize(("light", "times"), [(True, 2), (False, 5)])
def test_few_images_are_penalised_more(light: bool, times: float) -> None:
    few, many = (gamma_for(256 * 256, count, 16, light=light) for count in (100, 5000))
    assert few == pytest.approx(times * many)


def test_narrow_networks_bear_less_of_it_the_larger_the_canvas() -> None:
    tried = {(64, 36): 0.1, (128, 72): 0.04, (256, 144): 0.016}
    for (w, h), gamma in tried.items():
        assert gamma_for(w * h, 5000, 8, light=True) == pytest.approx(gamma, rel=0.03)
    assert gamma_for(512 * 512, 5000, 16, light=False) == pytest.approx(0.0002 * 512**2 / 16)


@pytest.mark.parametrize(
    ("count", "augment"),
    [(2, "diffaugment"), (499, "diffaugment"), (500, "ada"), (2999, "ada"), (3000, "none")],
)
def test_the_number_of_images_chooses_the_augmentation(count: int, augment: str) -> None:
    assert recipe(count=count).augment == augment
    assert recipe(count=count, device=torch.device("mps")).augment != "ada"


@pytest.mark.parametrize(
    ("size", "device", "stages"),
    [
        ("64", CPU, ["64x64"]),
        ("32x16", CPU, ["32x16"]),
        ("256x144", CPU, ["64x36", "128x72", "256x144"]),
        ("512x288", CPU, ["64x36", "128x72", "256x144", "512x288"]),
        ("256", CUDA, ["256x256"]),
        ("512x288", CUDA, ["256x144", "512x288"]),
        ("1024", CUDA, ["256x256", "512x512", "1024x1024"]),
    ],
)
def test_large_canvases_are_grown_into(size: str, device: torch.device, stages: list[str]) -> None:
    chosen = recipe(size, device=device)
    assert sizes(chosen) == stages
    total = sum(stage.kimg for stage in chosen.stages)
    assert total == pytest.approx(default_kimg(device), rel=1e-3)
    assert all(stage.kimg > 0.1 * total / len(stages) for stage in chosen.stages)
    assert sizes(recipe(size, device=device, stages=1)) == stages[-1:]
    assert len(recipe(size, device=device, stages=99).stages) == chosen.canvas.doublings


def test_what_suits_a_card_and_what_a_processor() -> None:
    card, processor = recipe("256", 5000, CUDA), recipe("256", 5000, CPU)
    assert (card.batch, processor.batch) == (16, 8)
    assert card.precision == "bfloat16"
    assert card.widths.channel_base > 8 * processor.widths.channel_base
    assert [stage.noise for stage in card.stages] == [True]
    assert not any(stage.noise for stage in processor.stages)
    assert [s.noise for s in recipe("256", noise=True).stages] == [False, False, True]
    assert [s.noise for s in recipe("512", device=CUDA, noise=False).stages] == [False, False]


def test_the_hours_are_shared_by_the_stages_as_fast_as_they_are() -> None:
    chosen = for_hours(recipe("256x144"), [40.0, 30.0, 10.0], hours=2.0)
    seconds = [s.kimg * 1000 / r for s, r in zip(chosen.stages, (40, 30, 10), strict=True)]
    assert sum(seconds) == pytest.approx(7200, rel=1e-3)
    assert seconds == pytest.approx([0.4 * 7200, 0.25 * 7200, 0.35 * 7200], rel=1e-3)


def test_the_pace_of_every_stage_is_measured() -> None:
    stages = tuple(Stage(doublings=level, kimg=1.0, r1_gamma=0.1) for level in (1, 2))
    tried = Recipe(parse_size("32x16"), TINY, stages, batch=4)
    images = torch.zeros(8, 3, 16, 32, dtype=torch.uint8)
    rates = images_per_s(tried, images, CPU, Ranks())
    assert len(rates) == 2 and all(rate > 1 for rate in rates)


def test_a_short_run_lets_ada_act_sooner() -> None:
    short, long = (
        new_recipe(parse_size("64"), CPU, 1000, {}, kimg=kimg).ada_kimg for kimg in (20.0, 5000.0)
    )
    assert (short, long) == (5.0, 100.0)


def test_the_settings_of_ada_and_path_length_are_taken() -> None:
    chosen = recipe(count=1000, ada_target=0.4, ada_kimg=50.0, path_length_weight=2.0)
    assert (chosen.augment, chosen.ada_target, chosen.ada_kimg) == ("ada", 0.4, 50.0)
    assert "path length 2" in "\n".join(summary(chosen, 1000, CPU))
    assert recipe().path_length_weight == 0


@pytest.mark.parametrize("asked", [{"ada_target": 0.5}, {"ada_kimg": 50.0}])
def test_a_setting_of_ada_without_ada_is_refused(asked: dict[str, float]) -> None:
    with pytest.raises(TrainingError, match=r"--ada-\w+ has no effect without --augment ada"):
        recipe(count=100, **asked)


def test_what_is_asked_wins() -> None:
    asked = {"loss": "minimax", "batch": 4, "seed": 9, "mirror": True, "r1_gamma": 3.0, **SMALL}
    chosen = recipe("128x72", 5000, augment="diffaugment", learning_rate=0.01, **asked)
    assert (chosen.loss, chosen.batch, chosen.seed) == ("minimax", 4, 9)
    assert (chosen.augment, chosen.learning_rate) == ("diffaugment", 0.01)
    assert chosen.widths.channel_max == 16
    first, last = chosen.stages
    assert last.r1_gamma == 3.0 < first.r1_gamma, "smaller canvases in proportion"
    words = "\n".join(summary(chosen, 5000, CPU))
    for word in ("5000 images", "128x72 to the end", "64x36 for 60", "minimax", "batch 4",
                 "mirror on", "without noise", "seed 9", "R1 3"):  # fmt: skip
        assert word in words


@pytest.mark.parametrize(
    "asked, words",
    [
        ({"loss": "w"}, "use nonsaturating, minimax, hinge or rp"),
        ({"augment": "x"}, "use none, diffaugment or ada"),
        ({"precision": "half"}, "use float32, bfloat16 or float16"),
    ],
)
def test_unknown_names_are_refused(asked: dict[str, str], words: str) -> None:
    with pytest.raises(TrainingError, match=words):
        recipe(**asked)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny run of two stages, stopped in the second."""
    folder = tmp_path_factory.mktemp("run")
    stages = (Stage(doublings=1, kimg=0.004, r1_gamma=0.1), Stage(2, 1.0, r1_gamma=0.1))
    small = Recipe(parse_size("32x16"), TINY, stages, batch=4, before_kimg=2.0)
    images = torch.randint(0, 256, (8, 3, 16, 32), dtype=torch.uint8)
    trainer = Trainer(small, images, CPU)
    Run(folder, trainer, Images(8, "x"), [].append).train(
        Goal(kimg=0.012), stop=lambda: False, report=lambda progress: None
    )
    return folder


def grow(ancestor: Ancestor, size: str, **asked: Any) -> Recipe:
    return new_recipe(parse_size(size), CPU, 100, asked, ancestor=ancestor)


def test_growing_goes_on_from_the_canvas_that_there_is(run: Path) -> None:
    ancestor = read_ancestor(run)
    assert ancestor.has_discriminator and str(ancestor.canvas) == "32x16"
    ancestor.check_grows_into(parse_size("128x64"))
    grown = grow(ancestor, "128x64")
    assert sizes(grown) == ["32x16", "64x32", "128x64"] and grown.widths == TINY
    assert grown.before_kimg == pytest.approx(2.012) and grown.starts_trained
    assert grown.is_warming_up(0)
    with pytest.raises(TrainingError, match="as wide as it is, 64/16"):
        grow(ancestor, "128x64", channel_base=128)
    for other in ("16x8", "64", "30x18"):
        with pytest.raises(CheckpointError, match=r"cannot grow into .* such as 64x32"):
            ancestor.check_grows_into(parse_size(other))


def test_a_run_that_grows_or_starts_from_another_begins_with_its_picture(run: Path) -> None:
    model, manifest, _ = load_checkpoint(run / "latest.safetensors")
    z = torch.randn(2, 8)
    images = torch.zeros(8, 3, 16, 32, dtype=torch.uint8)
    for path in (run, run / "latest.safetensors"):
        ancestor = read_ancestor(path)
        assert ancestor.kimg == pytest.approx(manifest.kimg)
        trainer = Trainer(grow(ancestor, "32x16"), images, CPU)
        trainer.graft(ancestor.tensors)
        torch.testing.assert_close(trainer.averaged(z), model(z))


def test_noise_that_a_model_has_stays(run: Path) -> None:
    ancestor = read_ancestor(run)
    assert (
        ancestor.has_noise
        and [stage.noise for stage in grow(ancestor, "64x32").stages] == [True] * 2
    )
    for name, tensor in ancestor.tensors.items():
        if name.endswith("noise_strength"):
            tensor.zero_()
    assert not ancestor.has_noise
    assert [stage.noise for stage in grow(ancestor, "64x32").stages] == [False] * 2


def test_a_model_of_another_canvas_is_refused_for_fine_tuning(run: Path) -> None:
    ancestor = read_ancestor(run / "model.safetensors")
    assert not ancestor.has_discriminator
    ancestor.check_is(parse_size("32x16"))
    with pytest.raises(CheckpointError, match=r"a model of 32x16, which cannot be .* as 64x32"):
        ancestor.check_is(parse_size("64x32"))


def test_a_folder_without_a_run_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="holds no save"):
        read_ancestor(tmp_path)
    with pytest.raises(CheckpointError, match="no such file"):
        read_ancestor(tmp_path / "model.safetensors")


def test_a_small_discriminator_keeps_enough_to_learn() -> None:
    sizes = {"32": 0, "64": 4, "128": 7, "256": 10, "1024": 10}
    assert {size: frozen_for(parse_size(size)) for size in sizes} == sizes
    with pytest.raises(TrainingError, match="--frozen-layers is at most 13 for 64x64, not 14"):
        new_recipe(parse_size("64"), CPU, 100, {"frozen_layers": 14})
