"""Network bending: what is done to the features of a layer while a picture is drawn.

After Broad, Leymarie and Grierson, "Network Bending" (arXiv 2005.12420).
"""

import math
from collections.abc import Callable, Sequence
from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional as F

from models.bending_operations import KINDS, Place
from models.channel_groups import groups_in

Touch = Callable[[int, Tensor], Tensor]
LOOK_PX = (9, 9)
PATTERN_SEED = 20


class Bend(Protocol):
    """What is asked for: an operation of `KINDS`, how far, where, and on which channels.

    `amount` is -1..1; `layer` 0 (coarsest) to 1 (finest), between two layers both have their
    part; `channels` is 0 for all of them, else the number of a group.
    """

    @property
    def kind(self) -> int: ...

    @property
    def amount(self) -> float: ...

    @property
    def layer(self) -> float: ...

    @property
    def channels(self) -> int: ...


class Bender:
    """Bends the features of the layers of one network."""

    def __init__(self, groups: Sequence[Tensor], device: torch.device) -> None:
        """`groups` has, for each layer, the number of each channel's group, (C,) from 1 on."""
        self.groups = [numbers.to(device) for numbers in groups]
        self._members: dict[tuple[int, int], Tensor] = {}
        self._patterns: dict[int, tuple[Tensor, Tensor]] = {}

    def touch(self, bends: Sequence[Bend]) -> Touch:
        """What is to be done to the features (1, C, H, W) of each layer, by its number."""
        plan: dict[int, list[tuple[Bend, float]]] = {}
        for bend in bends:
            for layer, amount in self._places(bend):
                plan.setdefault(layer, []).append((bend, amount))

        def apply(layer: int, x: Tensor) -> Tensor:
            for bend, amount in plan.get(layer, ()):
                x = self._bent(x, layer, bend, amount)
            return x

        return apply

    def _places(self, bend: Bend) -> list[tuple[int, float]]:
        """The layers that a bend is at, and its amount at each."""
        at = min(max(bend.layer, 0.0), 1.0) * (len(self.groups) - 1)
        below = math.floor(at)
        beyond = (at - below) * bend.amount
        places = (below, bend.amount - beyond), (below + 1, beyond)
        return [(layer, amount) for layer, amount in places if amount]

    def _bent(self, x: Tensor, layer: int, bend: Bend, amount: float) -> Tensor:
        members = self._of(layer, bend.channels)
        if not len(members):
            return x
        place = Place(x, members, lambda: self._pattern(layer, x)[:, members])
        operation = KINDS[bend.kind].operation
        if not bend.channels:
            return operation(x, amount, place)
        return x.index_copy(1, members, operation(x[:, members], amount, place))

    def _of(self, layer: int, group: int) -> Tensor:
        """The channels of a group."""
        key = layer, group
        if key not in self._members:
            numbers = self.groups[layer]
            chosen = numbers == group if group else numbers > 0
            self._members[key] = chosen.nonzero()[:, 0]
        return self._members[key]

    def _pattern(self, layer: int, x: Tensor) -> Tensor:
        """A noise for features (1, C, H, W): the same places, of another strength in each."""
        if layer not in self._patterns:
            random = torch.Generator().manual_seed(PATTERN_SEED + layer)
            field = torch.randn(1, 1, *x.shape[2:], generator=random)
            strengths = torch.randn(1, x.shape[1], 1, 1, generator=random)
            self._patterns[layer] = field.to(x), strengths.to(x)
        field, strengths = self._patterns[layer]
        return field * strengths


def bender_for(draw: Callable[[Touch], None], device: torch.device) -> Bender:
    """The bender of a network; `draw` draws some of the network's own pictures."""
    heard: dict[int, list[Tensor]] = {}

    def listen(layer: int, x: Tensor) -> Tensor:
        heard.setdefault(layer, []).append(F.adaptive_avg_pool2d(x.float(), LOOK_PX).cpu())
        return x

    draw(listen)
    return Bender([groups_in(torch.cat(heard[layer])) for layer in sorted(heard)], device)
