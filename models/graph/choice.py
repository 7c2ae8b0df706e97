"""Which precision and how many threads play a network best on this machine, found by trying."""

import math
import os
import time
from collections.abc import Sequence
from typing import Annotated

import msgspec
import torch
from torch import Tensor

from models.architectures import AnyGenerator
from models.graph.compiled import Compiled, Precision, has_bfloat16
from models.graph.library import Model

PSNR_MINIMUM_DB = 38.0
SAMPLES = 4
WORTH = 0.95  # of the time: what is less of a gain is not worth another thread or precision
ROUNDS_MINIMUM, ROUNDS_S = 2, 0.4
PEAK = 2.0  # pictures are within -1..1


class Choice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a network is played; `psnr_db` is bfloat16's against float32 where it was tried."""

    precision: Precision
    threads: Annotated[int, msgspec.Meta(ge=1)]
    psnr_db: float | None = None

    @property
    def suits(self) -> bool:
        """Whether this machine can do so."""
        possible = self.precision == "float32" or has_bfloat16()
        return possible and self.threads <= threads_available()


def choose(generator: AnyGenerator, network: Model) -> Choice:
    """Try the network of a generator, on one thread first: a busy machine chooses as an idle one.

    It draws about twenty pictures.
    """
    samples = samples_of(generator)
    precision, psnr_db = _choose_precision(network, samples)
    return Choice(precision, choose_threads(network, precision, samples[0]), psnr_db)


@torch.inference_mode()
def samples_of(generator: AnyGenerator) -> list[Tensor]:
    """The ws (num_ws, w_dim) of the model's first seeds, without truncation."""
    samples = []
    for seed in range(SAMPLES):
        random = torch.Generator().manual_seed(seed)
        z = torch.randn(1, generator.widths.z_dim, generator=random)
        classes = generator.widths.classes
        shares = torch.eye(classes)[seed % classes][None] if classes else None
        samples.append(generator.mapping(z, shares).expand(generator.num_ws, -1))
    return samples


def psnr_db(found: Tensor, expected: Tensor) -> float:
    """The peak signal-to-noise ratio of two pictures as they are shown, within -1..1."""
    error = (found.clamp(-1, 1) - expected.clamp(-1, 1)).square().mean()
    return 10.0 * math.log10(PEAK**2 / max(float(error), 1e-20)) if error == error else -math.inf


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
        playing_s, other_s = _shortest_s((playing, other), ws)
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
    plain_s, half_s = _shortest_s((plain, half), samples[0])
    holds = worst_db >= PSNR_MINIMUM_DB and half_s < plain_s * WORTH
    return "bfloat16" if holds else "float32", round(worst_db, 1)


def _shortest_s(contenders: Sequence[Compiled], ws: Tensor) -> list[float]:
    """The shortest time of each; they take turns, so that others' work hinders all alike."""
    shortest = [math.inf] * len(contenders)
    for contender in contenders:
        contender.draw(ws, 1.0)
    end, rounds = time.perf_counter() + ROUNDS_S, 0
    while rounds < ROUNDS_MINIMUM or time.perf_counter() < end:
        for index, contender in enumerate(contenders):
            start = time.perf_counter()
            contender.draw(ws, 1.0)
            shortest[index] = min(shortest[index], time.perf_counter() - start)
        rounds += 1
    return shortest
