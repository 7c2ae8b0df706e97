"""Frames in flight: work that is begun in one frame and shown in that one or the next."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal, Protocol

import torch

from performer.arrival import Arrival
from performer.events import Event

Latency = Literal["low", "smooth"]
AHEAD: dict[Latency, int] = {"low": 0, "smooth": 1}  # frames begun before one is shown


@dataclass(frozen=True, slots=True)
class Flight:
    """A frame that was begun, and the events that it is the first to show."""

    arrival: "Future[Arrival]"
    shows: tuple[Event, ...]


class Crew(Protocol):
    """Whoever does the work of frames, one after the other."""

    def begin(self, work: Callable[[], Arrival]) -> "Future[Arrival]": ...

    def close(self) -> None: ...


class AtOnce:
    """Does the work when it is begun; that is all on a card, which computes on beside us."""

    def begin(self, work: Callable[[], Arrival]) -> "Future[Arrival]":
        future: Future[Arrival] = Future()
        try:
            future.set_result(work())
        except Exception as error:
            future.set_exception(error)
        return future

    def close(self) -> None:
        """It keeps nothing."""


class Beside:
    """Does the work in a thread, while the frame before is presented."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(
            1, "frames", initializer=torch.set_num_threads, initargs=(torch.get_num_threads(),)
        )

    def begin(self, work: Callable[[], Arrival]) -> "Future[Arrival]":
        return self._thread.submit(work)

    def close(self) -> None:
        """End the thread, after the work it is at."""
        self._thread.shutdown()


def crew_for(latency: Latency, device: torch.device) -> Crew:
    """A thread where frames are to overlap on a device that cannot do so by itself."""
    return Beside() if latency == "smooth" and device.type != "cuda" else AtOnce()
