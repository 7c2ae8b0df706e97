"""Latents by which a teacher and its student are compared: the same w in both."""

import torch
from torch import Tensor
from torch.nn import functional as F

from models.architectures import AnyGenerator


@torch.no_grad()
def sample_w(generator: AnyGenerator, count: int, seed: int = 0) -> Tensor:
    """The same `count` of w for a seed, (count, w_dim), the classes in turn."""
    random = torch.Generator().manual_seed(seed)
    z = torch.randn(count, generator.widths.z_dim, generator=random)
    classes, device = generator.widths.classes, generator.mapping.w_avg.device
    shares = F.one_hot(torch.arange(count) % classes, classes).float() if classes else None
    w: Tensor = generator.mapping(z.to(device), None if shares is None else shares.to(device))
    return w
