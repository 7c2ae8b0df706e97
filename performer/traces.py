"""Traces: where an artist's hands took the parameters in a take, without drawing a picture."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from performer.events import Event, ModelEvent, PatchEvent
from performer.parameters import INDEX
from performer.patch import parse_controller, parse_patch
from performer.performance import Performance
from performer.replay import at_rate
from performer.scenes import LOOK, PICTURES
from performer.takes import Take, TakeError

MOVED_MINIMUM = 0.02
LONGEST_S = 6 * 3600.0  # A short file can claim a week, of which every step would take memory.

# Movement is learnt; which picture is shown is a choice.
PLAYABLE = tuple(p for p in LOOK if p.name not in PICTURES and not p.step)
Trace = NDArray[np.float32]


def trace(take: Take, rate_hz: float) -> Trace:
    """The positions 0..1 of all of `PLAYABLE`, float32 (steps, parameters), evenly in time.

    It is where parameters are sent, by hands, loops and scenes; modulators add to that. Raises
    `TakeError` or `PatchError`.
    """
    head = take.head
    patch = parse_patch(head.patch, Path(head.patch_file))
    controllers = [parse_controller(text, Path(name)) for name, text in head.controllers.items()]
    positions_of = [(INDEX[p.name], p.position_of) for p in PLAYABLE]
    show = Performance(patch, controllers, head.seed, lambda: 0.0)
    rows: list[Trace] = []
    for step in at_rate(take.moments(), rate_hz):
        if len(rows) >= LONGEST_S * rate_hz:
            raise TakeError(f"{take.path}: is longer than {LONGEST_S / 3600:g} hours")
        for event in _playable(step.events):
            show.take(event)
        show.advance(step.now_s, step.dt_s)
        targets = show.controls.targets.tolist()
        rows.append(np.array([place(targets[i]) for i, place in positions_of], np.float32))
    return np.array(rows, np.float32).reshape(-1, len(PLAYABLE))


def _playable(events: Iterable[Event]) -> Iterable[Event]:
    """What moves parameters; a saved patch is read again."""
    for event in events:
        if isinstance(event, PatchEvent) and event.text:
            yield replace(event, patch=parse_patch(event.text, Path(event.name)))
        elif not isinstance(event, ModelEvent | PatchEvent):
            yield event


def moved(traces: Sequence[Trace]) -> tuple[int, ...]:
    """The columns of the parameters that were moved by more than a touch."""
    low = np.min([one.min(axis=0) for one in traces], axis=0)
    high = np.max([one.max(axis=0) for one in traces], axis=0)
    return tuple(np.flatnonzero(high - low > MOVED_MINIMUM).tolist())
