"""`performer bench --swaps`: what swaps of the model and saved patches do to the frames' times.

A show at a screen's pace, under a flood of OSC: at first nothing else happens, then in turn a model
is read and prepared beside the show and faded in, and the patch's file is saved.
"""

import json
import os
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import msgspec
import numpy as np
import tomlkit
import torch
from numpy.typing import NDArray
from rich import box
from rich.console import Console
from rich.table import Table

from models.architectures import TorchGenerator
from models.checkpoint import load_checkpoint, save_checkpoint
from performer.clock import SystemClock
from performer.commands.bench_engine import BenchError
from performer.commands.bench_page import TimedDisplay
from performer.commands.flood import Flood
from performer.commands.instrument import Instrument, load_instrument, warm_up
from performer.commands.live_patch import LivePatch
from performer.commands.patch_models import model_loader
from performer.commands.preparing import Preparer
from performer.engine import Engine
from performer.events import Event, Inbox, ModelEvent, OscEvent, PatchEvent, Refusal
from performer.patch import parse_patch
from performer.stage import Labels, Stage

OSC_PER_S = 1000
FADE_S, HUES = 0.5, (0.0, 20.0)
NOISE = 0.02
NEAR_S, LATE = 0.5, 0.5
LONGEST_S = 60.0
SWAP, SAVED = "a model swapped", "a patch saved"
Times = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Plan:
    """For how long nothing happens, and how many acts follow, this far apart."""

    quiet_s: float = 20.0
    acts: int = 20
    apart_s: float = 2.0


@dataclass(frozen=True, slots=True)
class Act:
    """What was done: when it was asked for, and when the frame loop took it, in seconds."""

    name: str
    asked_s: float
    taken_s: float


@dataclass(frozen=True, slots=True)
class Row:
    """Frames of a part of the show; those more than half a frame late, and the latest, in ms."""

    when: str
    frames: int
    late: int
    latest_ms: float


class Director(threading.Thread):
    """Does what the plan says, as hands would: a pad for a model, an editor for the patch."""

    def __init__(self, plan: Plan, files: "Files", inbox: Inbox) -> None:
        super().__init__(name="director", daemon=True)
        self.acts: list[Act] = []
        self.is_done, self.refusal = False, ""
        self._plan, self._files, self._inbox = plan, files, inbox
        self._clock, self._taken = SystemClock(), threading.Event()

    def follow(self, now_s: float, events: Sequence[Event], engine: Engine) -> None:
        """See in the frame loop that something was taken."""
        for event in events:
            if isinstance(event, ModelEvent | PatchEvent | Refusal):
                self.refusal = event.reason if isinstance(event, Refusal) else ""
                self._taken.set()

    def run(self) -> None:
        self._pause(self._plan.quiet_s)
        for number in range(self._plan.acts):
            asked_s = self._clock.now()
            which = number // 2 % 2
            name = self._swap(which) if number % 2 == 0 else self._save(which)
            taken_s = self._clock.now()
            self.acts.append(Act(name, asked_s, taken_s))
            if self.refusal:
                break
            self._pause(max(asked_s + self._plan.apart_s - taken_s, NEAR_S))
        self.is_done = True

    def _pause(self, seconds: float) -> None:
        self._clock.sleep_until(self._clock.now() + seconds)

    def _swap(self, which: int) -> str:
        """Have a model read anew, onto the deck that is not seen; once it is there, fade to it."""
        os.utime(self._files.models[which])
        self._press(f"/model/{which + 1}")
        self._wait()
        self._press("/deck/swap")
        return SWAP

    def _save(self, which: int) -> str:
        self._files.patch.write_text(self._files.texts[which])
        self._wait()
        return SAVED

    def _press(self, address: str) -> None:
        self._inbox.put(OscEvent(self._clock.now(), address, ()))

    def _wait(self) -> None:
        if not self._taken.wait(LONGEST_S):
            self.refusal = f"nothing came within {LONGEST_S:g} s"
        self._taken.clear()


class Files:
    """The instrument's patch and two relatives of its model, in a folder where they may change."""

    def __init__(self, instrument: Instrument, folder: Path) -> None:
        """Raises BenchError where the model has no relatives."""
        self.patch = folder / "swaps.toml"
        self.models = [folder / f"{name}.safetensors" for name in ("one", "two")]
        self.texts = [text_of(instrument, hue) for hue in HUES]
        self.patch.write_text(self.texts[0])
        for seed, path in enumerate(self.models):
            save_relative(instrument.model, path, seed)


