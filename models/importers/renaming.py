"""Another program's names for StyleGAN2's weights, turned into those of the official release."""

import re
from collections.abc import Callable

from torch import Tensor

Reshape = Callable[[Tensor], Tensor]
Rename = tuple[str, Callable[[re.Match[str]], str], Reshape]


def renamed(state: dict[str, Tensor], table: tuple[Rename, ...]) -> dict[str, Tensor]:
    """Each tensor by our name and in our shape; one that no pattern fits keeps its own name."""
    found: dict[str, Tensor] = {}
    for name, tensor in state.items():
        for pattern, rename, reshape in table:
            if match := re.fullmatch(pattern, name):
                found[rename(match)] = reshape(tensor)
                break
        else:
            found[name] = tensor
    return found


def noise_name(layer: int) -> str:
    """The noise of the layers as they follow each other: one at level 4, two at each above."""
    return f"synthesis.b{4 << (layer + 1) // 2}.conv{(layer + 1) % 2}.noise_const"


def whole(tensor: Tensor) -> Tensor:
    """As it is."""
    return tensor


def first(tensor: Tensor) -> Tensor:
    """Without the dimension of the batch."""
    return tensor[0] if tensor.dim() and len(tensor) == 1 else tensor


def plane(tensor: Tensor) -> Tensor:
    """(1, 1, H, W) as (H, W)."""
    return first(first(tensor))


def scalar(tensor: Tensor) -> Tensor:
    """One number without a dimension."""
    return tensor.reshape([]) if tensor.numel() == 1 else tensor
