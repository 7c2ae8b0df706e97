"""`performer train`: from a folder of images to a model."""

from dataclasses import dataclass
from pathlib import Path

import msgspec
import torch
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from models.augment import AUGMENTATIONS
from models.canvas import Canvas, parse_size
from models.checkpoint import CheckpointError, Images
from models.dataset import Dataset, DatasetError, load_folder
from models.device import bfloat16_is_faster, describe, keep_memory, pick_device
from models.losses import LOSSES
from models.networks import Widths
from models.run import Progress as RunProgress
from models.run import Run, load_state
from models.trainer import Recipe, Trainer, TrainingError
from performer.commands.signals import catch_signals

LIGHT = Widths(channel_base=1024, channel_max=128, z_dim=128, w_dim=128, mapping_layers=4)
FULL = Widths(channel_base=16384, channel_max=512, z_dim=512, w_dim=512, mapping_layers=8)
FEW_IMAGES = 500
MANY_IMAGES = 3000
DEFAULT_KIMG = 1000.0
FOREVER_S = 1e9


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asks for; None leaves it to the recipe."""

    images: Path
    out: Path
    size: str
    seed: int
    device: str
    kimg: float | None
    hours: float | None
    loss: str
    augment: str | None
    batch: int | None
    learning_rate: float
    r1_gamma: float | None
    channel_base: int | None
    channel_max: int | None
    mirror: bool
    noise: bool
    licence: str
    source: str
    resume: bool
    grow: Path | None


def train(options: Options, console: Console) -> None:
    """Prepare, train, and say how to play or go on."""
    state = options.out / "state.safetensors"
    if state.exists() and not options.resume:
        raise TrainingError(f"{options.out} holds a run; go on with --resume or choose another")
    if options.resume and not state.exists():
        raise TrainingError(f"{options.out} holds no run to resume")
    for name, allowed in (("loss", LOSSES), ("augment", AUGMENTATIONS)):
        asked = getattr(options, name)
        if asked is not None and asked not in allowed:
            raise TrainingError(f'--{name} "{asked}" is unknown; use {" or ".join(allowed)}')
    device = pick_device(options.device)
    if device.type == "cpu":
        keep_memory()
        torch.set_flush_denormal(True)
    saved = load_state(options.out) if options.resume else None
    canvas = saved[0].canvas if saved else parse_size(options.size)
    dataset = _load_images(options.images, canvas, console)
    images = Images(len(dataset.images), dataset.fingerprint, options.licence, options.source)
    if saved and saved[1].fingerprint != images.fingerprint:
        raise TrainingError(f"{options.images} is not what this run was trained on: go on with it")
    recipe = saved[0] if saved else _recipe(options, canvas, device, len(dataset.images))
    trainer = Trainer(recipe, dataset.images, device)
    if saved:
        trainer.restore(saved[2])
    elif options.grow:
        _grow(trainer, options.grow)
    console.print(_summary(recipe, len(dataset.images), device))
    _run(Run(options.out, trainer, saved[1] if saved else images), options, console)


def _grow(trainer: Trainer, folder: Path) -> None:
    """Start from a smaller run of the same base and widths."""
    small, _, tensors = load_state(folder)
    canvas, widths = trainer.recipe.canvas, trainer.recipe.widths
    same_base = (small.canvas.base_h, small.canvas.base_w) == (canvas.base_h, canvas.base_w)
    if not same_base or small.canvas.doublings >= canvas.doublings or small.widths != widths:
        raise CheckpointError(
            f"{folder}: a run of {small.canvas} cannot grow into {canvas}; "
            "the larger one must be the smaller doubled, with the same widths"
        )
    trainer.graft(tensors)


def _load_images(folder: Path, canvas: Canvas, console: Console) -> Dataset:
    with Progress(TextColumn("Reading images"), BarColumn(), console=console) as bar:
        task = bar.add_task("read", total=None)
        dataset = load_folder(
            folder, canvas, lambda done, total: bar.update(task, completed=done, total=total)
        )
    for path, reason in dataset.skipped.items():
        console.print(f"[yellow]skipped[/] {escape(f'{path}: {reason}')}", highlight=False)
    if len(dataset.images) < 2:
        raise DatasetError(f"{folder}: one image is not enough to train on")
    return dataset


def _recipe(options: Options, canvas: Canvas, device: torch.device, count: int) -> Recipe:
    """What is not asked for, from the canvas, the device and the number of images."""
    light = device.type == "cpu"
    batch = options.batch or (32 if light and canvas.height_px * canvas.width_px <= 4096 else 16)
    area = canvas.height_px * canvas.width_px
    gamma = options.r1_gamma
    if gamma is None:
        gamma = max(0.0002 * area / batch * (5.0 if count < FEW_IMAGES else 1.0), 0.01)
    augment = options.augment or ("none" if count >= MANY_IMAGES else "diffaugment")
    widths = LIGHT if light else FULL
    return Recipe(
        canvas,
        msgspec.structs.replace(
            widths,
            channel_base=options.channel_base or widths.channel_base,
            channel_max=options.channel_max or widths.channel_max,
        ),
        seed=options.seed,
        loss=options.loss,
        augment=augment,
        batch=batch,
        learning_rate=options.learning_rate,
        r1_gamma=gamma,
        mirror=options.mirror,
        noise=options.noise,
        bfloat16=bfloat16_is_faster(device),
        warmup_kimg=0.5 if options.grow else 0.0,
    )


def _summary(recipe: Recipe, count: int, device: torch.device) -> str:
    number = "bfloat16" if recipe.bfloat16 else "float32"
    return (
        f"{count} images on {recipe.canvas}; {describe(device)}, {number}; loss {recipe.loss}, "
        f"batch {recipe.batch}, R1 {recipe.r1_gamma:.3g}, augmentation {recipe.augment}, "
        f"seed {recipe.seed}"
    )


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
    model = run.folder / "model.safetensors"
    if stopped():
        console.print(f"Stopped and saved at {run.trainer.kimg:.1f} kimg. Go on with:")
        console.print(
            f"  performer train {options.images} --out {options.out} --resume",
            highlight=False,
            soft_wrap=True,
        )
    console.print("Play it with:")
    console.print(f"  performer play --model {model}", highlight=False, soft_wrap=True)


def _describe(progress: RunProgress) -> str:
    losses = "  ".join(f"{name} {value:.3f}" for name, value in progress.losses.items())
    minutes = progress.eta_s / 60
    eta = f"{minutes / 60:.1f} h" if minutes >= 90 else f"{minutes:.0f} min"
    return (
        f"{progress.kimg:.1f} kimg  {progress.images_per_s:.1f} images/s  {losses}  "
        f"about {eta} left"
    )
