"""What a run shows of itself now and then: a grid, a film, measures, and models to play."""

import datetime
from collections.abc import Callable
from copy import deepcopy
from dataclasses import asdict
from functools import cached_property
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from models.architectures import AnyGenerator
from models.board import Board
from models.checkpoint import Images, Manifest, load_checkpoint, save_checkpoint
from models.directions import Directions, align, find_directions
from models.history import TABLE, forget_after
from models.judge import Judge
from models.networks import Generator
from models.presentation import grid, grid_size, write_grid, write_model_card
from models.runtime import Runtime
from models.saves import path_of
from models.sight_learning import learn_sight
from models.trainer import Trainer
from models.walk import film
from performer.extras import install_command

SIGHT_FROM_KIMG = 20.0  # before, there is little to see


class Snapshots:
    """Writes into a run's folder; `say` is told what an artist should know."""

    def __init__(
        self, folder: Path, trainer: Trainer, images: Images, say: Callable[[str], None]
    ) -> None:
        self.folder, self.trainer, self.images, self.say = folder, trainer, images, say
        self._judge: Judge | None = None
        self._directions: Tensor | None = None
        self._said: set[str] = set()

    @cached_property
    def board(self) -> Board:
        """What TensorBoard shows."""
        board = Board(self.folder / "tensorboard")
        if not board.is_there:
            self._say_once(f"TensorBoard is not here: {install_command('train')}")
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
        self.find_directions()
        self.write_model("latest")
        self.film()
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
        columns, rows = grid_size(trainer.canvas)
        pixels = grid(trainer.samples(columns * rows), columns)
        Image.fromarray(pixels).save(path)
        self.board.picture("samples", pixels, self._images)

    def write_model(self, name: str) -> None:
        """Write the averaged generator of now; raises `SaveError`."""
        path = self.folder / f"{name}.safetensors"
        save_checkpoint(path, self.trainer.averaged, self.manifest(), self._directions)

    def manifest(self) -> Manifest:
        """What the model of now tells about itself."""
        trainer, recipe = self.trainer, self.trainer.recipe
        return Manifest(
            canvas=trainer.canvas,
            widths=recipe.widths,
            kimg=recipe.before_kimg + trainer.kimg,
            images=self.images,
            seed=recipe.seed,
            loss=recipe.loss,
            made=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            name=self.folder.name,
            before=recipe.before,
        )

    def forget_after(self, kimg: float) -> None:
        """Remove from the tables what lies beyond the point from where a run goes on."""
        forget_after(self.folder / TABLE, kimg)

    def finish(self, stop: Callable[[], bool]) -> None:
        """Write the card of the best model, with a grid of its pictures.

        If it was trained for long it gets its sight, which takes some minutes, unless `stop()`.
        """
        path = self.folder / "model.safetensors"
        generator, manifest, stored = load_checkpoint(path)
        generator.to(self.trainer.device)
        if isinstance(generator, Generator) and self.trainer.kimg >= SIGHT_FROM_KIMG:
            self.say("Learning how fast its pictures change, so that it wanders evenly.")
            runtime = Runtime(deepcopy(generator), self.trainer.device)
            generator.sight = learn_sight(runtime, stop=stop)
            save_checkpoint(path, generator, manifest, stored)
        write_grid(path, generator, manifest.seed)
        judge, best = self._judge, self._judge.history.best if self._judge else None
        write_model_card(
            path,
            generator,
            manifest,
            _directions_like(generator, stored),
            measures=best.measures if best else None,
            floor=judge.floor if judge else None,
        )

    def find_directions(self) -> None:
        """Those of now, each where it was before, so that a knob keeps what it does."""
        try:
            found = _directions_like(self.trainer.averaged, self._directions)
        except torch.linalg.LinAlgError:  # type: ignore[attr-defined]
            return  # The run is broken, which its measures tell.
        self._directions = found.pushes

    @property
    def _images(self) -> int:
        return round(self.trainer.kimg * 1000)

    def film(self) -> None:
        """Write a film of a walk, where PyAV is there."""
        trainer = self.trainer
        path = self.folder / "walks" / f"{trainer.kimg:09.3f}.mp4"
        batch = trainer.division.at_once
        try:
            film(trainer.averaged, path, seed=trainer.recipe.seed, batch=batch)
        except ImportError:
            self._say_once(f"No films of walks: PyAV is not here: {install_command('train')}")

    def _say_once(self, sentence: str) -> None:
        if sentence not in self._said:
            self._said.add(sentence)
            self.say(sentence)


def _directions_like(generator: AnyGenerator, before: Tensor | None) -> Directions:
    """A generator's directions, in the order and with the signs of those `before`, if any."""
    found = find_directions(generator)
    return found if before is None else align(found, before)
