"""What a machine can do at most, measured, and what a picture needs at least: the floor."""

import math
import time
from dataclasses import dataclass

import torch

from models.device import DTYPES, finish
from models.networks import Generator, StyledConv, ToRGB
from models.recipe import Precision

ROUNDS = 7
SIDES = {"cuda": 8192, "mps": 2048, "cpu": 1024}  # of the matrices that are multiplied
COPIED_BYTES = {"cuda": 1 << 30, "mps": 1 << 28, "cpu": 1 << 28}
IMAGE_BYTES = 3 * 4  # of a pixel, which stays float32


@dataclass(frozen=True, slots=True)
class Rates:
    """Operations a second in products of large matrices, and bytes a second in large copies."""

    operations: float
    bytes: float


@dataclass(frozen=True, slots=True)
class Floor:
    """The least time that a picture can take, in ms: for its operations, and for its bytes.

    Bytes are those that must come from memory if nothing stays in a cache between layers; on a
    CPU small networks stay there, and may be faster than that.
    """

    operations_ms: float
    bytes_ms: float


@torch.inference_mode()
def measure(device: torch.device, precision: Precision) -> Rates:
    """The rates of a device, on a CPU with torch's present number of threads."""
    side, size = SIDES[device.type], COPIED_BYTES[device.type]
    a = torch.randn(side, side, device=device).to(DTYPES[precision])
    product = torch.empty_like(a)
    source = torch.zeros(size, dtype=torch.uint8, device=device)
    target = torch.empty_like(source)
    multiply_s = copy_s = math.inf
    for _ in range(ROUNDS):
        start_s = time.perf_counter()
        torch.mm(a, a, out=product)
        finish(device)
        middle_s = time.perf_counter()
        target.copy_(source)
        finish(device)
        multiply_s = min(multiply_s, middle_s - start_s)
        copy_s = min(copy_s, time.perf_counter() - middle_s)
    return Rates(2.0 * side**3 / multiply_s, 2.0 * size / copy_s)


def floor(generator: Generator, precision: Precision, rates: Rates) -> Floor:
    """The floor of one picture in a precision at these rates."""
    needed_bytes = traffic_bytes(generator, DTYPES[precision].itemsize)
    return Floor(operations(generator) / rates.operations * 1000, needed_bytes / rates.bytes * 1000)


def operations(generator: Generator) -> float:
    """What the convolutions of a picture come to, a product and a sum as two; no filters."""
    total, area = 0, 0
    for layer in generator.synthesis.modules():
        if isinstance(layer, StyledConv):
            area = layer.noise_const.numel()
            total += layer.weight.numel() * (area // 4 if layer.up else area)
        elif isinstance(layer, ToRGB):
            total += layer.weight.numel() * area
    return 2.0 * total


def traffic_bytes(generator: Generator, itemsize: int) -> float:
    """Each layer's features read and written once, its weights read once, all else fused."""
    total, area = 0, 0
    for layer in generator.synthesis.modules():
        if isinstance(layer, StyledConv):
            area = layer.noise_const.numel()
            outputs, inputs = layer.weight.shape[:2]
            features = outputs * area + inputs * (area // 4 if layer.up else area)
            total += (features + layer.weight.numel()) * itemsize
        elif isinstance(layer, ToRGB):
            total += layer.weight.shape[1] * area * itemsize
            total += area * IMAGE_BYTES * 5 // 4  # with the image of the level below
    return float(total)
