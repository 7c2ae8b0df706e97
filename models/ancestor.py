"""Where a run starts from when it does not start from nothing: another run, or a model."""

from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from models.canvas import Canvas
from models.checkpoint import CheckpointError, Lineage, load_checkpoint
from models.kept_discriminator import load_discriminator
from models.networks import Generator, Widths, has_noise
from models.saves import Saves


@dataclass(frozen=True, slots=True)
class Ancestor:
    """Networks to start from: G, G_ema, D if there is one and, out of a run, what adapted.

    `lineage` is what a run that starts here comes from.
    """

    path: Path
    canvas: Canvas
    widths: Widths
    kimg: float
    lineage: Lineage
    tensors: dict[str, Tensor]

    @property
    def has_discriminator(self) -> bool:
        """Whether it brings the networks' judge along."""
        return any(name.startswith("D.") for name in self.tensors)

    @property
    def has_noise(self) -> bool:
        """Whether its generator uses noise."""
        return has_noise({n: tensor for n, tensor in self.tensors.items() if n.startswith("G.")})

    def check_grows_into(self, canvas: Canvas) -> None:
        """Raises `CheckpointError` unless the canvas is this one, doubled or as it is."""
        own = self.canvas
        same_base = (own.base_h, own.base_w) == (canvas.base_h, canvas.base_w)
        if not same_base or own.doublings > canvas.doublings:
            raise CheckpointError(
                f"{self.path}: a model of {own} cannot grow into {canvas}; the larger one must "
                f"be the smaller doubled, such as {_doubled(own)}"
            )

    def check_is(self, canvas: Canvas) -> None:
        """Raises `CheckpointError` unless it is of this canvas."""
        if self.canvas != canvas:
            raise CheckpointError(
                f"{self.path}: a model of {self.canvas}, which cannot be trained on as {canvas}; "
                "leave --size out, or use --grow for a larger canvas"
            )


def read_ancestor(path: Path) -> Ancestor:
    """A run's newest save, or a model with the discriminator kept beside it, if there is one.

    Raises `CheckpointError`.
    """
    if path.is_dir():
        save, tensors = Saves(path).load()
        recipe = save.recipe
        kimg = recipe.before_kimg + save.kimg
        lineage = recipe.before.then(save.images)
        return Ancestor(path, recipe.canvas_at(save.stage), recipe.widths, kimg, lineage, tensors)
    generator, manifest, _ = load_checkpoint(path)
    if not isinstance(generator, Generator):
        kind = type(manifest.architecture).__name__
        raise CheckpointError(f"{path}: {kind} models can be played, but not trained here")
    if manifest.widths.classes:
        raise CheckpointError(f"{path}: a model with classes can be played, but not trained here")
    parts = dict.fromkeys(("G", "G_ema"), generator.state_dict())
    parts["D"] = load_discriminator(path, manifest)
    tensors = {f"{part}.{name}": t for part, state in parts.items() for name, t in state.items()}
    canvas, widths, kimg = manifest.canvas, manifest.widths, manifest.kimg
    return Ancestor(path, canvas, widths, kimg, manifest.lineage, tensors)


def _doubled(canvas: Canvas) -> Canvas:
    return Canvas(canvas.base_h, canvas.base_w, canvas.doublings + 1)
