"""Whether the weights of one network can move to another's through networks that draw pictures.

Between networks that grew out of the same one all on the way are sound; between strangers of equal
shapes there is mush.
"""

import torch
from torch import Tensor

from models.networks import Generator

KIN = 0.5  # cosine: strangers have 0, what was trained on from the same weights 0.7 and more
STRIDE = 37
COMPARED = 4096


def are_kin(here: Generator, there: Generator) -> bool:
    """Whether they come from the same weights, by what some of these are now."""
    a, b = _some(here), _some(there)
    return float(a @ b) >= KIN * float(a.norm() * b.norm())


def _some(generator: Generator) -> Tensor:
    """A few weights of each convolution, (N,), on the CPU; it takes no time."""
    weights = [p for name, p in generator.named_parameters() if p.ndim == 4]
    chosen = [weight.flatten()[::STRIDE][:COMPARED] for weight in weights]
    return torch.cat([tensor.detach().float() for tensor in chosen]).cpu()
