"""Preparing models beside the show: read, tried out, and handed over ready to be played."""

import multiprocessing
import threading
import time
from collections import OrderedDict
from dataclasses import replace
from pathlib import Path
from queue import SimpleQueue

import torch

from models.architectures import TorchGenerator
from models.checkpoint import CheckpointError, load_checkpoint, sha256_of
from models.engines import runtime_for
from performer.clock import Clock
from performer.commands.finding import find
from performer.commands.instrument import describe_model, try_bending
from performer.commands.look import Look, look_at
from performer.events import DeckName, Inbox, ModelEvent, Refusal
from performer.parameters import DIRECTIONS

REST_S = 0.05
LOOK_EVERY_S = 0.1
KEPT = 4  # models, the newest used: a swap back is at once


def ready_model(
    path: Path, device: torch.device, clock: Clock, *, moves: bool, sketched: bool = False
) -> ModelEvent:
    """Read a model and try it out, so that nothing is left that could fail or take long.

    With `moves` its weights can drift, or others drift to them; with `sketched` it has a sketch.
    Raises `CheckpointError`. It
    rests between its steps: each one holds up the frame that is being drawn a little, and no
    frame is to bear two.
    """
    generator, manifest, directions = load_checkpoint(path)
    time.sleep(REST_S)
    name = manifest.name or path.stem
    runtime = runtime_for(generator, device, directions, name=name, moves=moves)
    time.sleep(REST_S)
    picture = runtime.draw(runtime.w_avg.expand(runtime.num_ws, -1), 1.0)
    if not torch.isfinite(picture).all():
        raise CheckpointError(f"{path}: draws NaN or infinite values")
    time.sleep(REST_S)
    try_bending(runtime)
    if sketched:
        time.sleep(REST_S)
        runtime.prepare_sketch()
    time.sleep(REST_S)
    pushes = runtime.directions(DIRECTIONS).cpu()
    name, sha256 = describe_model(manifest, path), sha256_of(path)
    where = str(path.resolve())
    return ModelEvent(clock.now(), name, runtime, pushes, where, sha256, drifts=moves)


def refusal(path: Path, error: Exception, clock: Clock) -> Refusal:
    """Why a model is not taken, in words."""
    reason = str(error).removeprefix(f"{path}: ")
    if not isinstance(error, CheckpointError):
        reason = f"{type(error).__name__}: {reason}"
    return Refusal(clock.now(), path.name, reason)


def find_choice(path: Path, device: torch.device, ended: threading.Event) -> None:
    """Find in a process of its own how a model is played best here; the choice is kept on disk.

    What is tried takes seconds on all cores. In a thread it would make frames late, and more so
    with the lowest priority: whoever waits for a core while it holds Python's lock stops the
    show. Returns when it is found, has failed, or `ended` is set.
    """
    spawn = multiprocessing.get_context("spawn")
    process = spawn.Process(target=find, args=(path, device.type), daemon=True)
    process.start()
    while process.is_alive() and not ended.is_set():
        process.join(LOOK_EVERY_S)
    process.kill()
    process.join()


class Preparer:
    """A thread that prepares the models it is given, in turn, and says which it cannot.

    The last ones stay prepared: their weights never move.
    """

    def __init__(
        self, device: torch.device, inbox: Inbox, clock: Clock, *, sketched: bool = False
    ) -> None:
        self._device, self._inbox, self._clock = device, inbox, clock
        self._sketched = sketched
        self._asked: SimpleQueue[tuple[Path, DeckName] | None] = SimpleQueue()
        self._kept: OrderedDict[tuple[Path, Look], ModelEvent] = OrderedDict()
        self._one_at_a_time = threading.Lock()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="preparer", daemon=True)
        self._thread.start()

    def prepare(self, path: Path, deck: DeckName = "a") -> None:
        """Have a model handed over as a `ModelEvent` as soon as it is ready, else a `Refusal`."""
        self._asked.put((path, deck))

    def ready(self, path: Path, deck: DeckName = "a") -> ModelEvent:
        """A model for a deck, now or when it is prepared; raises what its reader raises."""
        key = path.resolve(), look_at(path)
        with self._one_at_a_time:
            if key not in self._kept:
                # What cannot be read needs no process, and an ONNX graph is tried as it is read.
                if isinstance(load_checkpoint(path).generator, TorchGenerator):
                    find_choice(path, self._device, self._ended)
                if self._ended.is_set():
                    raise CheckpointError(f"{path}: the show has ended")
                threads = torch.get_num_threads()
                event = ready_model(
                    path, self._device, self._clock, moves=False, sketched=self._sketched
                )
                torch.set_num_threads(threads)  # those of the model that plays
                if len(self._kept) >= KEPT:
                    self._kept.popitem(last=False)
                self._kept[key] = event
            self._kept.move_to_end(key)
            return replace(self._kept[key], time_s=self._clock.now(), deck=deck)

    def close(self) -> None:
        """End the thread; what is not ready yet is not handed over."""
        self._ended.set()
        self._asked.put(None)
        self._thread.join()

    def _run(self) -> None:
        torch.set_num_threads(1)  # of this thread: the others are the frame loop's
        while (asked := self._asked.get()) is not None and not self._ended.is_set():
            path, deck = asked
            event: ModelEvent | Refusal
            try:
                event = self.ready(path, deck)
            except Exception as error:
                event = refusal(path, error, self._clock)
            if not self._ended.is_set():
                self._inbox.put(event)
