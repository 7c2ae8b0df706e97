"""How ways of playing a generator are held against each other: true to the picture, then fast."""

import math
import time
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from models.architectures import AnyGenerator

PSNR_MINIMUM_DB = 38.0
SAMPLES = 4
WORTH = 0.95  # of the time: what is less of a gain is not worth another way
ROUNDS_MINIMUM, ROUNDS_S = 2, 0.4
REST_S = 0.005  # Threads that one way leaves spinning would hinder the next.
PEAK = 2.0  # pictures are within -1..1


@torch.inference_mode()
def samples_of(generator: AnyGenerator) -> list[Tensor]:
    """The ws (num_ws, w_dim) of the model's first seeds, without truncation, on its device."""
    samples = []
    device = generator.mapping.w_avg.device
    for seed in range(SAMPLES):
        random = torch.Generator().manual_seed(seed)
        z = torch.randn(1, generator.widths.z_dim, generator=random).to(device)
        classes = generator.widths.classes
        shares = torch.eye(classes, device=device)[seed % classes][None] if classes else None
        samples.append(generator.mapping(z, shares).expand(generator.num_ws, -1))
    return samples


def psnr_db(found: Tensor, expected: Tensor) -> float:
    """The peak signal-to-noise ratio of two pictures as they are shown, within -1..1."""
    error = (found.clamp(-1, 1) - expected.clamp(-1, 1)).square().mean()
    return 10.0 * math.log10(PEAK**2 / max(float(error), 1e-20)) if error == error else -math.inf


def shortest_s(draws: Sequence[Callable[[], object]]) -> list[float]:
    """The shortest time of each; they take turns, so that others' work hinders all alike."""
    shortest = [math.inf] * len(draws)
    for draw in draws:
        draw()
    end, rounds = time.perf_counter() + ROUNDS_S, 0
    while rounds < ROUNDS_MINIMUM or time.perf_counter() < end:
        for index, draw in enumerate(draws):
            time.sleep(REST_S)
            start = time.perf_counter()
            draw()
            shortest[index] = min(shortest[index], time.perf_counter() - start)
        rounds += 1
    return shortest
