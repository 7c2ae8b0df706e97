"""The processes that train one model together, as torchrun starts them; alone there is one.

Each works on its rows of the batch, and their gradients are added up before a step is made, so
that all hold the same weights (data parallelism).
"""

import datetime
import os
from collections.abc import Sequence

import torch
from torch import Tensor
from torch import distributed as dist

PATIENCE = datetime.timedelta(hours=2)  # The first one draws and saves while the others wait.


class RanksError(ValueError):
    """Processes that cannot train together, in one sentence."""


class Ranks:
    """This process among `count`; `rank` 0 is the one that writes and speaks."""

    def __init__(self, rank: int = 0, count: int = 1) -> None:
        self.rank, self.count = rank, count

    def rows(self, batch: int) -> slice:
        """Which of a batch's rows are this process's; raises `RanksError`."""
        if batch % self.count:
            raise RanksError(
                f"a batch of {batch} cannot be shared by {self.count} processes; "
                f"choose a --batch that {self.count} divides"
            )
        share = batch // self.count
        return slice(self.rank * share, (self.rank + 1) * share)

    def add(self, tensors: Sequence[Tensor]) -> None:
        """Replace each tensor by the sum of all processes' ones."""
        if self.count == 1 or not tensors:
            return
        flat = torch.cat([tensor.flatten() for tensor in tensors])
        dist.all_reduce(flat)
        parts = flat.split([tensor.numel() for tensor in tensors])
        for tensor, part in zip(tensors, parts, strict=True):
            tensor.copy_(part.view_as(tensor))

    def any(self, here: bool, device: torch.device) -> bool:
        """Whether it is so in any process."""
        if self.count == 1:
            return here
        found = torch.tensor(float(here), device=device)
        dist.all_reduce(found)
        return bool(found > 0)

    def wait(self) -> None:
        """Until all have come here."""
        if self.count > 1:
            dist.barrier()

    def leave(self) -> None:
        """Part from the others."""
        if self.count > 1:
            dist.destroy_process_group()


def join(device: torch.device) -> tuple[Ranks, torch.device]:
    """Meet the other processes that torchrun started, if any; and the device of this one."""
    count = int(os.environ.get("WORLD_SIZE", "1"))
    if count == 1:
        return Ranks(), device
    if device.type == "cuda":
        device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
        torch.cuda.set_device(device)
    dist.init_process_group("nccl" if device.type == "cuda" else "gloo", timeout=PATIENCE)
    return Ranks(dist.get_rank(), count), device
