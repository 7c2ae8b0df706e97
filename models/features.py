"""Random-convolution features: what sets of images are compared by, with nothing to download.

Untrained convolutions rank generators like trained ones do (arXiv 2208.09218).
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

SEED = 0
CHANNELS = (32, 64, 128)
LENGTH = 2 * sum(CHANNELS)
PIXELS_AT_ONCE = 1 << 20
STD_MINIMUM = 1e-3
CPU = torch.device("cpu")


@dataclass(frozen=True, slots=True)
class Standard:
    """The training set's mean and standard deviation of each feature, (LENGTH,) each."""

    mean: Tensor
    std: Tensor

    @classmethod
    def of(cls, features: Tensor) -> "Standard":
        """From the (N, LENGTH) raw features of the training set."""
        # A feature that never changes in the training set must not be divided by nothing.
        std = features.std(dim=0, correction=0).clamp_min(STD_MINIMUM)
        return cls(features.mean(dim=0), std)

    def __call__(self, features: Tensor) -> Tensor:
        """Raw (N, LENGTH) to standardised (N, LENGTH)."""
        return (features - self.mean) / self.std


@torch.no_grad()
def extract(images: Tensor, device: torch.device = CPU) -> Tensor:
    """Raw features float32 (N, LENGTH), on the host, of uint8 (N, 3, H, W).

    Three 3x3 convolutions of stride 2 with ReLU; the mean and the standard deviation over each
    map of each stage. The weights are the same for ever: values of two runs can be compared.
    """
    kernels = [kernel.to(device) for kernel in _kernels()]
    pooled = []
    for part in in_parts(images):
        x = part.to(device).float() / 127.5 - 1.0
        stages = []
        for kernel in kernels:
            x = F.relu(F.conv2d(x, kernel, stride=2, padding=1))
            stages += [x.mean(dim=(2, 3)), x.std(dim=(2, 3), correction=0)]
        pooled.append(torch.cat(stages, dim=1).cpu())
    return torch.cat(pooled)


def in_parts(images: Tensor) -> Iterator[Tensor]:
    """(N, C, H, W) in parts small enough to be held as float feature maps."""
    height, width = images.shape[2:]
    yield from images.split(max(1, PIXELS_AT_ONCE // (height * width)))


def _kernels() -> list[Tensor]:
    """He-initialised (O, I, 3, 3) weights of each stage (arXiv 1502.01852, equation 10)."""
    random = torch.Generator().manual_seed(SEED)
    pairs = zip((3, *CHANNELS[:-1]), CHANNELS, strict=True)
    return [
        torch.randn(outputs, inputs, 3, 3, generator=random) * math.sqrt(2 / (inputs * 9))
        for inputs, outputs in pairs
    ]
