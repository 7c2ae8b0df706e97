"""What training starts from: both networks of an imported model, or one sentence why not."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
import tiny
import tiny3
import torch

from models.ancestor import read_ancestor
from models.architectures import architecture_of
from models.canvas import canvas_of
from models.checkpoint import (
    CheckpointError,
    Images,
    Lineage,
    Origin,
    load_checkpoint,
    save_checkpoint,
    save_tensors,
)
from models.kept_discriminator import KEY, discriminator_beside, save_discriminator
from models.networks import Discriminator, Generator, Widths
from models.saves import Saves
from models.snapshots import Snapshots

CANVAS = canvas_of(16, 16)
# As an imported model may have them.
WIDTHS = msgspec.structs.replace(tiny.WIDTHS, own_channels=(12, 7, 9), clamp=2.5)


def imported(folder: Path, widths: Widths = WIDTHS) -> tuple[Path, Generator, Discriminator]:
    """A model with its discriminator beside it."""
    path, generator = folder / "old.safetensors", tiny.generator(CANVAS, widths)
    discriminator = Discriminator(CANVAS, widths).requires_grad_(False)
    manifest = tiny.manifest(canvas=CANVAS, widths=widths, kimg=0.0)
    save_checkpoint(path, generator, manifest)
    save_discriminator(path, discriminator, manifest)
    return path, generator, discriminator


def refusal(path: Path) -> str:
    with pytest.raises(CheckpointError) as error:
        read_ancestor(path)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_a_run_starts_from_both_networks_and_freezes_what_it_is_told(tmp_path: Path) -> None:
    path, generator, discriminator = imported(tmp_path)
    ancestor = read_ancestor(path)
    assert ancestor.has_discriminator and ancestor.has_noise
    trained = tiny.trainer(
        canvas=CANVAS, widths=ancestor.widths, frozen_layers=4, starts_trained=True, warmup_kimg=0.0
    )
    trained.graft(ancestor.tensors)
    for learning, original in (
        (trained.pair.generator, generator),
        (trained.averaged, generator),
        (trained.pair.discriminator, discriminator),
    ):
        for name, tensor in original.state_dict().items():
            assert torch.equal(learning.state_dict()[name], tensor), name
    tiny.go(trained, 2)
    state = trained.pair.discriminator.state_dict()
    moved = {
        name for name, t in discriminator.state_dict().items() if not torch.equal(state[name], t)
    }
    assert "b4.out.weight" in moved and not any(name.startswith("b16") for name in moved)


def test_widths_of_an_imported_model_go_through_saves_and_models(tmp_path: Path) -> None:
    ancestor = read_ancestor(imported(tmp_path)[0])
    trained = tiny.trainer(canvas=CANVAS, widths=ancestor.widths)
    trained.graft(ancestor.tensors)
    tiny.go(trained, 1)
    Saves(tmp_path / "run").write(trained, tiny.IMAGES)
    assert read_ancestor(tmp_path / "run").widths == WIDTHS
    Snapshots(tmp_path / "run", trained, tiny.IMAGES, print).write_model("model")
    made, manifest, _ = load_checkpoint(tmp_path / "run" / "model.safetensors")
    assert manifest.widths == WIDTHS and made.synthesis.b8.clamp == 2.5
    z = torch.randn(2, 16)
    torch.testing.assert_close(made(z), trained.averaged(z))


def test_whose_images_it_learnt_from_goes_on_from_run_to_run(tmp_path: Path) -> None:
    origin = Origin("StyleGAN2 by NVIDIA", "faces.pkl", "0123", "CC BY-NC 4.0")
    path, none = tmp_path / "old.safetensors", Images(0, "")
    told = tiny.manifest(canvas=CANVAS, widths=WIDTHS, images=none, origin=origin)
    save_checkpoint(path, tiny.generator(CANVAS, WIDTHS), told)
    first = read_ancestor(path)
    assert first.lineage == Lineage(origin)
    trained = tiny.trainer(canvas=CANVAS, widths=WIDTHS, before=first.lineage)
    Saves(tmp_path / "run").write(trained, tiny.IMAGES)
    Snapshots(tmp_path / "run", trained, tiny.IMAGES, print).write_model("model")
    lineage = Lineage(origin, (tiny.IMAGES,))
    for second in (tmp_path / "run", tmp_path / "run" / "model.safetensors"):
        assert read_ancestor(second).lineage == lineage, second


def test_without_a_discriminator_it_is_the_generator_alone(tmp_path: Path) -> None:
    path, generator, _ = imported(tmp_path)
    discriminator_beside(path).unlink()
    ancestor = read_ancestor(path)
    assert not ancestor.has_discriminator
    assert len(ancestor.tensors) == 2 * len(generator.state_dict())


def test_a_discriminator_of_another_shape_is_one_sentence(tmp_path: Path) -> None:
    path, _, discriminator = imported(tmp_path)
    told = {KEY: msgspec.json.encode(load_checkpoint(path).manifest).decode()}
    state = discriminator.state_dict()
    for change, words in (
        ({"b4.out.weight": torch.zeros(1, 5)}, "b4.out.weight has the shape (1, 5) instead of"),
        ({"b4.out.bias": torch.full((1,), torch.nan)}, "NaN or infinite"),
        ({"b64.conv0.weight": torch.zeros(1)}, "has an unknown b64.conv0.weight"),
    ):
        save_tensors(discriminator_beside(path), state | change, told)
        sentence = refusal(path)
        assert words in sentence and sentence.startswith(f"{discriminator_beside(path)}: ")


@pytest.mark.parametrize(
    "told", [None, {}, {KEY: "{"}, {KEY: "[" * 9999}], ids=["other", "", "{", "["]
)
def test_a_discriminator_of_another_model_is_one_sentence(told: Any, tmp_path: Path) -> None:
    path, _, discriminator = imported(tmp_path)
    other = tiny.manifest(canvas=CANVAS, widths=WIDTHS, name="another")
    told = {KEY: msgspec.json.encode(other).decode()} if told is None else told
    save_tensors(discriminator_beside(path), discriminator.state_dict(), told)
    assert "no discriminator of old.safetensors; move it away" in refusal(path)


def test_what_cannot_be_trained_is_refused(tmp_path: Path) -> None:
    classed = imported(tmp_path, msgspec.structs.replace(WIDTHS, classes=3))[0]
    assert "a model with classes can be played, but not trained here" in refusal(classed)
    made, path = tiny3.generator(), tmp_path / "three.safetensors"
    told: dict[str, Any] = {"canvas": made.canvas, "widths": made.widths}
    save_checkpoint(path, made, tiny.manifest(architecture=architecture_of(made), **told))
    assert "StyleGAN3 models can be played" in refusal(path)
