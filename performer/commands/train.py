"""`performer train`: from a folder of images to a model."""

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from models.canvas import DEFAULT_SIZE, Canvas, parse_size
from models.checkpoint import CheckpointError, Images
from models.dataset import Dataset, load_images, open_source
from models.device import keep_memory, pick_device
from models.image_source import DatasetError
from models.run import Progress as RunProgress
from models.run import Run, grow_from, load_state
from models.trainer import Trainer, TrainingError
from performer.commands.recipe import new_recipe, resumed_recipe, summary
from performer.commands.signals import catch_signals

DEFAULT_KIMG = 1000.0
FOREVER_S = 1e9


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asks for; `asked` are the fields of the recipe that were given."""

    images: Path
    out: Path
    size: str | None
    fit: str | None
    frames: int | None
    device: str
    kimg: float | None
    hours: float | None
    licence: str
    source: str
    resume: bool
    grow: Path | None
    asked: dict[str, Any]


def train(options: Options, console: Console) -> None:
    """Prepare, train, and say how to play or go on."""
    _check_folder(options)
    device = pick_device(options.device)
    if device.type == "cpu":
        keep_memory()
        torch.set_flush_denormal(True)
    prepare = _resumed if options.resume else _new
    run = prepare(options, device, console)
    _say(console, summary(run.trainer.recipe, run.images.count, device))
    _run(run, options, console)


def _check_folder(options: Options) -> None:
    if options.out.exists() and not options.out.is_dir():
        raise TrainingError(f"{options.out} is a file; --out names the folder of the run")
    holds_run = (options.out / "state.safetensors").exists()
    if holds_run and not options.resume:
        raise TrainingError(f"{options.out} holds a run; go on with --resume or choose another")
    if options.resume and not holds_run:
        raise TrainingError(f"{options.out} holds no run to resume")


def _new(options: Options, device: torch.device, console: Console) -> Run:
    canvas = parse_size(options.size or DEFAULT_SIZE)
    fit = options.fit or "crop"
    dataset, frames = _load_images(options.images, canvas, fit, options.frames, console)
    count = len(dataset.images)
    recipe = new_recipe(canvas, device, count, options.asked)
    images = Images(count, dataset.fingerprint, options.licence, options.source, fit, frames)
    if options.grow is None:
        return Run(options.out, Trainer(recipe, dataset.images, device), images)
    recipe, tensors = grow_from(options.grow, recipe)
    trainer = Trainer(recipe, dataset.images, device)
    trainer.graft(tensors)
    return Run(options.out, trainer, images)


def _resumed(options: Options, device: torch.device, console: Console) -> Run:
    recipe, images, tensors = load_state(options.out)
    prepared = {"size": options.size, "fit": options.fit, "frames": options.frames}
    asked = options.asked | {name: value for name, value in prepared.items() if value}
    recipe = resumed_recipe(recipe, asked)
    frames = images.frames or None
    dataset, _ = _load_images(options.images, recipe.canvas, images.fit, frames, console)
    if dataset.fingerprint != images.fingerprint:
        raise TrainingError(
            f"{options.images} does not hold the images that this run was trained on; "
            "resume with those, or start a new run"
        )
    trainer = Trainer(recipe, dataset.images, device)
    try:
        trainer.restore(tensors)
    except (KeyError, ValueError, RuntimeError) as error:
        reason = str(error).partition("\n")[0]
        raise CheckpointError(
            f"{options.out / 'state.safetensors'}: not the whole state of its run ({reason})"
        ) from None
    return Run(options.out, trainer, images)


def _load_images(
    path: Path, canvas: Canvas, fit: str, frames: int | None, console: Console
) -> tuple[Dataset, int]:
    """The prepared images, and how many frames were asked of a video."""
    source = open_source(path, frames)
    with Progress(TextColumn("Reading images"), BarColumn(), console=console) as bar:
        task = bar.add_task("read", total=None)

        def progress(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        dataset = load_images(source, canvas, progress, fit)
    for skipped, reason in dataset.skipped.items():
        _say(console, f"skipped {skipped}: {reason}", "yellow")
    if len(dataset.images) < 2:
        raise DatasetError(f"{path}: one image is not enough to train on")
    return dataset, source.frames


def _run(run: Run, options: Options, console: Console) -> None:
    stopped = catch_signals()
    goal_kimg = options.kimg
    if goal_kimg is None:
        goal_kimg = DEFAULT_KIMG if options.hours is None else FOREVER_S
    goal_s = FOREVER_S if options.hours is None else options.hours * 3600
    columns = (BarColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("the first step takes longest", total=1.0)

        def report(progress: RunProgress) -> None:
            bar.update(task, completed=progress.done, description=_describe(progress))

        run.train(goal_kimg=goal_kimg, goal_s=goal_s, stop=stopped, report=report)
    if stopped():
        _say(console, f"Stopped and saved at {run.trainer.kimg:.1f} kimg. Go on with:")
        _say(console, f"  {_resume_command(options)}")
    model = run.folder / "model.safetensors"
    _say(console, "Play it with:")
    _say(console, f"  performer play --model {shlex.quote(str(model))}")


def _resume_command(options: Options) -> str:
    words = ["performer", "train", str(options.images), "--out", str(options.out), "--resume"]
    for name in ("kimg", "hours"):
        goal = getattr(options, name)
        words += [f"--{name}", f"{goal:g}"] if goal is not None else []
    return shlex.join(words)


def _say(console: Console, sentence: str, style: str = "") -> None:
    """Print as it stands: file names may hold brackets, and a command must stay on one line."""
    console.print(sentence, style=style, markup=False, highlight=False, soft_wrap=True)


def _describe(progress: RunProgress) -> str:
    losses = "  ".join(f"{name} {value:.3f}" for name, value in progress.losses.items())
    minutes = progress.eta_s / 60
    eta = f"{minutes / 60:.1f} h" if minutes >= 90 else f"{minutes:.0f} min"
    return (
        f"{progress.kimg:.1f} kimg  {progress.images_per_s:.1f} images/s  {losses}  "
        f"about {eta} left"
    )
