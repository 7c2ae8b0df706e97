"""`performer train-gesture`: learns an artist's way of moving parameters from takes."""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import torch
from rich import box
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from models.adversaries import DivergedError
from models.checkpoint import sha256_of
from models.device import prepare
from models.division import TrainingError
from models.gestures.checkpoint import GestureManifest, LearntTake, save_gestures
from models.gestures.judge import Judge
from models.gestures.measures import MEASURED_STEPS, TITLES, measure, noise_walks
from models.gestures.networks import GestureGenerator
from models.gestures.recipe import RATE_HZ, GestureRecipe
from models.gestures.trainer import CPU, GestureTrainer, Trace, draw_trace
from performer.takes import Take
from performer.traces import PLAYABLE, moved, trace

SHORTEST_S = 30.0
LITTLE_S = 600.0
LOOK_EVERY = 50  # steps, some seconds each


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asks for; `held_out` are takes to measure by, of which none is learnt.

    It ends after `minutes`.
    """

    takes: tuple[Path, ...]
    out: Path
    held_out: tuple[Path, ...]
    minutes: float
    recipe: GestureRecipe


def train_gesture(options: Options, console: Console, stopped: Callable[[], bool]) -> None:
    """Read the takes, learn, write the file and say how alike it is; raises the readers' errors."""
    prepare(CPU)
    torch.set_num_threads(1)  # More only wait for each other.
    whole, held_out = _read(options.takes), _read(options.held_out)
    columns = moved(whole)
    if not columns:
        raise TrainingError(f"{options.takes[0]}: nothing that can be learnt is moved in any take")
    traces = [one[:, columns] for one in whole]
    names = tuple(PLAYABLE[i].name for i in columns)
    say = partial(console.print, markup=False, highlight=False, soft_wrap=True)
    seconds = sum(map(len, traces)) / RATE_HZ
    say(f"{seconds / 60:.1f} minutes of takes move {', '.join(names)}.")
    if seconds < LITTLE_S:
        say("Ten minutes or more give it more to learn.")
    trainer = GestureTrainer(options.recipe, traces)
    judge = Judge(traces, options.recipe.seed)
    try:
        _train(trainer, judge, options.minutes * 60.0, console, stopped)
    except DivergedError:
        say("The losses became NaN; another --seed may do better.")
    if judge.best is None:
        raise TrainingError("nothing was learnt; try another --seed or --loss")
    save_gestures(options.out, judge.best, _manifest(options, traces, names, judge.kimg))
    beside = [one[:, columns] for one in held_out]
    console.print(table(judge.best, traces, beside, options.recipe.seed))
    say("Play it with:")
    say(f"  performer play --autopilot {options.out}")


def _read(paths: Sequence[Path]) -> list[Trace]:
    """What is moved in takes; raises `TakeError`, and `TrainingError` where one is too short."""
    traces = [trace(Take(path), RATE_HZ) for path in paths]
    for path, found in zip(paths, traces, strict=True):
        if len(found) < SHORTEST_S * RATE_HZ:
            raise TrainingError(
                f"{path}: is {len(found) / RATE_HZ:.0f} s long; a take of {SHORTEST_S:g} s is the "
                "shortest that can be learnt from"
            )
    return traces


def _train(
    trainer: GestureTrainer,
    judge: Judge,
    seconds: float,
    console: Console,
    stopped: Callable[[], bool],
) -> None:
    """Train for so long, or until `stopped`; the judge looks now and then, and at the end."""
    columns = (BarColumn(), TextColumn("{task.description}"), TimeRemainingColumn())
    begin_s = time.perf_counter()
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("", total=seconds)
        for losses in trainer.train():
            elapsed_s = time.perf_counter() - begin_s
            is_over = stopped() or elapsed_s >= seconds
            if is_over or trainer.step % LOOK_EVERY == 0:
                judge.look(trainer.averaged, trainer.kimg)
            told = losses | {"best": judge.score}
            words = "  ".join(f"{name} {value:.3f}" for name, value in told.items())
            bar.update(task, completed=elapsed_s, description=f"step {trainer.step}  {words}")
            if is_over:
                return


def _manifest(
    options: Options, traces: Sequence[Trace], names: tuple[str, ...], kimg: float
) -> GestureManifest:
    recipe = options.recipe
    learnt = [
        LearntTake(path.name, sha256_of(path), len(found) / RATE_HZ)
        for path, found in zip(options.takes, traces, strict=True)
    ]
    return GestureManifest(
        parameters=names,
        hidden=recipe.hidden,
        noise=recipe.noise,
        slow=recipe.slow,
        rate_hz=RATE_HZ,
        kimg=kimg,
        loss=recipe.loss,
        seed=recipe.seed,
        takes=tuple(learnt),
        made=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def table(
    generator: GestureGenerator, takes: Sequence[Trace], held_out: Sequence[Trace], seed: int
) -> Table:
    """The measures of the gestures, of held-out takes if there are some, and of noise walks."""
    steps = MEASURED_STEPS
    columns = {"Gestures": [draw_trace(generator, steps, seed=seed + 1)]}
    if held_out:
        columns["Held-out takes"] = list(held_out)
    columns["Noise walks"] = [noise_walks(takes, steps, seed=seed)]
    made = Table(box=box.SIMPLE, caption="Against the takes that were learnt from; 0 is like them.")
    made.add_column("Measure")
    measured = {name: asdict(measure(traces, takes)) for name, traces in columns.items()}
    for name in columns:
        made.add_column(name, justify="right")
    for key, title in TITLES.items():
        made.add_row(title, *(f"{values[key]:.3f}" for values in measured.values()))
    return made
