"""A training run on disk, and the loop that writes it: saves, models, samples, films, measures.

RUN/model.safetensors    the best model so far: what to play
RUN/latest.safetensors   the newest: what one hears grow
RUN/saves/               states to go on from: the last three and the best
RUN/samples/, walks/     the same latents each time, as a grid and as a film
RUN/log.csv, measures.csv, tensorboard/
"""

import csv
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from models.adversaries import DivergedError
from models.checkpoint import Images, SaveError
from models.division import TrainingError
from models.saves import Saves, StartOptions
from models.snapshots import Snapshots
from models.trainer import Trainer
from models.watch import STOPPING

SNAPSHOT_EVERY_S = 300.0
SNAPSHOT_SHARE = 0.04
GRID_EVERY_S = 60.0
ROLLBACKS_MAXIMUM = 2
LOG_COLUMNS = ["kimg", "canvas", "images_per_s", "loss_D", "loss_G", "p", "sign_real"]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is; `done` is the share 0..1 of this sitting, in time."""

    done: float
    kimg: float
    canvas: str
    images_per_s: float
    losses: dict[str, float]
    eta_s: float


class Goal(msgspec.Struct, frozen=True):
    """When to end: after so many thousand images in all, after so long in this sitting."""

    kimg: float = 1e9
    seconds: float = 1e9
    stop_early: bool = False


class Run:
    """One run: `train` goes on until the goal."""

    def __init__(
        self,
        folder: Path,
        trainer: Trainer,
        images: Images,
        say: Callable[[str], None] = print,
        snapshots: Snapshots | None = None,
        start: StartOptions | None = None,
    ) -> None:
        """`say` is told what an artist should know, a sentence each; `start` is kept in saves."""
        self.folder, self.trainer, self.images, self.say = folder, trainer, images, say
        self.saves = Saves(folder, start)
        self.writes = trainer.ranks.rank == 0
        self.snapshots = snapshots or Snapshots(folder, trainer, images, say)
        self._rollbacks, self._kept = 0, -1

    def train(
        self, goal: Goal, *, stop: Callable[[], bool], report: Callable[[Progress], None]
    ) -> None:
        """Train until a goal is reached or `stop()`; saves now and then, and at the end."""
        self._pace = _Pace(self.trainer, goal)
        self._ended = False
        if self.writes:
            self._begin()
        steps = self.trainer.train()
        losses: dict[str, float] = {}
        while not self._is_over(goal, stop):
            try:
                losses = next(steps)
            except DivergedError as error:
                self._roll_back(error)
                steps = self.trainer.train()
                continue
            report(self._pace.progress(losses))
            if self.writes:
                self._write_now_and_then(losses, goal)
        if self.writes:
            self._finish(losses, stop)
        self.trainer.ranks.wait()

    def _is_over(self, goal: Goal, stop: Callable[[], bool]) -> bool:
        trainer = self.trainer
        over = stop() or self._pace.elapsed_s >= goal.seconds or self._ended
        return trainer.kimg >= goal.kimg - 1e-9 or trainer.ranks.any(over, trainer.device)

    def _begin(self) -> None:
        """What there is to see before the first step, which shows a wrong set-up at once."""
        self.snapshots.forget_after(self.trainer.kimg)
        if self.trainer.step == 0:
            self.saves.write(self.trainer, self.images)
            self.snapshots.draw_grid()
            self.snapshots.write_model("latest")
            self.snapshots.write_model("model")

    def _write_now_and_then(self, losses: dict[str, float], goal: Goal) -> None:
        """What is due; a disk that is full for a while does not end a run."""
        pace = self._pace
        try:
            if pace.is_due("grid", GRID_EVERY_S):
                self.snapshots.draw_grid()
                self.log(losses)
            if pace.is_due("snapshot", max(SNAPSHOT_EVERY_S, pace.cost_s / SNAPSHOT_SHARE)):
                start_s = time.perf_counter()
                flags = self._snapshot()
                pace.cost_s = time.perf_counter() - start_s
                self._ended = goal.stop_early and bool(STOPPING & flags)
        except (OSError, SaveError) as error:
            self._kept = -1
            self.say(f"{error}; the run goes on, and saves as soon as it can.")

    def _snapshot(self) -> set[str]:
        """Save, and show how the run stands; what is wrong with it."""
        self._kept = self.trainer.step
        self.saves.write(self.trainer, self.images)
        flags = self.snapshots.take()
        self.saves.prune(self.snapshots.best_save)
        return flags

    def _finish(self, losses: dict[str, float], stop: Callable[[], bool]) -> None:
        """The last save, and the best snapshot as the model; raises `SaveError`.

        Who stops it is not kept waiting.
        """
        if self._kept != self.trainer.step:
            self._snapshot()
        if losses:
            self.log(losses)
        self.snapshots.draw_grid()
        self.snapshots.finish(stop)

    def _roll_back(self, error: DivergedError) -> None:
        """Go back to the last save and draw other numbers from there, but not for ever."""
        self._rollbacks += 1
        if self._rollbacks > ROLLBACKS_MAXIMUM:
            raise TrainingError(f"{error}; it was tried {ROLLBACKS_MAXIMUM} times") from None
        attempt = self.trainer.attempt + 1
        save, tensors = self.saves.load()
        self.trainer.restore(tensors)
        self.trainer.attempt = attempt
        if self.writes:
            self.snapshots.forget_after(save.kimg)
        self.say(f"The losses became NaN; went back to the save at {save.kimg:.1f} kimg.")

    def log(self, losses: dict[str, float]) -> None:
        """A line for `log.csv` and TensorBoard."""
        trainer = self.trainer
        numbers = {
            "images_per_s": self._pace.images_per_s,
            "loss_D": losses["loss_D"],
            "loss_G": losses.get("loss_G", float("nan")),
            "p": trainer.pair.augment.strength,
            "sign_real": float(trainer.sign),
        }
        self.snapshots.board.numbers(numbers, round(trainer.kimg * 1000))
        path = self.folder / "log.csv"
        new = not path.exists()
        with path.open("a", newline="") as file:
            writer = csv.DictWriter(file, LOG_COLUMNS)
            if new:
                writer.writeheader()
            writer.writerow({"kimg": trainer.kimg, "canvas": str(trainer.canvas), **numbers})


class _Pace:
    """How fast a sitting goes, and what is due."""

    def __init__(self, trainer: Trainer, goal: Goal) -> None:
        self._trainer, self._goal = trainer, goal
        self._start_s = time.perf_counter()
        self._done_s = dict.fromkeys(("grid", "snapshot"), self._start_s)
        self._enter_stage()
        self.cost_s = 0.0

    def _enter_stage(self) -> None:
        self._stage = self._trainer.stage
        self._stage_s, self._stage_kimg = time.perf_counter(), self._trainer.kimg

    @property
    def elapsed_s(self) -> float:
        return time.perf_counter() - self._start_s

    @property
    def images_per_s(self) -> float:
        """Of this sitting, on this canvas."""
        seconds = time.perf_counter() - self._stage_s
        return (self._trainer.kimg - self._stage_kimg) * 1000 / max(seconds, 1e-9)

    def is_due(self, name: str, every_s: float) -> bool:
        """Whether something is to be done again; it counts as done from now."""
        now_s = time.perf_counter()
        due = now_s - self._done_s[name] > every_s
        if due:
            self._done_s[name] = now_s
        return due

    def progress(self, losses: dict[str, float]) -> Progress:
        """Where the run stands."""
        trainer, elapsed_s = self._trainer, self.elapsed_s
        if trainer.stage != self._stage:
            self._enter_stage()
        rate = max(self.images_per_s, 1e-9)
        eta_s = max(min(self._work_left() * 1000 / rate, self._goal.seconds - elapsed_s), 0.0)
        done = elapsed_s / max(elapsed_s + eta_s, 1e-9)
        return Progress(done, trainer.kimg, str(trainer.canvas), rate, losses, eta_s)

    def _work_left(self) -> float:
        """The kimg to the goal, those of larger canvases counted by how much larger they are."""
        recipe, kimg, left = self._trainer.recipe, self._trainer.kimg, 0.0
        for index in range(self._stage, len(recipe.stages)):
            last = index == len(recipe.stages) - 1
            end = self._goal.kimg if last else recipe.first_step(index + 1) * recipe.batch / 1000
            end = min(end, self._goal.kimg)
            larger = recipe.stages[index].doublings - recipe.stages[self._stage].doublings
            left += max(end - kimg, 0.0) * 4**larger
            kimg = max(kimg, end)
        return left
