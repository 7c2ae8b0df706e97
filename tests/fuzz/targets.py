"""All targets: every way by which bytes come in, and what each may refuse them with."""

from collections.abc import Iterator
from importlib import import_module

from target import Target

GROUPS = ("live_targets", "text_targets", "file_targets")


def find(name: str) -> Target:
    """A target; what others need, such as torch, is not loaded."""
    return next(group[name] for group in _groups() if name in group)


def all_targets() -> dict[str, Target]:
    """All of them by name."""
    return {name: target for group in _groups() for name, target in group.items()}


def _groups() -> Iterator[dict[str, Target]]:
    for group in GROUPS:
        yield import_module(group).TARGETS
