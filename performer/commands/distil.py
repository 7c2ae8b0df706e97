"""`performer distil`: from a model to a narrower one that plays alike on a smaller machine."""

import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from rich.console import Console

from models.canvas import Canvas
from models.checkpoint import CheckpointError, Images
from models.device import best_precision, describe
from models.distil.distiller import Distiller
from models.distil.likeness import COMPARED_SEED
from models.distil.sizes import TARGETS, asked_size, student_size
from models.distil.snapshots import StudentSnapshots
from models.distil.teacher import Teacher, read_teacher
from models.division import TrainingError
from models.networks import Widths, has_noise
from models.recipe import Recipe, Stage
from models.run import Run
from models.saves import Save, Saves, StartOptions
from performer.commands.recipe import MANY_IMAGES, gamma_for
from performer.commands.resume import refusal
from performer.commands.sitting import Place, goal_for, goal_words, open_place, sit
from performer.paths import BEST_MODEL

COMPARED_PIXELS = 1 << 24
COMPARED_BOUNDS = (32, 256)


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asks for."""

    model: Path
    target: str
    out: Path | None
    hours: float | None
    kimg: float | None
    channel_base: int | None
    channel_max: int | None
    device: str
    resume: bool

    @property
    def folder(self) -> Path:
        """The folder of the run."""
        return self.out or self.model.with_name(f"{self.model.stem}-{self.target}")


def distil(options: Options, console: Console, stopped: Callable[[], bool]) -> None:
    """Prepare, distil, and say how to play or go on."""
    _check(options)
    place = open_place(options.device, console)
    try:
        teacher = read_teacher(options.model, place.device)
        run = (_resumed if options.resume else _new)(options, teacher, place)
        for line in summary(run.trainer.recipe, teacher, place.device):
            place.say(line)
        goal = goal_for(options.hours, options.kimg, place.device)
        # Not the folder: a run that is followed is played by an engine that is slower.
        play, resume = options.folder / BEST_MODEL, _resume_command(options)
        sit(run, goal, place, stopped, resume=resume, play=play)
    finally:
        place.ranks.leave()


def _check(options: Options) -> None:
    out = options.folder
    if options.target not in TARGETS:
        raise TrainingError(f'--target "{options.target}" is unknown; use {" or ".join(TARGETS)}')
    if out.exists() and not out.is_dir():
        raise TrainingError(f"{out} is a file; --out names the folder of the student's run")
    holds_run = bool(Saves(out).files)
    if holds_run and not options.resume:
        raise TrainingError(f"{out} holds a run; go on with --resume or choose another with --out")
    if options.resume and not holds_run:
        raise TrainingError(f"{out} holds no run to resume")


def _new(options: Options, teacher: Teacher, place: Place) -> Run:
    canvas, widths = _size(options, teacher)
    images = Images(0, teacher.sha256)
    recipe = new_recipe(teacher, canvas, widths, place.device)
    start = StartOptions(target=options.target)
    return _run(recipe, teacher, images, options, place, start)


def _size(options: Options, teacher: Teacher) -> tuple[Canvas, Widths]:
    """The student's canvas and widths; raises `TrainingError` where there is nothing to gain."""
    own = teacher.manifest.canvas, teacher.manifest.widths
    base, most = options.channel_base, options.channel_max
    canvas, widths = (
        asked_size(*own, base, most) if base or most
        else student_size(*own, TARGETS[options.target])
    )  # fmt: skip
    as_wide = all(widths.channels(i) >= own[1].channels(i) for i in canvas.levels)
    if as_wide and canvas == own[0]:
        raise TrainingError(
            f"{teacher.path}: a student for --target {options.target} would be as wide as the "
            "model itself, which is light enough; for a narrower one use --channel-base"
        )
    return canvas, widths


def _resumed(options: Options, teacher: Teacher, place: Place) -> Run:
    save, tensors = Saves(options.folder).load()
    if save.images.fingerprint != teacher.sha256:
        raise TrainingError(
            f"{options.model} is not the model that {options.folder} learns from; resume with "
            "that one, or start a new run"
        )
    _check_unchanged(options, teacher, save)
    run = _run(save.recipe, teacher, save.images, options, place, save.start)
    try:
        run.trainer.restore(tensors)
    except (KeyError, ValueError, RuntimeError) as error:
        reason = str(error).partition("\n")[0]
        raise CheckpointError(
            f"{options.folder}: its save is not the whole state of its run ({reason})"
        ) from None
    return run


