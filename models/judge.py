"""Judging a run: its pictures of the moment measured against the images it learns from."""

from contextlib import suppress
from pathlib import Path

import torch
from torch import Tensor

from models.ada import P_MAXIMUM
from models.history import TABLE, History
from models.metrics import Measures, MetricsError, Reference, floor
from models.sampling import draw
from models.trainer import Trainer
from models.watch import Moment

PIXELS_ON_CPU = 16_000_000
FEWEST, MOST = 200, 1000
IMAGES_PER_PICTURE = 4


class Judge:
    """The images of a run's present canvas, prepared once, and what was measured by them.

    `reason` says why nothing can be measured, or is empty; `floor` is what real images score.
    """

    def __init__(self, trainer: Trainer, run: Path) -> None:
        """The history in the run's folder is taken up where it was left."""
        self.trainer, self.stage = trainer, trainer.stage
        self.history = History(run / TABLE, str(trainer.canvas))
        images = trainer.feed.images
        self.count = _count(images.shape[2] * images.shape[3], trainer.device)
        chosen = _some(images, IMAGES_PER_PICTURE * self.count)
        self.floor: Measures | None = None
        self.reason = ""
        try:
            self._reference = Reference(chosen, device=trainer.device)
        except MetricsError as error:
            self.reason = str(error)
        with suppress(MetricsError):  # It needs more images than measuring does.
            self.floor = floor(chosen, device=trainer.device)

    def measure(self) -> Moment:
        """Measure the pictures of now, and keep the numbers."""
        trainer = self.trainer
        batch = trainer.division.at_once
        fakes = draw(trainer.averaged, self.count, seed=trainer.recipe.seed, batch=batch)
        p, measures = trainer.pair.augment.strength, self._reference.measure(fakes)
        moment = Moment(trainer.kimg, measures, p >= P_MAXIMUM, float(trainer.sign))
        self.history.add(moment, p)
        return moment

    @property
    def flags(self) -> dict[str, str]:
        """What is wrong with the run, by name, a sentence each."""
        return self.history.watch.flags


def _count(area_px: int, device: torch.device) -> int:
    """How many pictures to measure: drawing them may not take long."""
    return MOST if device.type == "cuda" else min(MOST, max(FEWEST, PIXELS_ON_CPU // area_px))


def _some(images: Tensor, count: int) -> Tensor:
    """At most `count` images, always the same ones, on the host."""
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(0))
    return images[order[:count].to(images.device)].cpu()
