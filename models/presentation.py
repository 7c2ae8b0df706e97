"""What lies beside a finished model: a grid of its pictures, and its card."""

import time
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from models.architectures import AnyGenerator, count_weights
from models.canvas import Canvas
from models.card import card, write_card
from models.checkpoint import Manifest
from models.directions import Directions
from models.metrics import Measures
from models.sampling import draw_parts

GRID_WIDTH_PX = 1920


def grid_size(canvas: Canvas) -> tuple[int, int]:
    """Columns and rows of a grid of such pictures."""
    columns = max(2, min(8, GRID_WIDTH_PX // canvas.width_px))
    return columns, max(2, columns * 2 // 3)


def grid(images: Tensor, columns: int) -> NDArray[np.uint8]:
    """uint8 (N, 3, H, W) to one picture (rows H, columns W, 3), `columns` side by side."""
    n, channels, h, w = images.shape
    rows = n // columns
    tiles = images[: rows * columns].reshape(rows, columns, channels, h, w)
    sheet: NDArray[np.uint8] = (
        tiles.permute(0, 3, 1, 4, 2).reshape(rows * h, columns * w, channels).numpy()
    )
    return sheet


def write_grid(model: Path, generator: AnyGenerator, seed: int) -> float:
    """Write a .png of pictures beside the model's file; returns how many seconds one took."""
    columns, rows = grid_size(generator.canvas)
    parts, seconds, start_s = [], [], time.perf_counter()
    for part in draw_parts(generator, columns * rows, seed=seed, batch=rows):
        parts.append(part)
        seconds.append((time.perf_counter() - start_s) / len(part))
        start_s = time.perf_counter()
    Image.fromarray(grid(torch.cat(parts), columns)).save(_picture(model))
    return min(seconds)  # The first ones on a device are slow.


def write_model_card(
    model: Path,
    generator: AnyGenerator,
    manifest: Manifest,
    directions: Directions | None,
    *,
    measures: Measures | None = None,
    floor: Measures | None = None,
) -> None:
    """Write the card beside the model's file and the grid of its pictures."""
    text = card(
        manifest,
        directions,
        parameters=count_weights(generator),
        model=model.name,
        picture=_picture(model).name,
        measures=measures,
        floor=floor,
    )
    write_card(model, text)


def _picture(model: Path) -> Path:
    return model.with_suffix(".png")
