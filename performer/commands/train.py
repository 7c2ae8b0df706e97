"""`performer train`: from a folder of images to a model."""

import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from models.ancestor import Ancestor, read_ancestor
from models.canvas import DEFAULT_SIZE, Canvas, parse_size
from models.checkpoint import CheckpointError, Images
from models.dataset import Dataset, load_images, open_source
from models.division import TrainingError
from models.image_source import DatasetError
from models.pace import images_per_s
from models.run import Run
from models.saves import Saves
from models.trainer import Trainer
from performer.commands.recipe import (
    for_hours,
    frozen_for,
    new_recipe,
    summary,
)
from performer.commands.resume import check_start, resumed_recipe, start_options
from performer.commands.sitting import Place, goal_for, goal_words, open_place, sit


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asks for; `asked` are the parts of the recipe that were given."""

    images: Path
    out: Path
    size: str | None
    fit: str | None
    frames: int | None
    device: str
    kimg: float | None
    hours: float | None
    stop_early: bool
    licence: str
    source: str
    resume: bool
    best: bool
    changed_images: bool
    grow: Path | None
    start_from: Path | None
    asked: dict[str, Any]


def train(options: Options, console: Console, stopped: Callable[[], bool]) -> None:
    """Prepare, train, and say how to play or go on."""
    _check(options)
    place = open_place(options.device, console)
    try:
        run = (_resumed if options.resume else _new)(options, place)
        for line in summary(run.trainer.recipe, run.images.count, place.device):
            place.say(line)
        goal = goal_for(options.hours, options.kimg, place.device, stop_early=options.stop_early)
        resume = _resume_command(options)
        sit(run, goal, place, stopped, resume=resume, play=run.folder)
    finally:
        place.ranks.leave()


def _check(options: Options) -> None:
    out, resume = options.out, options.resume
    if out.exists() and not out.is_dir():
        raise TrainingError(f"{out} is a file; --out names the folder of the run")
    holds_run = bool(Saves(out).files)
    if holds_run and not resume:
        raise TrainingError(f"{out} holds a run; go on with --resume or choose another")
    if resume and not holds_run:
        raise TrainingError(f"{out} holds no run to resume")
    if options.grow and options.start_from:
        raise TrainingError("--grow is for a larger canvas and --from for the same; use one")
    if not resume and (options.best or options.changed_images):
        raise TrainingError("--best and --changed-images are for --resume")


def _new(options: Options, place: Place) -> Run:
    ancestor, canvas = _ancestor(options)
    fit = options.fit or "crop"
    dataset, frames = _load_images(options.images, canvas, fit, options.frames, place)
    count, asked = len(dataset.images), dict(options.asked)
    if options.start_from and ancestor and ancestor.has_discriminator:
        asked.setdefault("frozen_layers", frozen_for(canvas))
    recipe = new_recipe(canvas, place.device, count, asked, kimg=options.kimg, ancestor=ancestor)
    if options.hours:
        rates = images_per_s(recipe, dataset.images, place.device, place.ranks)
        recipe = for_hours(recipe, rates, options.hours)
    trainer = Trainer(recipe, dataset.images, place.device, place.ranks)
    if ancestor:
        trainer.graft(ancestor.tensors)
    images = Images(count, dataset.fingerprint, options.licence, options.source, fit, frames)
    start = start_options(options.start_from, options.grow)
    return Run(options.out, trainer, images, place.warn, start=start)


def _ancestor(options: Options) -> tuple[Ancestor | None, Canvas]:
    """What the run starts from, and its canvas."""
    if options.start_from:
        ancestor = read_ancestor(options.start_from)
        canvas = parse_size(options.size) if options.size else ancestor.canvas
        ancestor.check_is(canvas)
        return ancestor, canvas
    canvas = parse_size(options.size or DEFAULT_SIZE)
    if options.grow:
        ancestor = read_ancestor(options.grow)
        ancestor.check_grows_into(canvas)
        return ancestor, canvas
    return None, canvas


def _resumed(options: Options, place: Place) -> Run:
    saves = Saves(options.out)
    save, tensors = saves.go_back_to_best() if options.best else saves.load()
    prepared = {"size": options.size, "fit": options.fit, "frames": options.frames}
    asked = options.asked | {name: value for name, value in prepared.items() if value}
    recipe, images = resumed_recipe(save, asked), _named(options, save.images)
    check_start(save, options.start_from, options.grow)
    frames = images.frames or None
    dataset, _ = _load_images(options.images, recipe.canvas, images.fit, frames, place)
    if dataset.fingerprint != images.fingerprint:
        images = _changed(options, images, dataset)
    trainer = Trainer(recipe, dataset.images, place.device, place.ranks)
    try:
        trainer.restore(tensors)
    except (KeyError, ValueError, RuntimeError) as error:
        reason = str(error).partition("\n")[0]
        raise CheckpointError(
            f"{options.out}: its save is not the whole state of its run ({reason})"
        ) from None
    return Run(options.out, trainer, images, place.warn, start=save.start)


def _named(options: Options, before: Images) -> Images:
    """The images with another licence and source, where those are given."""
    told = {"licence": options.licence, "source": options.source}
    return msgspec.structs.replace(before, **{name: text for name, text in told.items() if text})


def _changed(options: Options, before: Images, dataset: Dataset) -> Images:
    """The images to go on with instead of those of before, if that was asked for."""
    if not options.changed_images:
        raise TrainingError(
            f"{options.images} does not hold the images that this run was trained on; resume "
            "with those, add --changed-images to go on with these, or start a new run"
        )
    now = {"count": len(dataset.images), "fingerprint": dataset.fingerprint}
    return msgspec.structs.replace(before, **now)


def _load_images(
    path: Path, canvas: Canvas, fit: str, frames: int | None, place: Place
) -> tuple[Dataset, int]:
    """The prepared images, and how many frames were asked of a video."""
    source = open_source(path, frames)
    if place.ranks.rank > 0:
        place.ranks.wait()  # The first one prepares, the others find what it kept.
    with Progress(TextColumn("Reading images"), BarColumn(), console=place.console) as bar:
        task = bar.add_task("read", total=None)

        def progress(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        dataset = load_images(source, canvas, progress, fit)
    if place.ranks.rank == 0:
        place.ranks.wait()
    for skipped, reason in dataset.skipped.items():
        place.warn(f"skipped {skipped}: {reason}")
    if len(dataset.images) < 2:
        raise DatasetError(f"{path}: one image is not enough to train on")
    return dataset, source.frames


def _resume_command(options: Options) -> str:
    words = ["performer", "train", str(options.images), "--out", str(options.out), "--resume"]
    words += goal_words(options.hours, options.kimg)
    return shlex.join(words + (["--stop-early"] if options.stop_early else []))
