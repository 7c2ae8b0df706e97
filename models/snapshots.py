"""What a run shows of itself now and then: a grid, a film, measures, and models to play."""

import datetime
from collections.abc import Callable
from dataclasses import asdict
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from models.board import Board
from models.checkpoint import Images, Manifest, save_checkpoint
from models.judge import Judge
from models.saves import path_of
from models.trainer import Trainer
from models.walk import film

GRID_WIDTH_PX = 1920


class Snapshots:
    """Writes into a run's folder; `say` is told what an artist should know."""

    def __init__(
        self, folder: Path, trainer: Trainer, images: Images, say: Callable[[str], None]
    ) -> None:
        self.folder, self.trainer, self.images, self.say = folder, trainer, images, say
        self._judge: Judge | None = None
        self._said: set[str] = set()

    @cached_property
    def board(self) -> Board:
        """What TensorBoard shows."""
        board = Board(self.folder / "tensorboard")
        if not board.is_there:
            self._say_once('TensorBoard is not here; pip install -e ".[train]" brings it.')
        return board

    @property
    def judge(self) -> Judge:
        """The judge of the canvas of now."""
        if self._judge is None or self._judge.stage != self.trainer.stage:
            self._judge = Judge(self.trainer, self.folder)
            if self._judge.reason:
                self._say_once(f"The pictures are not measured: {self._judge.reason}.")
        return self._judge

    @property
    def best_save(self) -> Path | None:
        """The save of the best moment so far, if any was measured."""
        best = self._judge.history.best if self._judge else None
        return path_of(self.folder, best.kimg) if best else None

    def take(self) -> set[str]:
        """Show all there is to show; the names of what is wrong with the run."""
        self.write_model("latest")
        self._film()
        judge = self.judge
        if not judge.reason:
            moment = judge.measure()
            self.board.numbers(asdict(moment.measures), self._images)
            for sentence in judge.flags.values():
                self._say_once(sentence)
        if judge.reason or judge.history.best in (None, judge.history.moments[-1]):
            self.write_model("model")
        return set(judge.flags)

    def draw_grid(self) -> None:
        """Write the grid of the same latents, named by the thousands of images shown."""
        trainer = self.trainer
        path = self.folder / "samples" / f"{trainer.kimg:09.3f}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        columns = max(2, min(8, GRID_WIDTH_PX // trainer.canvas.width_px))
        rows = max(2, columns * 2 // 3)
        pixels = grid(trainer.samples(columns * rows), columns)
        Image.fromarray(pixels).save(path)
        self.board.picture("samples", pixels, self._images)

    def write_model(self, name: str) -> None:
        """Write the averaged generator of now; raises `SaveError`."""
        trainer, recipe = self.trainer, self.trainer.recipe
        manifest = Manifest(
            canvas=trainer.canvas,
            widths=recipe.widths,
            kimg=recipe.before_kimg + trainer.kimg,
            images=self.images,
            seed=recipe.seed,
            loss=recipe.loss,
            made=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            name=self.folder.name,
        )
        save_checkpoint(self.folder / f"{name}.safetensors", trainer.averaged, manifest)

    def finish(self) -> None:
        """Write what belongs to a model that is done."""

    @property
    def _images(self) -> int:
        return round(self.trainer.kimg * 1000)

    def _film(self) -> None:
        trainer = self.trainer
        path = self.folder / "walks" / f"{trainer.kimg:09.3f}.mp4"
        batch = trainer.division.at_once
        try:
            film(trainer.averaged, path, seed=trainer.recipe.seed, batch=batch)
        except ImportError:
            self._say_once('No films of walks: PyAV is not here; pip install -e ".[train]".')

    def _say_once(self, sentence: str) -> None:
        if sentence not in self._said:
            self._said.add(sentence)
            self.say(sentence)


def grid(images: Tensor, columns: int) -> NDArray[np.uint8]:
    """uint8 (N, 3, H, W) to one picture (rows H, columns W, 3), `columns` side by side."""
    n, channels, h, w = images.shape
    rows = n // columns
    tiles = images[: rows * columns].reshape(rows, columns, channels, h, w)
    sheet: NDArray[np.uint8] = (
        tiles.permute(0, 3, 1, 4, 2).reshape(rows * h, columns * w, channels).numpy()
    )
    return sheet
