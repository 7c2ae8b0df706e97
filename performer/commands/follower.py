"""Following a model's file while it is played: each newer one is read beside the frame loop."""

import threading
import time
from pathlib import Path

import torch

from models.checkpoint import CheckpointError
from models.engines import runtime_for
from performer.clock import Clock
from performer.commands.instrument import describe_model, read_model, sha256_of
from performer.events import Inbox, ModelEvent, Refusal
from performer.parameters import DIRECTIONS

LOOK_EVERY_S = 1.0
REST_S = 0.05
Look = tuple[int, int, int] | None


def look_at(path: Path) -> Look:
    """What changes whenever a file is another one: its time, number and size; None if not there."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino, found.st_size


def ready_model(path: Path, device: torch.device, clock: Clock) -> ModelEvent:
    """Read a model and try it out, so that nothing is left that could fail or take long.

    Raises `CheckpointError`. It rests between its steps: each one holds up the frame that is
    being drawn a little, and no frame is to bear two.
    """
    generator, manifest, directions = read_model(path)
    time.sleep(REST_S)
    runtime = runtime_for(generator, device, directions, moves=True)
    time.sleep(REST_S)
    picture = runtime.draw(runtime.w_avg.expand(runtime.num_ws, -1), 1.0)
    if not torch.isfinite(picture).all():
        raise CheckpointError(f"{path}: draws values that are not numbers")
    time.sleep(REST_S)
    pushes = runtime.directions(DIRECTIONS).cpu()
    name, sha256 = describe_model(manifest, path), sha256_of(path)
    return ModelEvent(clock.now(), name, runtime, pushes, str(path.resolve()), sha256)


class Follower:
    """A thread that hands each newer model over, and says which it cannot.

    The model that is in the file when it starts is not handed over.
    """

    def __init__(self, path: Path, device: torch.device, inbox: Inbox, clock: Clock) -> None:
        self._path, self._device, self._inbox, self._clock = path, device, inbox, clock
        self._seen = look_at(path)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="follower", daemon=True)

    def start(self) -> None:
        """Look about once a second from now on, until `close`."""
        self._thread.start()

    def close(self) -> None:
        """End the thread."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        torch.set_num_threads(1)  # of this thread: the others are the frame loop's
        while not self._ended.wait(LOOK_EVERY_S):
            self.look()

    def look(self) -> None:
        """Take the file if it is another one than at the last look; never raises."""
        now = look_at(self._path)
        if now == self._seen:
            return
        self._seen = now
        try:
            self._inbox.put(ready_model(self._path, self._device, self._clock))
        except Exception as error:
            self._refuse(error)

    def _refuse(self, error: Exception) -> None:
        reason = str(error).removeprefix(f"{self._path}: ")
        if not isinstance(error, CheckpointError):
            reason = f"{type(error).__name__}: {reason}"
        self._inbox.put(Refusal(self._clock.now(), self._path.name, reason))
