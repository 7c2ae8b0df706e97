"""The recipe of a run: everything that decides what it does, apart from its images."""

import math
from typing import Literal

import msgspec

from models.canvas import Canvas
from models.checkpoint import Lineage
from models.networks import Widths

Precision = Literal["float32", "bfloat16", "float16"]


class Stage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A part of a run on a canvas of `doublings`, until `kimg` thousand images of it were shown.

    `r1_gamma` weighs R1 (and R2); without `noise` its strengths stay zero: every detail has to
    come from w.
    """

    doublings: int
    kimg: float
    r1_gamma: float
    noise: bool = True


class Recipe(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a run does, stage by stage; the last one, on the whole `canvas`, goes on for ever.

    `ada_target` and `ada_kimg` are for `augment` "ada"; `path_length_weight` 0 leaves it out.
    When a generator that was trained before meets new levels of a discriminator, only these learn
    for `warmup_kimg`, so that they do not lead it astray: in every stage but the first, and there
    too when the run `starts_trained`. The discriminator's `frozen_layers`, counted from the image,
    do not learn (FreezeD, arXiv 2002.10964). `before_kimg` is what runs before this one had seen,
    and `before` tells of which images and whose they were.
    """

    canvas: Canvas
    widths: Widths
    stages: tuple[Stage, ...]
    seed: int = 0
    loss: str = "nonsaturating"
    augment: str = "diffaugment"
    ada_target: float = 0.6
    ada_kimg: float = 100.0
    batch: int = 16
    learning_rate: float = 0.002
    path_length_weight: float = 0.0
    style_mixing: float = 0.9
    mirror: bool = False
    precision: Precision = "float32"
    warmup_kimg: float = 0.5
    starts_trained: bool = False
    frozen_layers: int = 0
    before_kimg: float = 0.0
    before: Lineage = Lineage()

    @property
    def ema_half_life_img(self) -> float:
        """Images after which half of the averaged weights are new (arXiv 2006.06676)."""
        return self.batch * 10_000 / 32

    def first_step(self, index: int) -> int:
        """The step with which a stage begins."""
        return sum(math.ceil(stage.kimg * 1000 / self.batch) for stage in self.stages[:index])

    def stage_at(self, step: int) -> int:
        """The index of the stage that a step belongs to."""
        return max(i for i in range(len(self.stages)) if self.first_step(i) <= step)

    def canvas_at(self, index: int) -> Canvas:
        """The canvas of a stage."""
        return msgspec.structs.replace(self.canvas, doublings=self.stages[index].doublings)

    def is_warming_up(self, step: int) -> bool:
        """Whether the generator waits for the discriminator."""
        index = self.stage_at(step)
        shown_kimg = (step - self.first_step(index)) * self.batch / 1000
        return (index > 0 or self.starts_trained) and shown_kimg < self.warmup_kimg
