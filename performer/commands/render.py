"""`performer render`: a take as a video, frame by frame, at any size."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from models.checkpoint import sha256_of
from models.engines import describe_engine
from performer.black_box import continued
from performer.clock import ManualClock
from performer.commands.instrument import Instrument, Texts, assemble
from performer.commands.manner import Manner, load_manner
from performer.commands.preparing import ready_model
from performer.commands.taking import begin
from performer.engine import Engine
from performer.events import Event, ModelEvent, PatchEvent, ThriftEvent
from performer.outputs.base import Image
from performer.outputs.movie import Movie, check_movie
from performer.patch import parse_patch
from performer.paths import STARTER_MODEL, model_file
from performer.performance import Performance
from performer.replay import Step, as_played, at_rate, foreseen
from performer.schema import STARTER
from performer.takes import Take, TakeError


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asks for; `fps` None means the frames of the show."""

    take: Path
    out: Path
    size: tuple[int, int] | None
    fps: float | None
    sound: Path | None
    model: Path | None
    device: str


@dataclass(frozen=True, slots=True)
class Shot:
    """A frame of the take; `time_s` is its place in the video, None where `record` was off."""

    time_s: float | None
    image: Image


def render(options: Options, console: Console, stopped: Callable[[], bool]) -> None:
    """Write the video, whole even when it is stopped; raises the readers' errors."""
    check_movie(options.out, sound=options.sound is not None)
    take = Take(options.take)
    frames, seconds = _survey(take)
    replay = Replay(take, options.model, options.device)
    if replay.note:
        console.print(replay.note, markup=False, highlight=False, style="yellow")
    fps = options.fps or max((frames - 1) / seconds if seconds > 0 else 0.0, 1.0)
    total = frames if options.fps is None else math.floor(seconds * options.fps) + 1
    part = options.out.with_name(f".{options.out.stem}.part{options.out.suffix}")
    columns = (BarColumn(), TextColumn("{task.description}"), TimeRemainingColumn())
    try:
        with Progress(*columns, console=console) as bar:
            task = bar.add_task("", total=total)
            report = lambda done: bar.update(task, completed=done, description=_words(done, total))  # noqa: E731
            end_s = _write(options, replay, part, fps, stopped, report)
        part.replace(options.out)
    finally:
        part.unlink(missing_ok=True)
    console.print(f"{options.out}: {end_s:.1f} s", markup=False, highlight=False)


def _write(
    options: Options,
    replay: "Replay",
    part: Path,
    fps: float,
    stopped: Callable[[], bool],
    report: Callable[[int], None],
) -> float:
    """All frames until the end or `stopped`; how long the video is. Raises `TakeError`."""
    movie: Movie | None = None
    end_s = 0.0
    try:
        for done, shot in enumerate(replay.shots(options.fps), 1):
            if shot.time_s is not None:
                if movie is None:
                    height, width = shot.image.shape[:2]
                    size = options.size or (width, height)
                    movie = Movie(part, size, fps=fps, sound=options.sound)
                movie.put(shot.image, shot.time_s)
                end_s = shot.time_s + 1.0 / fps
            report(done)
            if stopped():
                break
    finally:
        if movie is not None:
            movie.close(end_s)
    if movie is None:
        raise TakeError(f"{options.take}: nothing was recorded in it")
    return end_s


def _survey(take: Take) -> tuple[int, float]:
    """How many frames a take has, and how long it is."""
    first = last = None
    frames = 0
    for moment in take.moments():
        first = moment.now_s if first is None else first
        last = moment.now_s
        frames += 1
    if first is None or last is None:
        raise TakeError(f"{take.path}: this take is cut off before its first frame")
    return frames, last - first


def _words(done: int, total: int) -> str:
    return f"{done} of {total} frames"


