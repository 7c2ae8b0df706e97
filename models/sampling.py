"""Pictures drawn from a generator by a seed, a few at a time."""

import torch
from torch import Tensor

from models.networks import Generator


@torch.inference_mode()
def draw(
    generator: Generator, count: int, *, seed: int, batch: int = 16, psi: float = 1.0
) -> Tensor:
    """The same `count` latents for a seed, uint8 (count, 3, H, W) on the host."""
    random = torch.Generator().manual_seed(seed)
    z = torch.randn(count, generator.widths.z_dim, generator=random)
    device = generator.mapping.w_avg.device
    parts = (to_bytes(generator(part.to(device), psi=psi)) for part in z.split(batch))
    return torch.cat(list(parts))


def to_bytes(images: Tensor) -> Tensor:
    """Values within -1..1 to 0..255 on the host."""
    return ((images + 1.0) * 127.5).round().clamp(0, 255).byte().cpu()
