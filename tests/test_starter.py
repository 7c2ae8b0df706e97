"""The starter model and the shipped patches: there, clean, varied, and never dull or blinding."""

from pathlib import Path

import numpy as np
import pytest
import torch

from models.checkpoint import load_checkpoint
from models.runtime import Runtime
from performer.engine import Engine
from performer.parameters import BY_NAME
from performer.patch import load_patch
from performer.paths import PATCHES, STARTER_MODEL

DT_S = 1 / 30


@pytest.fixture(scope="module")
def starter() -> Runtime:
    model = load_checkpoint(STARTER_MODEL)
    return Runtime(model.generator, torch.device("cpu"), model.directions)


def test_it_is_small_wide_and_of_clean_origin() -> None:
    generator, manifest, _ = load_checkpoint(STARTER_MODEL)
    canvas = manifest.canvas
    assert STARTER_MODEL.stat().st_size < 4_000_000
    assert canvas.width_px * 9 == canvas.height_px * 16 and canvas.height_px >= 144
    assert manifest.images.licence == "MIT" and "performer paint" in manifest.images.source
    assert manifest.images.count >= 2000 and manifest.kimg > 50
    assert generator.sight is not None


def test_its_pictures_differ_from_seed_to_seed(starter: Runtime) -> None:
    random = torch.Generator().manual_seed(0)
    w = starter.map(torch.randn(12, starter.z_dim, generator=random))
    pictures = torch.stack([starter.draw(row.expand(starter.num_ws, -1), 1.0)[0] for row in w])
    assert torch.isfinite(pictures).all()
    apart = torch.cdist(pictures.flatten(1), pictures.flatten(1)) / pictures[0].numel() ** 0.5
    assert float(apart[~torch.eye(12, dtype=torch.bool)].min()) > 0.1


def test_each_of_its_directions_shows_both_ways(starter: Runtime) -> None:
    random = torch.Generator().manual_seed(3)
    w = starter.map(torch.randn(1, starter.z_dim, generator=random))
    pushes = torch.cat([torch.zeros_like(w), starter.directions(16)])

    def picture(push: torch.Tensor) -> torch.Tensor:
        return starter.draw((w + push).expand(starter.num_ws, -1), 1.0).clamp(-1, 1)

    still = picture(pushes[0])
    for push in pushes[1:]:
        for way in (-3.0, 3.0):
            assert float((picture(way * push) - still).square().mean().sqrt()) > 0.08


@pytest.mark.parametrize("path", sorted(PATCHES.glob("*.toml")), ids=lambda path: path.stem)
def test_every_patch_plays_it_without_black_white_or_stillness(
    starter: Runtime, path: Path
) -> None:
    engine = Engine(starter, load_patch(path))
    frames = [engine.frame(0.0, DT_S, ()).image.astype(np.float32) for _ in range(90)][::15]
    for frame in frames:
        assert 8 < frame.mean() < 190 and frame.std() > 8
    steps = [np.abs(a - b).mean() for a, b in zip(frames, frames[1:], strict=False)]
    assert min(steps) > 0.05
    assert engine.errors == 0


@pytest.mark.parametrize("path", sorted(PATCHES.glob("*.toml")), ids=lambda path: path.stem)
def test_no_patch_shows_the_dark_line_around_the_starters_picture(path: Path) -> None:
    """It is two pixels wide, of 256."""
    patch, zoom = load_patch(path), BY_NAME["zoom"]
    depth = sum(m.depth for m in patch.modulators if m.parameter == "zoom" and m.shape)
    nearest = patch.start["zoom"] - depth * (zoom.maximum - zoom.minimum)
    scenes = (scene.values.get("zoom", 9.0) for scene in patch.scenes.values())
    assert min(nearest, *scenes) > 256 / 252
