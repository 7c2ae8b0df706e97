"""A training run on disk: its saves, sample grids and log, and the loop that writes them."""

import csv
import datetime
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
from PIL import Image
from torch import Tensor

from models.checkpoint import (
    CheckpointError,
    Images,
    Manifest,
    load_tensors,
    save_checkpoint,
    save_tensors,
)
from models.trainer import Recipe, Trainer

GRID_WIDTH_PX = 1920
SAVE_EVERY_S = 300.0
GRID_EVERY_S = 60.0
GROWING_WARMUP_KIMG = 0.5


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is; `done` is the share 0..1 of this sitting, in time."""

    done: float
    kimg: float
    images_per_s: float
    losses: dict[str, float]
    eta_s: float


class Run:
    """The folder of one run: `model.safetensors`, `state.safetensors`, `samples/`, `log.csv`."""

    def __init__(self, folder: Path, trainer: Trainer, images: Images) -> None:
        self.folder, self.trainer, self.images = folder, trainer, images

    def train(
        self,
        *,
        goal_kimg: float,
        goal_s: float,
        stop: Callable[[], bool],
        report: Callable[[Progress], None],
    ) -> None:
        """Train until a goal is reached or `stop()`; saves now and then, and at the end."""
        trainer = self.trainer
        start_s = saved_s = drawn_s = time.perf_counter()
        start_kimg = trainer.kimg
        losses: dict[str, float] = {}
        rate = 0.0
        if trainer.step == 0:
            self.draw_samples()
        steps = trainer.train()
        while trainer.kimg < goal_kimg and not stop():
            losses = next(steps)
            now_s = time.perf_counter()
            elapsed_s = now_s - start_s
            rate = (trainer.kimg - start_kimg) * 1000 / elapsed_s
            left_s = goal_s - elapsed_s
            eta_s = min((goal_kimg - trainer.kimg) * 1000 / rate, left_s)
            done = elapsed_s / (elapsed_s + max(eta_s, 1e-9))
            report(Progress(done, trainer.kimg, rate, losses, max(eta_s, 0.0)))
            if now_s - drawn_s > GRID_EVERY_S:
                self.draw_samples()
                self.log(losses, rate)
                drawn_s = now_s
            if now_s - saved_s > SAVE_EVERY_S:
                self.save()
                saved_s = now_s
            if left_s <= 0:
                break
        if losses:
            self.log(losses, rate)
        self.draw_samples()
        self.save()

    def save(self) -> None:
        """Write the state to go on from, and the model to play."""
        recipe = self.trainer.recipe
        metadata = {
            "recipe": msgspec.json.encode(recipe).decode(),
            "images": msgspec.json.encode(self.images).decode(),
        }
        save_tensors(self.folder / "state.safetensors", self.trainer.state(), metadata)
        manifest = Manifest(
            canvas=recipe.canvas,
            widths=recipe.widths,
            kimg=recipe.grown_kimg + self.trainer.kimg,
            images=self.images,
            seed=recipe.seed,
            loss=recipe.loss,
            made=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            name=self.folder.name,
        )
        save_checkpoint(self.folder / "model.safetensors", self.trainer.averaged, manifest)

    def draw_samples(self) -> None:
        """Write the grid of the same latents, named by the thousands of images shown."""
        path = self.folder / "samples" / f"{self.trainer.kimg:08.2f}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        columns = max(2, min(8, GRID_WIDTH_PX // self.trainer.recipe.canvas.width_px))
        rows = max(2, columns * 2 // 3)
        Image.fromarray(grid(self.trainer.samples(columns * rows), columns)).save(path)

    def log(self, losses: dict[str, float], images_per_s: float) -> None:
        """Append a line to `log.csv`."""
        path = self.folder / "log.csv"
        row = {"kimg": self.trainer.kimg, "images_per_s": images_per_s, **losses}
        row.setdefault("loss_G", float("nan"))
        new = not path.exists()
        with path.open("a", newline="") as file:
            writer = csv.DictWriter(file, ["kimg", "images_per_s", "loss_D", "loss_G"])
            if new:
                writer.writeheader()
            writer.writerow(row)


def load_state(folder: Path) -> tuple[Recipe, Images, dict[str, Tensor]]:
    """The recipe, images and tensors of a run's last save; raises `CheckpointError`."""
    path = folder / "state.safetensors"
    tensors, metadata = load_tensors(path)
    try:
        recipe = msgspec.json.decode(metadata["recipe"], type=Recipe)
        images = msgspec.json.decode(metadata["images"], type=Images)
    except (KeyError, msgspec.DecodeError, RecursionError) as error:
        raise CheckpointError(f"{path}: no training state of Performer's ({error})") from None
    return recipe, images, tensors


def grow_from(folder: Path, recipe: Recipe) -> tuple[Recipe, dict[str, Tensor]]:
    """The recipe to start from a run's last save, and its tensors to graft.

    Raises `CheckpointError` when the run's canvas is not the recipe's, halved.
    """
    small, _, tensors = load_state(folder)
    canvas, base = recipe.canvas, (small.canvas.base_h, small.canvas.base_w)
    if (
        base != (canvas.base_h, canvas.base_w)
        or small.canvas.doublings > canvas.doublings
        or small.widths != recipe.widths
    ):
        raise CheckpointError(
            f"{folder}: a run of {small.canvas} cannot grow into {canvas}; "
            "the larger one must be the smaller doubled, with the same widths"
        )
    kimg = small.grown_kimg + int(tensors["step"]) * small.batch / 1000
    changed = {"warmup_kimg": GROWING_WARMUP_KIMG, "grown_kimg": kimg}
    return msgspec.structs.replace(recipe, **changed), tensors


def grid(images: Tensor, columns: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """uint8 (N, H, W, 3) to one picture, `columns` side by side."""
    n, h, w, _ = images.shape
    rows = n // columns
    tiles = images[: rows * columns].reshape(rows, columns, h, w, 3)
    sheet: np.ndarray[tuple[int, ...], np.dtype[np.uint8]] = (
        tiles.permute(0, 2, 1, 3, 4).reshape(rows * h, columns * w, 3).numpy()
    )
    return sheet
