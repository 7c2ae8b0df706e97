"""Which engine, precision and number of threads play a network best on this CPU, by trying."""

import logging
import os
from collections.abc import Callable, Sequence
from typing import Annotated, Literal

import msgspec
import torch
from torch import Tensor

from models.architectures import AnyGenerator
from models.contest import PSNR_MINIMUM_DB, WORTH, psnr_db, samples_of, shortest_s
from models.graph.compiled import Compiled, Precision, has_bfloat16, processor
from models.graph.library import Model, version
from models.graph.network import FORMAT
from models.kept import key_of, load, store
from models.networks import Generator
from models.runtime import Runtime

CPU = torch.device("cpu")
Engine = Literal["graph", "torch"]


class Choice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a network is played; `psnr_db` is bfloat16's against float32 where it was tried."""

    engine: Engine
    precision: Precision
    threads: Annotated[int, msgspec.Meta(ge=1)]
    psnr_db: float | None = None

    @property
    def suits(self) -> bool:
        """Whether this machine can do so."""
        possible = self.precision == "float32" or has_bfloat16()
        return possible and self.threads <= threads_available()


def choice_for(generator: AnyGenerator, name: str, find: Callable[[], Choice]) -> Choice:
    """The choice kept for this generator and processor, or the one found now, kept from then on.

    `name` is the model's, for the log.
    """
    key = key_of(generator, (FORMAT, version, torch.__version__, processor(), threads_available()))
    choice = load(key, Choice)
    if choice is None:
        log = logging.getLogger(__name__)
        log.info("Preparing %s for this processor, once: it takes some seconds", name)
        choice = find()
        store(key, choice)
    return choice


def choose(generator: AnyGenerator, network: Model) -> Choice:
    """Try the network of a generator, on one thread first: a busy machine chooses as an idle one.

    It draws about thirty pictures. Torch contends where it can draw them too, which is StyleGAN2;
    its number of threads is left as it was.
    """
    samples = samples_of(generator)
    precision, worst_db = _choose_precision(network, samples)
    threads = choose_threads(network, precision, samples[0])
    engine: Engine = "graph"
    if isinstance(generator, Generator):
        engine = _choose_engine(generator, network, precision, threads, samples)
    return Choice(engine, precision, threads, worst_db)


def threads_available() -> int:
    """How many threads this process may run at once."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def choose_threads(network: Model, precision: Precision, ws: Tensor) -> int:
    """The fewest threads that more of them do not make faster."""
    threads, playing = 1, Compiled(network, precision, 1)
    for count in _thread_counts(threads_available()):
        other = Compiled(network, precision, count)
        playing_s, other_s = shortest_s([_drawing(each, ws) for each in (playing, other)])
        if other_s > playing_s * WORTH:
            break
        threads, playing = count, other
    return threads


def _thread_counts(most: int) -> list[int]:
    """2, 4, 8 and so on, half of `most` and `most`: one of these is the number of cores."""
    doubled = {1 << n for n in range(1, most.bit_length())}
    return sorted(count for count in doubled | {most // 2, most} if 2 <= count <= most)


def _choose_precision(network: Model, samples: Sequence[Tensor]) -> tuple[Precision, float | None]:
    """bfloat16 where the processor has it, the pictures hold, and it is faster."""
    if not has_bfloat16():
        return "float32", None
    plain, half = Compiled(network, "float32", 1), Compiled(network, "bfloat16", 1)
    worst_db = min(psnr_db(half.draw(ws, 1.0), plain.draw(ws, 1.0)) for ws in samples)
    plain_s, half_s = shortest_s([_drawing(each, samples[0]) for each in (plain, half)])
    holds = worst_db >= PSNR_MINIMUM_DB and half_s < plain_s * WORTH
    return "bfloat16" if holds else "float32", round(worst_db, 1)


def _choose_engine(
    generator: Generator,
    network: Model,
    precision: Precision,
    threads: int,
    samples: Sequence[Tensor],
) -> Engine:
    """Torch where it is faster in this precision, and its pictures hold."""
    before = torch.get_num_threads()
    eager = Runtime(generator, CPU, precision=precision)
    contenders = (Compiled(network, precision, threads), eager)
    torch.set_num_threads(threads)
    try:
        graph_s, eager_s = shortest_s([_drawing(each, samples[0]) for each in contenders])
        wins = eager_s < graph_s * WORTH and _holds(eager, Runtime(generator, CPU), samples)
    finally:
        torch.set_num_threads(before)
    return "torch" if wins else "graph"


def _holds(half: Runtime, whole: Runtime, samples: Sequence[Tensor]) -> bool:
    pictures = ((half.draw(ws, 1.0), whole.draw(ws, 1.0)) for ws in samples)
    return all(psnr_db(found, expected) >= PSNR_MINIMUM_DB for found, expected in pictures)


def _drawing(engine: Compiled | Runtime, ws: Tensor) -> Callable[[], object]:
    return lambda: engine.draw(ws, 1.0)
