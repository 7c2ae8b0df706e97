"""`performer bench --page`: how even the frames come with the control page, and without it.

Rounds with the page and two open pages alternate with rounds without, so that a machine that slows
down slows both.
"""

import json
import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.synchronize import Event
from pathlib import Path

import numpy as np
from rich import box
from rich.console import Console
from rich.table import Table

from performer.clock import SystemClock
from performer.commands.instrument import Instrument, load_instrument, warm_up
from performer.events import Inbox
from performer.outputs.base import Image
from performer.outputs.memory import MemoryDisplay
from performer.panel.opening import open_panel
from performer.stage import Labels, Onlooker, Stage
from performer.status import Status

ROUND_S = 6.0
PAGES = 2
LEAST = 19
WITHOUT, WITH = "without", f"with the page, {PAGES} open"
_OPENING_S = 20.0
Intervals = dict[str, list[float]]


class TimedDisplay(MemoryDisplay):
    """Remembers when each frame was presented, in seconds."""

    def __init__(self, clock: SystemClock, refresh_hz: float = 60.0) -> None:
        super().__init__(clock, refresh_hz=refresh_hz)
        self.times_s: list[float] = []
        self._now = clock.now

    def present(self, image: Image, status: Callable[[], Status]) -> None:
        super().present(image, status)
        self.times_s.append(self._now())


def bench_page(
    patch: str, model: Path | None, device: str, rounds: int, as_json: bool, console: Console
) -> None:
    """Measure and print."""
    instrument = load_instrument(patch, model, device)
    intervals_ms: Intervals = {WITHOUT: [], WITH: []}
    for number in range(rounds):
        for name in sorted(intervals_ms, reverse=bool(number % 2)):
            intervals_ms[name] += measure(instrument, name == WITH, ROUND_S)
    result = {name: summary(each) for name, each in intervals_ms.items()}
    if as_json:
        print(json.dumps(result, indent=2))
        return
    table = Table(title="From frame to frame, ms", box=box.SIMPLE)
    for column in ("", *result[WITHOUT]):
        table.add_column(column)
    for name, row in result.items():
        table.add_row(name, *(f"{value:g}" for value in row.values()))
    console.print(table)


def measure(instrument: Instrument, with_page: bool, seconds: float) -> list[float]:
    """The intervals between the frames of a show, in ms."""
    clock, inbox = SystemClock(), Inbox()
    display, engine = TimedDisplay(clock), instrument.engine()
    labels = Labels("", "", "", tuple, "")
    warm_up(engine)
    with _watched(inbox, clock) if with_page else _alone() as onlookers:
        stage = Stage(engine, display, inbox, clock, labels, onlookers=onlookers)
        stage.play(seconds=seconds)
    engine.close()
    return (np.diff(display.times_s) * 1000).tolist()


def summary(intervals_ms: list[float]) -> dict[str, float]:
    """Percentiles, the longest, and how many were half as long again as usual."""
    all_ms = np.array(intervals_ms)
    p50, p95, p99, longest = (float(np.quantile(all_ms, share)) for share in (0.5, 0.95, 0.99, 1))
    found = {"p50": p50, "p95": p95, "p99": p99, "max": longest}
    late = int((all_ms > 1.5 * p50).sum())
    return {name: round(ms, 2) for name, ms in found.items()} | {
        "late": float(late),
        "frames": float(len(all_ms)),
    }


@contextmanager
def _alone() -> Iterator[Sequence[Onlooker]]:
    yield ()


@contextmanager
def _watched(inbox: Inbox, clock: SystemClock) -> Iterator[Sequence[Onlooker]]:
    """A page that others have open."""
    context = multiprocessing.get_context("spawn")
    panel = open_panel(inbox, clock, title="bench", osc=None, port=0)
    opened = [context.Event() for _ in range(PAGES)]
    address = panel.url.replace("http", "ws") + "-/live"
    pages = [
        context.Process(target=keep_open, args=(address, each), daemon=True) for each in opened
    ]
    try:
        for page in pages:
            page.start()
        for each in opened:
            each.wait(_OPENING_S)
        yield (panel,)
    finally:
        for page in pages:
            page.terminate()
            page.join()
        panel.close()


def keep_open(address: str, opened: Event) -> None:
    """Take in all that a page is sent, giving way: a page is mostly on another machine."""
    if hasattr(os, "nice"):
        os.nice(LEAST)
    from websockets.sync.client import connect

    with connect(address, max_size=1 << 24, proxy=None) as socket:
        socket.recv()
        opened.set()
        for _ in socket:
            pass
