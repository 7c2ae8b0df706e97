"""A batch divided: among the processes that train together, and into parts that memory holds."""

import logging
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from models.device import is_out_of_memory
from models.draws import Draws
from models.ranks import Ranks


class TrainingError(RuntimeError):
    """A run that cannot go on, in one sentence."""


@dataclass(frozen=True, slots=True)
class Part:
    """Rows of the batch that are worked on at once: their share 0..1 of all, and their draws."""

    rows: slice
    share: float
    draws: Draws


@dataclass(frozen=True, slots=True)
class Job:
    """Something to do with every part: it adds to gradients, and tells `tells` means."""

    stream: str
    do: Callable[[Part], Tensor]
    tells: int
    every_rows: int = 1


class Division:
    """This process's `rows` of a batch, worked on `at_once` at a time."""

    def __init__(self, batch: int, ranks: Ranks, device: torch.device) -> None:
        self.batch, self.device, self.rows = batch, device, ranks.rows(batch)
        self.at_once = self.rows.stop - self.rows.start

    def work(
        self,
        jobs: Sequence[Job],
        draws: Callable[[str, slice], Draws],
        forget: Callable[[], None],
    ) -> Tensor:
        """Do all jobs with their streams of `draws`; what they tell, one after the other.

        When memory runs out, what was added is forgotten, the parts are halved and all begins
        anew with the same numbers. Raises `TrainingError` when a single image is too much.
        """
        while True:
            try:
                return torch.cat([self._do(job, draws) for job in jobs])
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error):
                    raise
            forget()
            self._use_less_memory()

    def _do(self, job: Job, draws: Callable[[str, slice], Draws]) -> Tensor:
        told = torch.zeros(job.tells, device=self.device)
        for rows in self._parts(job.every_rows):
            share = len(range(self.batch)[rows]) / len(range(0, self.batch, job.every_rows))
            told += job.do(Part(rows, share, draws(job.stream, rows))) * share
        return told

    def _parts(self, every: int) -> Iterator[slice]:
        """This process's rows, or every so manieth, as many as fit at once."""
        for start in range(self.rows.start, self.rows.stop, self.at_once):
            stop = min(start + self.at_once, self.rows.stop)
            first = math.ceil(start / every) * every
            if first < stop:
                yield slice(first, stop, every)

    def _use_less_memory(self) -> None:
        if self.at_once == 1:
            raise TrainingError(
                "there is not enough memory for a single image; choose a smaller --size or "
                "--channel-base, or close other programs"
            )
        self.at_once = math.ceil(self.at_once / 2)
        if self.device.type == "cuda":
            torch.cuda.empty_cache()
        logging.getLogger(__name__).info("Memory is short: %d images at once", self.at_once)
