"""Pictures drawn from a generator by a seed, a few at a time."""

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.nn import functional as F

from models.architectures import AnyGenerator


def draw(
    generator: AnyGenerator, count: int, *, seed: int, batch: int = 16, psi: float = 1.0
) -> Tensor:
    """The same `count` latents for a seed, uint8 (count, 3, H, W) on the host."""
    return torch.cat(list(draw_parts(generator, count, seed=seed, batch=batch, psi=psi)))


def draw_parts(
    generator: AnyGenerator, count: int, *, seed: int, batch: int = 16, psi: float = 1.0
) -> Iterator[Tensor]:
    """As `draw`, uint8 (`batch` or fewer, 3, H, W) at a time.

    A model with classes draws them in their order, each as often as the others.
    """
    random = torch.Generator().manual_seed(seed)
    z = torch.randn(count, generator.widths.z_dim, generator=random)
    classes = generator.widths.classes
    chosen = torch.arange(count) * classes // count
    for part, which in zip(z.split(batch), chosen.split(batch), strict=True):
        shares = F.one_hot(which, classes).float() if classes else None
        yield draw_from(generator, part, shares, psi=psi)


@torch.inference_mode()
def draw_from(
    generator: AnyGenerator, z: Tensor, shares: Tensor | None = None, *, psi: float = 1.0
) -> Tensor:
    """uint8 (N, 3, H, W) on the host, of z (N, z_dim) and `shares` of classes (N, classes)."""
    device = generator.mapping.w_avg.device
    shares = None if shares is None else shares.to(device)
    return to_bytes(generator(z.to(device), shares, psi=psi))


def to_bytes(images: Tensor) -> Tensor:
    """Values within -1..1 to 0..255 on the host."""
    return ((images + 1.0) * 127.5).round().clamp(0, 255).byte().cpu()
