"""A sitting at a run: its progress, how it ends, and how to go on."""

import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec
import torch
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from models.device import pick_device, prepare
from models.ranks import Ranks, join
from models.run import Goal, Run
from models.run import Progress as RunProgress
from performer.commands.recipe import default_kimg
from performer.screen_log import log_to_screen


@dataclass(frozen=True, slots=True)
class Place:
    """Where a run is computed, and where it speaks."""

    device: torch.device
    ranks: Ranks
    console: Console

    def say(self, sentence: str, style: str = "") -> None:
        """Print as it stands: names may hold brackets, and a command must stay on one line."""
        self.console.print(sentence, style=style, markup=False, highlight=False, soft_wrap=True)

    def warn(self, sentence: str) -> None:
        """Say it in the colour of warnings."""
        self.say(sentence, "yellow")


def open_place(device_name: str, console: Console) -> Place:
    """Join the other processes of the run, if there are any, and get the device ready."""
    ranks, device = join(pick_device(device_name))
    log_to_screen()
    prepare(device)
    return Place(device, ranks, console if ranks.rank == 0 else Console(quiet=True))


def sit(
    run: Run, goal: Goal, place: Place, stopped: Callable[[], bool], *, resume: str, play: Path
) -> None:
    """Train to the goal or until `stopped`, and say what to `play` and how to `resume`."""
    columns = (BarColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=place.console) as bar:
        task = bar.add_task("the first step takes longest", total=1.0)

        def report(progress: RunProgress) -> None:
            bar.update(task, completed=progress.done, description=_describe(progress))

        run.train(goal, stop=stopped, report=report)
    if stopped():
        place.say(f"Stopped and saved at {run.trainer.kimg:.1f} kimg. Go on with:")
        place.say(f"  {resume}")
    place.say("Play it with:")
    place.say(f"  performer play {shlex.quote(str(play))}")


def goal_for(
    hours: float | None, kimg: float | None, device: torch.device, *, stop_early: bool = False
) -> Goal:
    """As asked; without a goal, what is usual on such a device."""
    goal = Goal(stop_early=stop_early)
    if hours is not None:
        goal = msgspec.structs.replace(goal, seconds=hours * 3600)
    if kimg is not None or hours is None:
        goal = msgspec.structs.replace(goal, kimg=kimg or default_kimg(device))
    return goal


def goal_words(hours: float | None, kimg: float | None) -> list[str]:
    """The goals as words of a command line."""
    goals = {"--kimg": kimg, "--hours": hours}
    return [word for name, v in goals.items() if v is not None for word in (name, f"{v:g}")]


def _describe(progress: RunProgress) -> str:
    losses = "  ".join(f"{name} {value:.3f}" for name, value in progress.losses.items())
    minutes = progress.eta_s / 60
    eta = f"{minutes / 60:.1f} h" if minutes >= 90 else f"{minutes:.0f} min"
    return (
        f"{progress.canvas}  {progress.kimg:.1f} kimg  {progress.images_per_s:.1f} images/s  "
        f"{losses}  about {eta} left"
    )