def text_of(instrument: Instrument, hue: float) -> str:
    """The instrument's patch with two models, a short fade and a hue."""
    document = tomlkit.parse(instrument.texts.patch)
    start = document.setdefault("start", tomlkit.table())
    start.update({"deck.fade": FADE_S, "hue": hue})
    document["models"] = {"1": "one.safetensors", "2": "two.safetensors"}
    return tomlkit.dumps(document)


def save_relative(model: Path, path: Path, seed: int) -> None:
    """The model with a little noise on its weights, so that nothing kept of it serves."""
    generator, manifest, directions = load_checkpoint(model)
    if not isinstance(generator, TorchGenerator):
        raise BenchError(f"{model.name}: an ONNX graph has no weights to vary")
    random = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in generator.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=random), alpha=NOISE)
    save_checkpoint(path, generator, msgspec.structs.replace(manifest, name=path.stem), directions)


def measure(instrument: Instrument, hz: float, plan: Plan) -> list[Row]:
    """Play the show at `hz` frames a second, and tell of its frames."""
    with tempfile.TemporaryDirectory() as folder:
        files = Files(instrument, Path(folder))
        patch = parse_patch(files.texts[0], files.patch)
        times_s, acts = play(replace(instrument, patch=patch, file=files.patch), hz, plan, files)
    return rows(times_s, acts, hz)


def play(instrument: Instrument, hz: float, plan: Plan, files: Files) -> tuple[Times, list[Act]]:
    """When the frames were presented, in seconds, and what was done."""
    clock, inbox = SystemClock(), Inbox()
    display, engine = TimedDisplay(clock, hz), instrument.engine()
    warm_up(engine)
    preparer = Preparer(instrument.runtime.device, inbox, clock)
    live = LivePatch(files.patch, instrument.patch, inbox, clock)
    flood, director = Flood(inbox, clock, OSC_PER_S, 0), Director(plan, files, inbox)
    engine.performance.on_load = model_loader(engine, instrument, preparer, inbox, clock)
    labels = Labels("", "", "", tuple, "")
    stage = Stage(engine, display, inbox, clock, labels, [director])
    live.start()
    flood.start(heard=True)
    director.start()
    stage.play(stopped=lambda: director.is_done)
    times_s = np.array(display.times_s)
    flood.stop(heard=True, frame=lambda: stage.one_frame(clock.now()))
    for part in (flood, live, preparer, engine):
        part.close()
    if director.refusal:
        raise BenchError(f"a swap failed: {director.refusal}")
    return times_s, director.acts


def rows(times_s: Times, acts: Sequence[Act], hz: float) -> list[Row]:
    """The frames of each part of the show."""
    ends_s = times_s[1:]
    late_ms = (np.diff(times_s) - 1 / hz) * 1000
    bounds_s = [act.asked_s for act in acts]
    during = np.searchsorted(bounds_s, ends_s) - 1
    since_s = ends_s - np.array([act.taken_s for act in acts])[during]
    near = (during >= 0) & (since_s >= 0.0) & (since_s < NEAR_S)
    is_swap = np.array([act.name == SWAP for act in acts])[during]

    def row(when: str, which: NDArray[np.bool_]) -> Row:
        found = late_ms[which]
        late = int((found > LATE * 1000 / hz).sum())
        return Row(when, len(found), late, float(found.max(initial=0.0)))

    acting = during >= 0
    return [
        row("nothing happens", ~acting),
        row(f"{SWAP}: read, prepared, faded in", acting & is_swap),
        row(f"{SAVED}: read, taken", acting & ~is_swap),
        row(f"of these within {NEAR_S:g} s of a swap", near & is_swap),
        row(f"of these within {NEAR_S:g} s of a patch taken", near & ~is_swap),
        row("of these, else", acting & ~near),
    ]


def bench_swaps(
    patch: str, model: Path | None, device: str, hz: float, as_json: bool, console: Console
) -> None:
    """Measure and print."""
    found = measure(load_instrument(patch, model, device), hz, Plan())
    if as_json:
        print(json.dumps([asdict(row) for row in found], indent=2))
        return
    title = f"{hz:g} frames/s, {OSC_PER_S} OSC/s; late is by more than {LATE * 1000 / hz:.1f} ms"
    table = Table(title=title, box=box.SIMPLE)
    for column in ("While", "Frames", "Late", "Latest by, ms"):
        table.add_column(column, justify="left" if column == "While" else "right")
    for row in found:
        table.add_row(row.when, str(row.frames), str(row.late), f"{row.latest_ms:.1f}")
    console.print(table, soft_wrap=True)
