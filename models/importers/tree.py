"""What a file held, checked so that walking through it always ends."""

from models.importers.budget import DEPTH, STEPS
from models.importers.refusal import refuse
from models.importers.stand_ins import Instance


def check_tree(root: object) -> None:
    """Raise `ImporterError` for what holds itself, is nested too deep, or unfolds without end.

    What is shared is counted wherever it occurs: a few lists that each hold the last one twice
    are small in memory, but not for who walks through them.
    """
    _measure(root, 0, {})


def _measure(value: object, depth: int, known: dict[int, tuple[int, int]]) -> tuple[int, int]:
    """Height and unfolded size of a value."""
    parts = _parts(value)
    if not parts:
        return 0, 1
    if depth > DEPTH:
        refuse("it is nested too deep, or holds itself")
    if id(value) not in known:
        measured = [_measure(part, depth + 1, known) for part in parts]
        height = 1 + max(height for height, _ in measured)
        known[id(value)] = height, 1 + sum(size for _, size in measured)
    height, size = known[id(value)]
    if depth + height > DEPTH or size > STEPS:
        refuse("it is nested too deep, or holds itself")
    return height, size


def _parts(value: object) -> list[object]:
    if isinstance(value, Instance):
        return list(value.attributes.values())
    if isinstance(value, dict):
        return list(value.values())
    return list(value) if isinstance(value, list | tuple) else []
