"""An imported model is finished: directions in its file, a grid and a card beside it."""

from pathlib import Path
from typing import Any

import pytest
import tiny
import tiny3
import torch
from tiny3 import SHORT

from models.architectures import AnyGenerator, architecture_of
from models.checkpoint import Origin, load_checkpoint, save_checkpoint
from models.directions import find_directions
from models.importers import finishing
from models.importers.finishing import finish

CPU = torch.device("cpu")
ORIGIN = Origin("StyleGAN2 by rosinality", "old.pt", "0123", "CC0")


def saved(path: Path, made: AnyGenerator) -> Path:
    """A model as it is imported."""
    told: dict[str, Any] = {"canvas": made.canvas, "widths": made.widths, "origin": ORIGIN}
    manifest = tiny.manifest(architecture=architecture_of(made), **told)
    save_checkpoint(path / "new.safetensors", made, manifest)
    return path / "new.safetensors"


def finished(model: Path) -> str:
    """What is said while a model is finished."""
    said: list[str] = []
    finish(model, CPU, said.append)
    return "\n".join(said)


@pytest.mark.parametrize(
    "made", [tiny.generator(), tiny3.generator(SHORT)], ids=["StyleGAN2", "StyleGAN3"]
)
def test_each_architecture_gets_its_directions_a_grid_and_a_card(
    made: AnyGenerator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finishing, "SEARCH_S", 1e9)
    model = saved(tmp_path, made)
    before = load_checkpoint(model).manifest
    assert "Looking for directions in 512 pictures" in finished(model)
    read, manifest, directions = load_checkpoint(model)
    found = find_directions(made)
    assert directions is not None and torch.equal(directions, found.pushes)
    z = torch.randn(2, made.widths.z_dim)
    assert manifest == before and torch.equal(read(z), made(z))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["new.md", "new.png", "new.safetensors"]
    card = model.with_suffix(".md").read_text()
    assert "old.pt" in card and "0123" in card and found.origins[0] in card


def test_where_pictures_take_too_long_it_is_played_along_the_components_of_w(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finishing, "SEARCH_S", 0.0)
    model = saved(tmp_path, tiny.generator())
    assert "too long to look for directions" in finished(model)
    assert load_checkpoint(model).directions is None
    assert "principal components" in model.with_suffix(".md").read_text()


def test_a_w_of_no_numbers_has_no_directions(tmp_path: Path) -> None:
    made = tiny.generator()
    for layer in (made.mapping.fc0, made.mapping.fc1):
        layer.weight.fill_(3e38)
    model = saved(tmp_path, made)
    assert "NaN or infinite" in finished(model)
    assert load_checkpoint(model).directions is None and model.with_suffix(".md").exists()
