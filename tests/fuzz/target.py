"""What a target of fuzzing is, and the instrument and files that targets play on."""

import atexit
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from performer.events import Event
from performer.parameters import INDEX
from performer.patch import parse_controller, parse_patch
from performer.paths import CONTROLLERS, PATCHES
from performer.performance import Performance
from performer.schema import Controller, Patch
from performer.slew import MAXIMA, MINIMA

DT_S = 1 / 30
HERE = ("127.0.0.1", 9)


@dataclass(frozen=True)
class Target:
    """`run` may raise what it `promises`, and nothing else; `seeds` are what it begins from."""

    run: Callable[[bytes], object]
    promises: tuple[type[Exception], ...] = ()
    seeds: Callable[[], list[bytes]] = list


def play(played: Performance, events: Sequence[Event], frames: int = 2) -> None:
    """Let events act, and see that whatever they said all stays in its range."""
    for event in events:
        played.take(event)
    for number in range(frames):
        advance(played, 1.0 + number * DT_S)


def advance(played: Performance, now_s: float, elapsed_s: float = DT_S) -> None:
    """One frame; AssertionError where a parameter is no number or out of its range."""
    order = played.advance(now_s, elapsed_s)
    controls = played.controls
    shown = np.array([order.values[name] for name in INDEX])
    if not (np.isfinite(shown).all() and np.isfinite(controls.values).all()):
        raise AssertionError("a parameter is no number")
    if (controls.targets < MINIMA - 1e-9).any() or (controls.targets > MAXIMA + 1e-9).any():
        raise AssertionError("a parameter is out of its range")


def performance(patch: Patch | None = None) -> Performance:
    """A fresh one, of the last of the shipped patches if of no other."""
    return Performance(patch or _patches()[-1], _profiles(), 1, lambda: 0.5)


@cache
def _patches() -> list[Patch]:
    return [parse_patch(path.read_text(), path) for path in sorted(PATCHES.glob("*.toml"))]


@cache
def _profiles() -> list[Controller]:
    return [parse_controller(path.read_text(), path) for path in sorted(CONTROLLERS.glob("*.toml"))]


@cache
def folder() -> Path:
    """A folder of this process, gone with it."""
    made = tempfile.TemporaryDirectory(prefix="performer-fuzz-")
    atexit.register(made.cleanup)
    return Path(made.name)


def in_file(read: Callable[[Path], object], suffix: str) -> Callable[[bytes], object]:
    """The bytes are a file's."""

    def run(data: bytes) -> object:
        path = folder() / f"input{suffix}"
        path.write_bytes(data)
        return read(path)

    return run


def texts(of: Path) -> Callable[[], list[bytes]]:
    """The TOML files of a folder."""
    return lambda: [path.read_bytes() for path in sorted(of.glob("*.toml"))]
