"""The bends that the parameters ask for."""

from collections.abc import Mapping
from typing import NamedTuple

from performer.parameters import BENDS

UNSEEN = 1e-3


class Bend(NamedTuple):
    """One operation on some channels of a layer; `models.bending` says what the fields mean."""

    kind: int
    amount: float
    layer: float
    channels: int


def bends_of(values: Mapping[str, float]) -> tuple[Bend, ...]:
    """Those that change anything, in the order of their numbers."""
    return tuple(
        Bend(
            kind=round(values[f"bend.kind.{i}"]),
            amount=values[f"bend.amount.{i}"],
            layer=values[f"bend.layer.{i}"],
            channels=round(values[f"bend.channels.{i}"]),
        )
        for i in range(1, BENDS + 1)
        if abs(values[f"bend.amount.{i}"]) > UNSEEN
    )
