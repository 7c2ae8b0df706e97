"""The trainer of images: the common loop, a canvas that grows, and what regularises pictures."""

import torch
from torch import Tensor

from models.adversaries import Adversaries
from models.canvas import Canvas
from models.division import Job, Part
from models.feed import Feed, shrink
from models.networks import Generator
from models.pair import ImagePair
from models.path_length import EVERY_ROWS, PathLength
from models.ranks import Ranks
from models.recipe import Recipe
from models.sampling import draw
from models.state import graft_modules


class Trainer(Adversaries):
    """Generator and discriminator of images, stage by stage of a recipe."""

    pair: ImagePair
    averaged: Generator

    def __init__(
        self, recipe: Recipe, images: Tensor, device: torch.device, ranks: Ranks | None = None
    ) -> None:
        """`images` is uint8 (N, 3, H, W) of the recipe's canvas."""
        self.recipe, self.images = recipe, images
        super().__init__(recipe, device, ranks)

    def initialise(self, stage: int) -> None:
        """Step one: both networks with random weights, their optimisers and regularisers."""
        super().initialise(stage)
        self.path_length = PathLength(self.recipe.path_length_weight).to(self.device)

    def make_pair(self, stage: int) -> ImagePair:
        """Both networks with random weights."""
        return ImagePair(self.recipe, stage, self.device)

    def make_feed(self, stage: int) -> Feed:
        """The images, as small as the stage's canvas is."""
        recipe = self.recipe
        images = shrink(self.images, recipe.canvas.doublings - recipe.stages[stage].doublings)
        return Feed(
            images, self.device, batch=recipe.batch, rows=self.division.rows, seed=recipe.seed
        )

    def r1_gamma(self) -> float:
        """What R1 weighs in this stage."""
        return self.recipe.stages[self.stage].r1_gamma

    @property
    def canvas(self) -> Canvas:
        """What is drawn on now."""
        return self.recipe.canvas_at(self.stage)

    @property
    def first_step(self) -> int:
        """The step with which the stage began."""
        return self.recipe.first_step(self.stage)

    @property
    def is_warming_up(self) -> bool:
        """Whether the generator waits for new levels of the discriminator."""
        return self.recipe.is_warming_up(self.step)

    def enter_stage(self) -> None:
        """Grow where the recipe says so: the next canvas starts with what this one has learnt."""
        stage = self.recipe.stage_at(self.step)
        if stage != self.stage:
            grown = self.state()
            self.initialise(stage)
            self.graft(grown)

    def observe_discriminator(self, told: Tensor) -> None:
        """Let augmentation know how sure the discriminator is, and the average of w move."""
        self.pair.augment.observe(told[2], self.recipe.batch)
        self.pair.track_average(self.draws("D", slice(0, self.recipe.batch)))

    def generator_jobs(self) -> list[Job]:
        """The discriminator's answer, and path lengths now and then."""
        jobs = super().generator_jobs()
        if self.path_length.due(self.step):
            jobs.append(Job("path", self.path_length_part, tells=1, every_rows=EVERY_ROWS))
        return jobs

    def path_length_part(self, part: Part) -> Tensor:
        """Add a part's gradients; its mean path length, (1,)."""
        lengths = self.pair.path_lengths(part.draws)
        (self.path_length(lengths) * part.share).backward()
        return lengths.detach().mean()[None]

    def observe_generator(self, told: Tensor) -> None:
        """Let the mean path length follow."""
        if len(told) > 1:
            self.path_length.observe(told[1])

    def samples(self, count: int, psi: float = 1.0) -> Tensor:
        """The same `count` latents each time, uint8 (count, 3, H, W) on the host."""
        recipe = self.recipe
        return draw(self.averaged, count, seed=recipe.seed, batch=self.division.at_once, psi=psi)

    def graft(self, tensors: dict[str, Tensor]) -> None:
        """Start from the state of a run on a canvas with the same base and no more doublings."""
        graft_modules(self.modules(), tensors)
        self.pair.settle()

    def modules(self) -> dict[str, torch.nn.Module]:
        """All that learns or keeps count."""
        more = {"augment": self.pair.augment, "path_length": self.path_length}
        return super().modules() | more
