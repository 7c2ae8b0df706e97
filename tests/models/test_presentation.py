"""What lies beside a finished model: a grid of its pictures, and a card that shows it."""

from pathlib import Path

import numpy as np
import tiny
import torch
from PIL import Image

from models.canvas import Canvas, canvas_of
from models.presentation import grid, grid_size, write_grid, write_model_card
from models.sampling import draw


def test_a_grid_is_read_like_a_page() -> None:
    tiles = torch.arange(6, dtype=torch.uint8)[:, None, None, None].expand(6, 3, 2, 4)
    sheet = grid(tiles, 3)
    assert sheet.shape == (4, 12, 3)
    assert sheet[::2, ::4, 0].tolist() == [[0, 1, 2], [3, 4, 5]]


def test_a_grid_is_about_as_wide_as_a_screen() -> None:
    assert grid_size(canvas_of(64, 64)) == (8, 5)
    assert grid_size(canvas_of(512, 512)) == (3, 2)
    assert grid_size(Canvas(4, 4, 9)) == (2, 2)


def test_grid_and_card_lie_beside_the_model(tmp_path: Path) -> None:
    made, model = tiny.generator(), tmp_path / "tides.of.may.safetensors"
    assert 0 < write_grid(model, made, seed=3) < 60
    write_model_card(model, made, tiny.manifest(name="tides"), None)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["tides.of.may.md", "tides.of.may.png"]
    sheet = np.asarray(Image.open(tmp_path / "tides.of.may.png"))
    assert np.array_equal(sheet, grid(draw(made, 40, seed=3), 8))
    card = (tmp_path / "tides.of.may.md").read_text()
    assert "(tides.of.may.png)" in card and "tides.of.may.safetensors" in card
    assert f"{sum(p.numel() for p in made.parameters()):,} parameters" in card
