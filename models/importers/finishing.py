"""What an imported model gets to be played and shown: directions, a grid of pictures, a card."""

from collections.abc import Callable
from pathlib import Path

import torch

from models.architectures import AnyGenerator, architecture_of
from models.checkpoint import load_checkpoint, save_checkpoint
from models.directions import Directions, effort_within, efforts_of, find_directions
from models.onnx.design import ONNX
from models.presentation import write_grid, write_model_card

SEARCH_S = 50.0


def finish(model: Path, device: torch.device, say: Callable[[str], None]) -> None:
    """Look for the directions of a model and store them, and write a grid and a card beside it.

    How thorough the search is depends on how long a picture takes; `say` is told what is done.
    """
    generator, manifest, _ = load_checkpoint(model)
    generator.to(device)
    say("Drawing a grid of its pictures.")
    picture_s = write_grid(model, generator, manifest.seed)
    directions = _search(generator, picture_s, say)
    if directions:
        save_checkpoint(model, generator, manifest, directions.pushes)
    write_model_card(model, generator, manifest, directions)


def _search(
    generator: AnyGenerator, picture_s: float, say: Callable[[str], None]
) -> Directions | None:
    """The directions, or None where nothing shows that a principal component of W would not."""
    effort = effort_within(SEARCH_S / picture_s, generator.canvas, efforts_of(generator))
    if effort is None:
        onnx = isinstance(architecture_of(generator), ONNX)
        others = "some by chance" if onnx else "the principal components of W"
        say(
            f"A picture takes {picture_s:.1f} s here, too long to look for directions; "
            f"{others} are played instead."
        )
        return None
    seconds = effort.pictures * picture_s
    say(f"Looking for directions in {effort.pictures} pictures, about {seconds:.0f} s.")
    try:
        return find_directions(generator, effort)
    except torch.linalg.LinAlgError:  # type: ignore[attr-defined]
        say("Its W holds NaN or infinite values, so it has no directions.")
        return None
