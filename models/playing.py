"""What every engine tells of the generator that it plays, and how it finds its latents."""

import logging
from typing import TYPE_CHECKING, Generic, TypeVar

import torch
from torch import Tensor

from models.architectures import AnyGenerator
from models.directions import directions_of
from models.evenness import Evenness
from models.sketch import Sketch

if TYPE_CHECKING:
    from models.runtime import Runtime

G = TypeVar("G", bound=AnyGenerator)


class Playing(Generic[G]):
    """A generator on a device, in evaluation mode; an engine adds how it is drawn."""

    def __init__(self, generator: G, device: torch.device, directions: Tensor | None) -> None:
        """`directions` (count, w_dim) are those stored with the model, if any."""
        self.device, self._directions = device, directions
        generator.to(device).eval().requires_grad_(False)
        self.generator = generator
        self.height_px = generator.canvas.height_px
        self.width_px = generator.canvas.width_px
        self.num_ws, self.z_dim = generator.num_ws, generator.widths.z_dim
        self.classes = generator.widths.classes
        self.w_avg = generator.mapping.w_avg
        self.sketch: Sketch | None = None
        self._evenness = Evenness(generator.mapping, self.z_dim, self.classes, generator.sight)

    @property
    def pliant(self) -> "Runtime | None":
        """The same generator where it can be bent and blended; None where none can be."""
        return None

    def prepare_sketch(self) -> None:
        """Have `sketch` from now on, where this kind of network has one and the engine can."""
        try:
            self.sketch = self._make_sketch()
        except Exception as error:  # Whatever a library or driver does, the show goes on.
            reason = f"{type(error).__name__}: {error}".splitlines()[0]
            logging.getLogger(__name__).warning("the level of detail cannot be lowered: %s", reason)

    def _make_sketch(self) -> Sketch | None:
        return None

    @torch.inference_mode()
    def map(self, z: Tensor, shares: Tensor | None = None) -> Tensor:
        """(N, z_dim) to w (N, w_dim), both on the device; `shares` of each class (N, classes)."""
        return self.generator.mapping(z, shares)

    def even_as(self, goal: "Playing[G]") -> None:
        """Judge changes by the numbers of the model to which the weights are on their way."""
        self._evenness = self._evenness.judged_by(goal._evenness)

    def changes(self, z: Tensor, shares: Tensor | None, psi: float) -> Tensor:
        """How visibly each of z differs from the next, all on the host: see `Evenness`."""
        return self._evenness.changes(z, shares, psi)

    def directions(self, count: int) -> Tensor:
        """The model's directions, (count, w_dim)."""
        return directions_of(self.generator, self._directions, count).to(self.device)
