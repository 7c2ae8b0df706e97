"""A long show: after 1,200 recalls all that it holds is as much as after the first 240."""

import gc
import logging
import threading
import tracemalloc
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
import torch

from performer.clock import ManualClock
from performer.engine import Engine
from performer.events import Event, Inbox, KeyEvent, MidiEvent, OscEvent, PatchEvent, PortEvent
from performer.latent import Generator
from performer.outputs.memory import MemoryDisplay
from performer.patch import parse_patch
from performer.schema import Patch
from performer.stage import Labels, Stage

REFRESH_HZ = 10.0  # so that a few frames see a morph through
CYCLE = 24  # recalls, after which all that was done is done again
PATCH = """version = 1
name = "{name}"
[start]
"walk.speed" = 0.3
"walk.reach" = 0.6
glide = 2.0
hue = {hue}
[[bindings]]
source = "note 36"
parameter = "scene.1"
[[bindings]]
source = "{source}"
parameter = "brightness"
[[modulators]]
shape = "{shape}"
parameter = "hue"
depth = 0.3
rate_hz = 0.1
[[modulators]]
trigger = "scene.1"
parameter = "zoom"
depth = 0.1
[scenes.1]
morph_s = 0.3
whole = true
walk = 1.5
values = {{ seed = 3 }}
[scenes.2]
morph_s = 0.05
whole = true
walk = 9.0
values = {{ seed = 40, hue = 60, "direction.1" = 2.0 }}
[scenes.3]
morph_beats = 1.0
values = {{ trails = 0.3, seed_b = 7 }}
[xy]
scenes = ["1", "2", "3", "1"]
[[cues]]
scene = "2"
follow_s = 0.2
[[cues]]
scene = "1"
values = {{ hue = 20 }}
[priority]
order = ["midi", "osc"]
hold_s = 0.5
"""
ONE = PATCH.format(name="One", hue=10, source="cc 16", shape="sine")
TWO = PATCH.format(name="Two", hue=30, source="osc /fader", shape="noise")


def osc(address: str, *args: float) -> OscEvent:
    return OscEvent(0.0, address, args)


def read(text: str) -> Patch:
    return parse_patch(text, Path("show.toml"))


def happens(number: int) -> Iterator[Event]:
    """What comes with one recall: hands, the XY pad, a take-over of controls, another patch."""
    yield MidiEvent(0.0, "pads", "cc", 1, 16, number % 5 / 4)
    yield osc("/fader", number % 7 / 6)
    yield osc("/xy/mix", float(number % CYCLE < 4))
    yield osc("/xy/x", number % 4 / 3)
    match number % CYCLE:
        case 0 | 12:
            text = ONE if number % CYCLE else TWO
            yield PatchEvent(0.0, "show.toml", read(text), text)
        case 1 | 7:
            yield PortEvent(0.0, "pads", number % CYCLE == 1)
        case 2:
            yield osc("/loop/record", 1.0)
        case 3:
            yield osc("/loop/record", 0.0)
        case 4:
            yield from (KeyEvent(0.0, "s", True), KeyEvent(0.0, "3", True))
        case 5:
            yield osc("/panic")
        case 11:
            yield osc("/no/such/address", 1.0)


RECALLS = (
    MidiEvent(0.0, "pads", "note", 1, 36, 1.0),
    osc("/scene/2"),
    osc("/cue/go"),
    osc("/scene/3"),
    osc("/cue/back"),
    KeyEvent(0.0, "1", True),
)


