"""Real images on their way to the discriminator: what a step sees is there before it is asked."""

from concurrent.futures import Future, ThreadPoolExecutor
from functools import lru_cache

import torch
from torch import Tensor
from torch.nn import functional as F

IMAGES_AT_ONCE = 64
SHARE_OF_FREE_MEMORY = 0.25


class Feed:
    """This process's rows of the batch of every step, in an order that the seed decides.

    On a GPU the images stay in its memory when they take at most a quarter of what is free;
    otherwise the next step's are fetched while this one's are worked on.
    """

    def __init__(
        self, images: Tensor, device: torch.device, *, batch: int, rows: slice, seed: int
    ) -> None:
        """`images` is uint8 (N, 3, H, W)."""
        self.images = images.to(device) if _fits(images, device) else images
        self.device, self.batch, self.rows, self.seed = device, batch, rows, seed
        self._pool = ThreadPoolExecutor(1, "feed") if self.images.device != device else None
        self._next: tuple[int, Future[Tensor]] | None = None
        self._step, self._shown = -1, images[:0]

    def at(self, step: int) -> Tensor:
        """uint8 (rows, 3, H, W) on the device."""
        if step != self._step:
            self._step, self._shown = step, self._load(step)
        return self._shown

    def _load(self, step: int) -> Tensor:
        if self._pool is None:
            return self.images[self._chosen(step).to(self.images.device)]
        waiting, self._next = self._next, None
        ready = waiting is not None and waiting[0] == step
        found = waiting[1].result() if waiting is not None and ready else self._fetch(step)
        self._next = (step + 1, self._pool.submit(self._fetch, step + 1))
        return found.to(self.device, non_blocking=True)

    def _fetch(self, step: int) -> Tensor:
        found = self.images[self._chosen(step)]
        return found.pin_memory() if self.device.type == "cuda" else found

    def _chosen(self, step: int) -> Tensor:
        return batch_indices(step, self.batch, len(self.images), self.seed)[self.rows]


def _fits(images: Tensor, device: torch.device) -> bool:
    """Whether a GPU has room for all images beside the training."""
    if device.type != "cuda":
        return False
    free, _ = torch.cuda.mem_get_info(device)
    return images.numel() < SHARE_OF_FREE_MEMORY * free


def batch_indices(step: int, batch: int, count: int, seed: int) -> Tensor:
    """Which images a step sees, int64 (batch,): a new order every epoch, a pure function."""
    positions = torch.arange(step * batch, (step + 1) * batch)
    places = zip((positions // count).tolist(), (positions % count).tolist(), strict=True)
    return torch.stack([_order(epoch, count, seed)[place] for epoch, place in places])


@lru_cache(maxsize=4)
def _order(epoch: int, count: int, seed: int) -> Tensor:
    return torch.randperm(count, generator=torch.Generator().manual_seed(seed * 1_000_003 + epoch))


def shrink(images: Tensor, doublings: int) -> Tensor:
    """uint8 (N, 3, H, W) halved so many times; each pixel is the mean of those it replaces."""
    if doublings == 0:
        return images
    parts = [
        F.avg_pool2d(part.float(), 1 << doublings).round().byte()
        for part in images.split(IMAGES_AT_ONCE)
    ]
    return torch.cat(parts)