class Replay:
    """A take's show once more: its instrument, and its frames."""

    def __init__(self, take: Take, model: Path | None, device: str) -> None:
        """`model` is played instead of the take's; raises `TakeError` or the readers' errors."""
        self._take, self._is_other = take, model is not None
        self._is_hurried = True
        head = take.head
        file = model_file(model) if model else _model_of(take)
        run = file.parent if head.follows and model is None else None
        texts = Texts(head.patch_file, head.patch, head.controllers)
        self._instrument = replace(assemble(texts, file, run, device), manner=_manner_of(take))
        self.note = self._note(self._instrument)

    def _note(self, instrument: Instrument) -> str:
        """What makes the pictures others than those of the show, "" where nothing does."""
        head, engine = self._take.head, describe_engine(instrument.runtime)
        if self._is_other or engine == head.engine:
            return ""
        return f"Played on {head.engine}, rendered on {engine}: pictures may differ a little."

    def shots(self, fps: float | None) -> Iterator[Shot]:
        """The frames at a steady rate, or those of the show; raises `TakeError`.

        What the show spared where time was short is spared in its own frames alone. One that was
        not recorded has the picture of the last that was drawn.
        """
        self._is_hurried = fps is None
        moments = continued(self._take.moments())
        engine, scout = self.engine(), self.engine().performance
        steps = as_played(moments) if fps is None else at_rate(moments, fps)
        elapsed_s, was_on = 0.0, False
        for step, is_drawn in foreseen(steps, lambda step: self._counts(scout, step)):
            image = self._frame(engine, step, is_drawn=is_drawn)
            is_on = bool(engine.controls.target("record"))
            elapsed_s += step.dt_s if was_on else 0.0
            yield Shot(elapsed_s if is_on else None, image)
            was_on = is_on

    def engine(self) -> Engine:
        """A fresh one, ready for the first frame."""
        if self._is_hurried:
            self._instrument.runtime.prepare_sketch()
        return begin(self._instrument, self._take.head.seed, self._take.head.recording)

    def frame(self, engine: Engine, step: Step) -> Image:
        """The frame of a step, or the last good one."""
        return engine.frame(step.now_s, step.dt_s, self._events(step)).image

    def pass_by(self, engine: Engine, step: Step) -> Image:
        """Let the frame of a step go by unseen; the picture is the last one."""
        engine.pass_by(step.now_s, step.dt_s, self._events(step))
        return engine.image

    def _events(self, step: Step) -> list[Event]:
        return [found for event in step.events if (found := self._resolved(event))]

    def _counts(self, scout: Performance, step: Step) -> bool:
        """Whether a step's picture is recorded, or held; `scout` goes ahead of the engine."""
        events = [self._patched(e) if isinstance(e, PatchEvent) else e for e in step.events]
        order, _ = scout.step(step.now_s, max(step.dt_s, 0.0), events)
        return bool(scout.controls.target("record") or order.values["freeze"])

    def _frame(self, engine: Engine, step: Step, *, is_drawn: bool) -> Image:
        errors = engine.errors
        image = self.frame(engine, step) if is_drawn else self.pass_by(engine, step)
        if engine.errors > errors:
            raise TakeError(f"{self._take.path}: a frame cannot be drawn: {engine.message}")
        return image

    def _resolved(self, event: Event) -> Event | None:
        """An event with its model read again; none of the take's if another one is played."""
        if isinstance(event, PatchEvent):
            return self._patched(event)
        if isinstance(event, ThriftEvent):
            return event if self._is_hurried else None
        if not isinstance(event, ModelEvent):
            return event
        if self._is_other:
            return None
        path = Path(event.path)
        _check_model(self._take, path, event.sha256)
        device = self._instrument.runtime.device
        clock = ManualClock(event.time_s)
        ready = ready_model(path, device, clock, moves=event.drifts, sketched=self._is_hurried)
        return replace(ready, deck=event.deck)

    def _patched(self, event: PatchEvent) -> PatchEvent:
        """A saved patch, read again; raises `PatchError`."""
        return replace(
            event, patch=parse_patch(event.text, Path(event.name)) if event.text else None
        )


def _model_of(take: Take) -> Path:
    file = STARTER_MODEL if take.head.model == STARTER else Path(take.head.model)
    _check_model(take, file, take.head.model_sha256)
    return file


def _manner_of(take: Take) -> Manner | None:
    """What the autopilot played, from the file that it had; raises `TakeError`."""
    head = take.head
    if not head.gestures:
        return None
    manner = load_manner(Path(head.gestures), head.after_s)
    if manner.sha256 != head.gestures_sha256:
        raise TakeError(f"{take.path}: its gestures {manner.file} have changed since")
    return manner


def _check_model(take: Take, file: Path, sha256: str) -> None:
    """Raises `TakeError` unless the file is the model that was played."""
    advice = "give --model to render the take with another one"
    if not file.is_file():
        raise TakeError(f"{take.path}: its model {file} is not there; {advice}")
    if sha256_of(file) != sha256:
        raise TakeError(f"{take.path}: its model {file} has changed since; {advice}")
