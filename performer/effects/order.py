"""The effects by name, in the order in which they follow each other unless a patch says another."""

from collections.abc import Sequence

ORDER = (
    "displacement",
    "zoom",
    "mirror",
    "tiles",
    "kaleidoscope",
    "colour",
    "levels",
    "gamma",
    "palette",
    "sharpness",
    "trails",
    "feedback",
    "bloom",
    "strobe",
)


def ordered(first: Sequence[str]) -> tuple[str, ...]:
    """All effects: those of `first`, then the others in their usual order."""
    return (*first, *(name for name in ORDER if name not in first))