class Show:
    """The production loop without a screen, whose every frame is one recall."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self._inbox, self.recalls = engine, Inbox(), 0
        clock = ManualClock()
        display = MemoryDisplay(clock, refresh_hz=REFRESH_HZ)
        labels = Labels("", "", "", tuple, "")
        self.stage = Stage(engine, display, self._inbox, clock, labels)

    def recall(self, times: int) -> None:
        for _ in range(times):
            for event in (*happens(self.recalls), RECALLS[self.recalls % len(RECALLS)]):
                self._inbox.put(event)
            self.recalls += 1
            self.stage.play(frames=self.recalls)

    def holds_at_most(self, cycles: int) -> Counter[str]:
        """The most that is at each place after any of the recalls of so many cycles."""
        most: Counter[str] = Counter()
        for _ in range(cycles * CYCLE):
            self.recall(1)
            most |= self.holds()
        return most

    def holds(self) -> Counter[str]:
        """How much is in all that the stage holds, by where it is; threads and handlers too."""
        found: Counter[str] = Counter()
        measure(self.stage, "stage", found, set())
        found["threads"] = threading.active_count()
        found["log handlers"] = sum(len(log.handlers) for log in loggers())
        return found


def loggers() -> Iterator[logging.Logger]:
    yield logging.root
    known = logging.root.manager.loggerDict.values()
    yield from (log for log in known if isinstance(log, logging.Logger))


def measure(held: object, place: str, found: Counter[str], known: set[int]) -> None:
    """Add up the lengths of all containers, and the bytes of arrays, by their place.

    An array counts wherever it is held, for which of its holders comes first is chance.
    """
    if isinstance(held, torch.Tensor | np.ndarray):
        found[place] += held.nbytes
        return
    if id(held) in known:
        return
    known.add(id(held))
    parts = parts_of(held)
    found[place] += len(parts)
    for where, part in parts:
        measure(part, place + where, found, known)


def parts_of(held: object) -> Sequence[tuple[str, object]]:
    """What a container or a part of ours holds; nothing of anything else."""
    if isinstance(held, Mapping):
        return [("[]", part) for part in held.values()]
    if isinstance(held, list | tuple | deque | set | frozenset):
        return [("[]", part) for part in held]
    if not type(held).__module__.startswith("performer"):
        return []
    slots = (slot for kind in type(held).__mro__ for slot in getattr(kind, "__slots__", ()))
    names = {**getattr(held, "__dict__", {}), **dict.fromkeys(slots)}
    return [(f".{name}", getattr(held, name)) for name in names if hasattr(held, name)]


@pytest.fixture
def show(runtime: Generator, monkeypatch: pytest.MonkeyPatch) -> Iterator[Show]:
    for bound in ("performer.latent.SEEDS_KEPT", "performer.meter.RECENT"):
        monkeypatch.setattr(bound, 16)  # full before it is measured
    gc.freeze()  # what the tests before left is not looked through each time
    yield Show(Engine(runtime, read(ONE)))
    gc.unfreeze()


def test_twelve_hundred_recalls_grow_nothing(show: Show) -> None:
    show.recall(2 * CYCLE)
    held, objects = show.holds_at_most(8), count_objects()
    show.recall(32 * CYCLE)
    later = show.holds_at_most(2)
    tracemalloc.start()
    show.recall(2 * CYCLE)
    before = traced_bytes()
    show.recall(4 * CYCLE)
    grown = traced_bytes() - before
    tracemalloc.stop()
    assert show.recalls == 1200 and show.engine.errors == 0
    assert later - held == Counter()
    # Python's own pools move by some tens of bytes a recall; one morph that stays is a thousand.
    assert abs(count_objects() - objects) < 50 and grown < 4 * CYCLE * 300


def test_what_grows_is_found_and_named(show: Show) -> None:
    show.recall(CYCLE)
    held = show.holds()
    show.engine.controls.addresses["/left/behind"] = []
    show.engine.performance.modulators.hear("scene.1", 0.0)
    grown = show.holds() - held
    assert grown["stage._engine.performance.controls.addresses"] == 1


def count_objects() -> int:
    gc.collect()
    return len(gc.get_objects())


def traced_bytes() -> int:
    gc.collect()
    return tracemalloc.get_traced_memory()[0]
