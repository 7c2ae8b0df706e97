"""Random numbers of a whole batch, of which each part keeps its rows.

A batch may be worked on in parts, one after the other or in several processes. Every part draws
for the whole batch and keeps what is its own, so the division changes nothing that is drawn.
"""

import torch
from torch import Tensor


class Draws:
    """A stream of random tensors, always the same for a seed; the first side is the batch."""

    def __init__(self, seed: int, batch: int, rows: slice, device: torch.device) -> None:
        """`rows` of `batch` are kept, on `device`."""
        self.batch, self.rows, self.device = batch, rows, device
        self._generator = torch.Generator(device).manual_seed(seed % (1 << 63))

    def __len__(self) -> int:
        """How many rows are kept."""
        return len(range(*self.rows.indices(self.batch)))

    def normal(self, *shape: int) -> Tensor:
        """(rows, *shape) from the standard normal distribution."""
        return self._kept(
            torch.randn(self._shape(shape), generator=self._generator, device=self.device)
        )

    def uniform(self, *shape: int) -> Tensor:
        """(rows, *shape) evenly from 0 to 1."""
        return self._kept(
            torch.rand(self._shape(shape), generator=self._generator, device=self.device)
        )

    def integers(self, low: int, high: int, *shape: int) -> Tensor:
        """int64 (rows, *shape), `low` to `high` - 1 alike."""
        return self._kept(
            torch.randint(
                low, high, self._shape(shape), generator=self._generator, device=self.device
            )
        )

    def _shape(self, of_each: tuple[int, ...]) -> tuple[int, ...]:
        return self.batch, *of_each

    def _kept(self, whole: Tensor) -> Tensor:
        return whole[self.rows]
