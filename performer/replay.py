"""Replay: the frames of a take as an engine is to make them, as they were or at a steady rate."""

import math
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

from performer.events import Event
from performer.takes import LONGEST_S, Moment

# What light lingers from before is by then less than a millionth of it.
LEAD_S = 90.0


class Step(NamedTuple):
    """What `Engine.frame` is given."""

    now_s: float
    dt_s: float
    events: tuple[Event, ...]


def as_played(moments: Iterable[Moment]) -> Iterator[Step]:
    """The very frames of the show; an event of no time in it has its frame's."""
    before_s: float | None = None
    for now_s, events in moments:
        yield Step(now_s, now_s - before_s if before_s is not None else 0.0, _timely(events, now_s))
        before_s = now_s


def at_rate(moments: Iterable[Moment], fps: float) -> Iterator[Step]:
    """Frames 1/`fps` apart; each event acts in the first frame that is not before it.

    The order of events stays. One whose time is later than the frame that took it, or no number,
    acts when that frame was made.
    """
    waiting: deque[tuple[float, Event]] = deque()
    begin_s, last_s, number = 0.0, -math.inf, 0
    for now_s, events in moments:
        begin_s = now_s if math.isinf(last_s) else begin_s
        while (time_s := begin_s + number / fps) < now_s:
            yield _step(time_s, number, fps, waiting)
            number += 1
        waiting.extend((min(now_s, event.time_s), event) for event in _timely(events, now_s))
        last_s = now_s
    while waiting or (begin_s + number / fps <= last_s):
        yield _step(begin_s + number / fps, number, fps, waiting)
        number += 1


def foreseen(steps: Iterable[Step], counts: Callable[[Step], bool]) -> Iterator[tuple[Step, bool]]:
    """Each step, and whether it must be drawn: so must all of LEAD_S before one that `counts`."""
    waiting: deque[Step] = deque()
    for step in steps:
        waiting.append(step)
        is_drawn = counts(step)
        while waiting and (is_drawn or step.now_s - waiting[0].now_s > LEAD_S):
            yield waiting.popleft(), is_drawn
    yield from ((step, False) for step in waiting)


def _timely(events: Iterable[Event], now_s: float) -> tuple[Event, ...]:
    """The events, those of no time near `now_s` at that time; NaN is near none."""
    return tuple(
        event if abs(event.time_s - now_s) <= LONGEST_S else replace(event, time_s=now_s)
        for event in events
    )


def _step(time_s: float, number: int, fps: float, waiting: deque[tuple[float, Event]]) -> Step:
    """The frame of `time_s`, with all that is due."""
    due = []
    while waiting and not waiting[0][0] > time_s:
        due.append(waiting.popleft()[1])
    return Step(time_s, 1.0 / fps if number else 0.0, tuple(due))