def _check_unchanged(options: Options, teacher: Teacher, save: Save) -> None:
    """Raises `TrainingError` if another target or other widths are asked for than the run has."""
    before = save.start.target if save.start else ""
    if before and before != options.target:
        raise refusal([("--target", before, options.target)])
    names = {"--channel-base": options.channel_base, "--channel-max": options.channel_max}
    asked = {name: value for name, value in names.items() if value}
    if not asked:
        return
    own, recipe = teacher.manifest, save.recipe
    size = asked_size(own.canvas, own.widths, options.channel_base, options.channel_max)
    before, now = _channels(recipe.canvas, recipe.widths), _channels(*size)
    if before != now:
        words = ", ".join(f"{name} {value}" for name, value in asked.items())
        changed = (" and ".join(asked), f"channels {before}", f"channels {now} ({words})")
        raise refusal([changed])


def _run(
    recipe: Recipe,
    teacher: Teacher,
    images: Images,
    options: Options,
    place: Place,
    start: StartOptions | None,
) -> Run:
    place.say("Looking at the model.")
    pictures = compared(teacher, recipe.canvas)
    distiller = Distiller(recipe, teacher, pictures, place.device, place.ranks)
    snapshots = StudentSnapshots(options.folder, distiller, images, place.warn)
    return Run(options.folder, distiller, images, place.warn, snapshots, start)


def new_recipe(teacher: Teacher, canvas: Canvas, widths: Widths, device: torch.device) -> Recipe:
    """The recipe of a student: one stage, for it begins with what its teacher knows.

    There are as many images as one likes, so that nothing is augmented.
    """
    light = device.type == "cpu"
    batch = 8 if light else 16
    area = canvas.height_px * canvas.width_px
    stage = Stage(
        doublings=canvas.doublings,
        kimg=1.0,
        r1_gamma=gamma_for(area, MANY_IMAGES, batch, light=light),
        noise=has_noise(teacher.generator.state_dict()),
    )
    precision = best_precision(device)
    before = teacher.manifest.lineage
    return Recipe(
        canvas, widths, (stage,), batch=batch, augment="none", precision=precision, before=before
    )


def compared(teacher: Teacher, canvas: Canvas) -> torch.Tensor:
    """The teacher's pictures by which a student is measured, uint8 (N, 3, H, W) of its canvas."""
    own, (low, high) = teacher.manifest.canvas, COMPARED_BOUNDS
    count = min(max(COMPARED_PIXELS // (own.height_px * own.width_px), low), high)
    return teacher.draw(count, seed=COMPARED_SEED, canvas=canvas)


def summary(recipe: Recipe, teacher: Teacher, device: torch.device) -> list[str]:
    """The student in a few lines."""
    own, canvas = teacher.manifest, recipe.canvas
    lines = [
        f"Teacher {own.name or teacher.path.stem}: {own.canvas}, channels "
        + _channels(own.canvas, own.widths),
        f"Student: {canvas}, channels {_channels(canvas, recipe.widths)}",
        f"{describe(device)}, {recipe.precision}; batch {recipe.batch}, learning rate "
        f"{recipe.learning_rate:g}, R1 {recipe.stages[0].r1_gamma:.3g}",
    ]
    if canvas != own.canvas:
        lines.append(
            f"The student is smaller: {own.canvas} would be too slow for 30 frames/s. Its layers "
            "are the teacher's up to that size; the finer ones are left out."
        )
    return lines


def _channels(canvas: Canvas, widths: Widths) -> str:
    return " ".join(str(widths.channels(level)) for level in canvas.levels)


def _resume_command(options: Options) -> str:
    words = ["performer", "distil", str(options.model), "--target", options.target]
    words += ["--out", str(options.folder), "--resume"]
    return shlex.join(words + goal_words(options.hours, options.kimg))
