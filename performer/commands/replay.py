"""`performer replay`: a black box, or any take, once more: what it tells, and how it looked."""

import logging
import statistics
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from performer.black_box import beginning, continued
from performer.clock import SystemClock
from performer.commands.render import Replay
from performer.engine import Engine
from performer.events import Notice
from performer.outputs import Display
from performer.outputs.layout import Output
from performer.outputs.memory import MemoryDisplay
from performer.plain_text import printable
from performer.replay import Step, as_played
from performer.serving.boxes import box_folder, kept_boxes
from performer.status import Status
from performer.takes import Take, TakeError

WORST = 5
LATE = 1.5  # times the usual
SETTLES_S = 5.0  # so soon light that lingers is what it was


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asks for; `box` None is the newest, `at_s` below 0 from the end."""

    box: Path | None
    at_s: float
    report: bool
    model: Path | None
    device: str
    windowed: bool
    headless: bool


def replay(options: Options, say: Callable[[str], None], stopped: Callable[[], bool]) -> None:
    """Tell what is in it, then play it as it was; raises the readers' errors."""
    take = Take(options.box or newest())
    times = [moment.now_s for moment in take.moments()]
    if not times:
        raise TakeError(f"{take.path}: nothing was recorded in it")
    for line in told(take, times):
        say(line)
    if options.report:
        return
    seconds = times[-1] - times[0]
    from_s = options.at_s if options.at_s >= 0 else max(seconds + options.at_s, 0.0)
    played = Replay(take, options.model, options.device)
    display = _display(options, take)

    def is_over() -> bool:
        display.poll()
        return stopped() or display.closed

    try:
        steps = as_played(continued(take.moments(), beginning(take.moments(), from_s)))
        engine = played.engine()
        shown = _from(steps, times[0] + min(from_s, seconds), played, engine, is_over)
        _play(shown, played, engine, display, _status(take, usual_frame_s(times)), is_over)
    finally:
        display.close()


def newest() -> Path:
    """The box that was kept last; raises `TakeError`."""
    boxes = kept_boxes(box_folder())
    if not boxes:
        raise TakeError(f"no black box is kept in {box_folder()}; name a take")
    return boxes[-1]


def told(take: Take, times: list[float]) -> list[str]:
    """The report: when, what, how the frames were in time, and the end of the log."""
    head = take.head
    when = _date(head.ended_unix_s)
    lines = [f"{take.path.name}: {head.fault}, {when}"] if head.fault else [take.path.name]
    lines.append(
        f"{head.patch_file} with {head.model} on {head.engine}, Performer {head.performer}"
    )
    lines.append(frames_told(times))
    # Somebody else may have written them.
    return [printable(line) for line in (*lines, *(f"  {line}" for line in head.log))]


def _date(unix_s: float) -> str:
    """A time of day here; a hostile take may tell none."""
    try:
        return time.strftime("%d %b %Y %H:%M:%S", time.localtime(unix_s))
    except (ValueError, OverflowError, OSError):
        return "no date"


def frames_s(times: list[float]) -> list[float]:
    """How long each frame but the last stood."""
    return [after - before for before, after in zip(times, times[1:], strict=False)]


def usual_frame_s(times: list[float]) -> float:
    """How long a frame usually stood; 0 where there is but one."""
    return statistics.median([each for each in frames_s(times) if each > 0.0] or [0.0])


def frames_told(times: list[float]) -> str:
    """How long the frames took, and where they were late."""
    took_s = frames_s(times)
    usual_s = usual_frame_s(times)
    late = sum(each > LATE * usual_s for each in took_s)
    worst = sorted(zip(took_s, times[1:], strict=False), reverse=True)[:WORST]
    words = ", ".join(f"{1000 * each:.0f} ms at {at - times[-1]:.1f} s" for each, at in worst)
    return (
        f"{len(times)} frames in {times[-1] - times[0]:.1f} s, one in {1000 * usual_s:.1f} ms; "
        f"{late} late; the longest {words}"
    )


def _display(options: Options, take: Take) -> Display:
    clock = SystemClock()
    if options.headless:
        return MemoryDisplay(clock)
    from performer.outputs.display import PygameDisplay

    output = Output(windowed=options.windowed)
    title = f"Performer: {take.path.name}"
    return PygameDisplay(clock, (output,), title=title, hint=False)


def _from(
    steps: Iterable[Step],
    start_s: float,
    played: Replay,
    engine: Engine,
    is_over: Callable[[], bool],
) -> Iterator[Step]:
    """The steps from a time on; those before go by unseen, and the last of them are drawn."""
    for step in steps:
        if is_over():
            return
        if step.now_s >= start_s:
            yield step
        elif step.now_s > start_s - SETTLES_S:
            played.frame(engine, step)
        else:
            played.pass_by(engine, step)


def _play(
    steps: Iterable[Step],
    played: Replay,
    engine: Engine,
    display: Display,
    status: Status,
    is_over: Callable[[], bool],
) -> None:
    """Each frame when it was, or as soon as it can be drawn."""
    clock = SystemClock()
    begun_s: float | None = None
    for step in steps:
        begun_s = clock.now() - step.now_s if begun_s is None else begun_s
        clock.sleep_until(begun_s + step.now_s)
        if is_over():
            return
        image = played.frame(engine, step)
        said = message(step)
        if said:
            logging.getLogger(__name__).info("%s", said)
        status = replace(
            status, values=engine.values, canvas=engine.canvas, message=said or status.message
        )
        now = status
        display.present(image, lambda now=now: now)  # type: ignore[misc]


def _status(take: Take, usual_s: float) -> Status:
    from performer.outputs.overlay import BLANK

    return replace(
        BLANK,
        fps=1.0 / usual_s if usual_s else 0.0,
        frame_ms_p50=1000.0 * usual_s,
        device=take.head.engine,
        patch=take.head.patch_file,
        model=take.head.model,
        message="replay",
    )


def message(step: Step) -> str:
    """What the log said in a frame."""
    return "; ".join(event.text for event in step.events if isinstance(event, Notice))
