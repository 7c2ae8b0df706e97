"""The process that encodes the running show, and the memory through which it gets the frames."""

import os
import signal
import struct
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path
from typing import NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from performer.attended import name_process
from performer.outputs.base import Image
from performer.outputs.movie import Movie, MovieError

SLOTS = 6
COUNTER_BYTES = 64
FRAME = struct.Struct("<IIId")  # slot, height, width, seconds since the film began
END = b""
READY = b"ready "
FPS = 60.0  # what the screen usually has; each frame has its own time
NICE = 10


class Ring:
    """Frames in shared memory: one process fills the slots in turn, the other empties them."""

    def __init__(self, memory: SharedMemory, slot_bytes: int) -> None:
        whole = np.frombuffer(cast(memoryview, memory.buf), np.uint8)
        self._done: NDArray[np.uint64] = whole[:COUNTER_BYTES].view(np.uint64)
        self._bytes: NDArray[np.uint8] = whole[COUNTER_BYTES:]
        self._slot_bytes = slot_bytes

    @property
    def done(self) -> int:
        """How many frames have been taken out."""
        return int(self._done[0])

    def touch(self) -> None:
        """Write everything once, so that no frame has to wait for its pages."""
        self._bytes[:] = 0

    def take_out(self) -> None:
        """The oldest frame is no longer needed."""
        self._done[0] += np.uint64(1)

    def image(self, slot: int, height: int, width: int) -> Image:
        """The frame of a slot, (height, width, 3), as it lies in the memory."""
        first = slot * self._slot_bytes
        return self._bytes[first : first + height * width * 3].reshape(height, width, 3)


class Job(NamedTuple):
    """What is to be filmed; `memory` is the name of the shared memory, `size` (width, height)."""

    path: str
    size: tuple[int, int]
    memory: str
    slot_bytes: int


def run(job: Job, frames: Connection) -> None:
    """Encode what comes until the end, or until nobody is there to send."""
    name_process("film")
    # Ctrl-C reaches every process of a terminal; this one ends when the show has.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    with suppress(AttributeError, OSError):
        os.nice(NICE)
    memory = SharedMemory(job.memory)
    try:
        _encode(job, Ring(memory, job.slot_bytes), frames)
    except MovieError as error:
        frames.send_bytes(str(error).encode())
    finally:
        with suppress(BufferError):
            memory.close()


def _encode(job: Job, ring: Ring, frames: Connection) -> None:
    movie = Movie(Path(job.path), job.size, fps=FPS, live=True)
    frames.send_bytes(READY + movie.codec.encode())
    with suppress(EOFError, OSError):  # The show has ended, in whatever way.
        while (message := frames.recv_bytes()) != END:
            slot, height, width, time_s = FRAME.unpack(message)
            movie.put(ring.image(slot, height, width), time_s)
            ring.take_out()
    movie.close()
