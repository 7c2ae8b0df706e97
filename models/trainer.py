"""The trainer: generator against discriminator, in four steps.

1. initialise both networks; 2. train the discriminator on real and generated images; 3. train the
generator on its answer; 4. repeat until the goal. Every random draw of a step is a function of the
seed and the step's number, so a run that was stopped goes on as if it never had been, and so does a
batch that has to be divided.
"""

import copy
import hashlib
import math
from collections.abc import Iterator

import torch
from torch import Tensor

from models.canvas import Canvas
from models.division import Division, Job, Part, TrainingError
from models.draws import Draws
from models.feed import Feed, shrink
from models.losses import LOSSES, gradient_penalty
from models.pair import ImagePair
from models.path_length import EVERY_ROWS, PathLength
from models.ranks import Ranks
from models.recipe import Recipe
from models.sampling import draw
from models.state import graft_modules, module_state, restore_modules

R1_EVERY = 16
EMA_RAMP = 0.05
SKIPS_MAXIMUM = 8
SIGN_BETA = 0.02
STREAMS = ("D", "G", "path", "lesson")  # Each draws from numbers of its own.


class DivergedError(TrainingError):
    """Losses or gradients that were no numbers for many steps."""


class Trainer:
    """Both networks, their optimisers and the averaged generator; `step` is its only clock."""

    def __init__(
        self, recipe: Recipe, images: Tensor, device: torch.device, ranks: Ranks | None = None
    ) -> None:
        """`images` is uint8 (N, 3, H, W) of the recipe's canvas."""
        self.recipe, self.images, self.device = recipe, images, device
        self.ranks = ranks or Ranks()
        self.division = Division(recipe.batch, self.ranks, device)
        self.loss = LOSSES[recipe.loss]
        self.step = self.attempt = 0
        self.skips = {"G": 0, "D": 0}
        self.sign = torch.zeros([], device=device)
        self.initialise(0)

    def initialise(self, stage: int) -> None:
        """Step one: both networks with random weights, their optimisers and regularisers."""
        recipe = self.recipe
        self.stage = stage
        self.pair = self.make_pair(stage)
        self.averaged = copy.deepcopy(self.pair.generator).eval().requires_grad_(False)
        self.learning = {
            name: [p for p in network.parameters() if p.requires_grad]
            for name, network in (("G", self.pair.generator), ("D", self.pair.discriminator))
        }
        self.optimisers = {
            name: torch.optim.Adam(parameters, lr=recipe.learning_rate, betas=(0.0, 0.99))
            for name, parameters in self.learning.items()
        }
        self.path_length = PathLength(recipe.path_length_weight).to(self.device)
        images = shrink(self.images, recipe.canvas.doublings - recipe.stages[stage].doublings)
        self.feed = Feed(
            images, self.device, batch=recipe.batch, rows=self.division.rows, seed=recipe.seed
        )

    def make_pair(self, stage: int) -> ImagePair:
        """Both networks with random weights."""
        return ImagePair(self.recipe, stage, self.device)

    @property
    def kimg(self) -> float:
        """Thousands of real images shown so far."""
        return self.step * self.recipe.batch / 1000

    @property
    def canvas(self) -> Canvas:
        """What is drawn on now."""
        return self.recipe.canvas_at(self.stage)

    def train(self) -> Iterator[dict[str, float]]:
        """Step four: repeat steps two and three for ever, yielding their losses each time.

        Raises `DivergedError` when they are no numbers for `SKIPS_MAXIMUM` steps on end.
        """
        while True:
            self.enter_stage()
            losses = {"loss_D": self.train_discriminator()}
            if not self.recipe.is_warming_up(self.step):
                losses["loss_G"] = self.train_generator()
                self.average()
            self.step += 1
            yield losses

    def enter_stage(self) -> None:
        """Grow where the recipe says so: the next canvas starts with what this one has learnt."""
        stage = self.recipe.stage_at(self.step)
        if stage != self.stage:
            grown = self.state()
            self.initialise(stage)
            self.graft(grown)

    def train_discriminator(self) -> float:
        """Step two: the discriminator learns to tell real from generated images."""
        told = self.work("D", Job("D", self.discriminator_part, tells=3))
        if self.update("D", told):
            sign = told[2]
            self.sign.lerp_(sign, SIGN_BETA)
            self.pair.augment.observe(sign, self.recipe.batch)
            self.pair.track_average(self.draws("D", slice(0, self.recipe.batch)))
        return float(told[0])

    def discriminator_part(self, part: Part) -> Tensor:
        """Add a part's gradients; its loss, penalty and mean sign D(real), (3,)."""
        with torch.no_grad():
            fake = self.pair.generate(part.draws)
        real = self.real_images(part)
        penalise = self.step % R1_EVERY == 0
        real.requires_grad_(penalise)
        fake.requires_grad_(penalise and self.loss.penalise_fake)
        fake_logits = self.pair.judge(fake, part.draws)
        real_logits = self.pair.judge(real, part.draws)
        loss = self.loss.discriminator(real_logits, fake_logits)
        penalty = torch.zeros_like(loss)
        for logits, images in ((real_logits, real), (fake_logits, fake)):
            if images.requires_grad:
                penalty = penalty + gradient_penalty(logits, images)
        gamma = self.recipe.stages[self.stage].r1_gamma
        ((loss + gamma / 2 * R1_EVERY * penalty) * part.share).backward()
        sign = self.loss.margin(real_logits, fake_logits).sign().mean()
        return torch.stack([loss.detach(), penalty.detach(), sign.detach()])

    def train_generator(self) -> float:
        """Step three: the generator learns from the discriminator's answer."""
        jobs = [Job("G", self.generator_part, tells=1)]
        if self.path_length.due(self.step):
            jobs.append(Job("path", self.path_length_part, tells=1, every_rows=EVERY_ROWS))
        for parameter in self.learning["D"]:
            parameter.requires_grad_(False)
        told = self.work("G", *jobs)
        for parameter in self.learning["D"]:
            parameter.requires_grad_(True)
        if self.update("G", told) and len(told) > 1:
            self.path_length.observe(told[1])
        return float(told[0])

    def generator_part(self, part: Part) -> Tensor:
        """Add a part's gradients; its loss, (1,)."""
        fake = self.pair.judge(self.pair.generate(part.draws), part.draws)
        loss = self.loss.generator(fake, self.rivals(part))
        (loss * part.share).backward()
        return loss.detach()[None]

    @torch.no_grad()
    def rivals(self, part: Part) -> Tensor:
        """Logits (N, 1) of the real images that a part's are compared with, if any."""
        if not self.loss.paired:
            return torch.zeros(0, device=self.device)
        return self.pair.judge(self.real_images(part), part.draws)

    def path_length_part(self, part: Part) -> Tensor:
        """Add a part's gradients; its mean path length, (1,)."""
        lengths = self.pair.path_lengths(part.draws)
        (self.path_length(lengths) * part.share).backward()
        return lengths.detach().mean()[None]

    def real_images(self, part: Part) -> Tensor:
        """A part's real images of this step, float (N, 3, H, W) in -1..1."""
        start = self.division.rows.start
        rows = slice(part.rows.start - start, part.rows.stop - start)
        return self.pair.real(self.feed.at(self.step)[rows], part.draws)

    def work(self, network: str, *jobs: Job) -> Tensor:
        """Let a network gather the gradients of its jobs; the means of what they tell."""
        told = self.division.work(jobs, self.draws, self.optimisers[network].zero_grad)
        self.ranks.add([told, *self.gradients(network)])
        return told

    def draws(self, stream: str, rows: slice) -> Draws:
        """This step's random numbers for rows of the batch."""
        numbers = (self.recipe.seed, self.attempt, self.step, STREAMS.index(stream))
        digest = hashlib.blake2b(repr(numbers).encode(), digest_size=7).digest()
        return Draws(int.from_bytes(digest), self.recipe.batch, rows, self.device)

    def gradients(self, network: str) -> list[Tensor]:
        """The gradients that a network has gathered."""
        return [p.grad for p in self.learning[network] if p.grad is not None]

    def update(self, network: str, told: Tensor) -> bool:
        """Make one step of an optimiser, unless a number is none; whether it was made."""
        sums = torch.stack([gradient.sum() for gradient in self.gradients(network)])
        sound = math.isfinite(float(sums.sum() + told.sum()))
        if sound:
            self.optimisers[network].step()
        self.optimisers[network].zero_grad(set_to_none=True)
        self.skips[network] = 0 if sound else self.skips[network] + 1
        if self.skips[network] > SKIPS_MAXIMUM:
            raise DivergedError(
                f"the loss of {network} is no longer a number at {self.kimg:.1f} kimg; "
                "go on from an earlier save with a lower --learning-rate"
            )
        return sound

    @torch.no_grad()
    def average(self) -> None:
        """Let the averaged generator follow: an exponential mean that starts fast."""
        batch, generator = self.recipe.batch, self.pair.generator
        shown = (self.step - self.recipe.first_step(self.stage)) * batch
        half_life = min(self.recipe.ema_half_life_img, max(shown, batch) * EMA_RAMP)
        beta = 0.5 ** (batch / max(half_life, 1e-8))
        pairs = zip(self.averaged.parameters(), generator.parameters(), strict=True)
        for mean, current in pairs:
            mean.lerp_(current, 1.0 - beta)
        for mean, current in zip(self.averaged.buffers(), generator.buffers(), strict=True):
            mean.copy_(current)

    def samples(self, count: int, psi: float = 1.0) -> Tensor:
        """The same `count` latents each time, uint8 (count, 3, H, W) on the host."""
        recipe = self.recipe
        return draw(self.averaged, count, seed=recipe.seed, batch=self.division.at_once, psi=psi)

    def state(self) -> dict[str, Tensor]:
        """All that a run needs to go on, as named tensors."""
        counters = torch.tensor([self.step, self.stage, self.attempt, self.division.at_once])
        kept = {"counters": counters, "sign": self.sign}
        return kept | module_state(self.modules(), self.optimisers)

    def restore(self, tensors: dict[str, Tensor]) -> None:
        """Take up a state that `state` gave."""
        self.step, stage, self.attempt, self.division.at_once = tensors["counters"].tolist()
        self.sign = tensors["sign"].to(self.device)
        self.initialise(stage)
        restore_modules(self.modules(), self.optimisers, tensors)

    def graft(self, tensors: dict[str, Tensor]) -> None:
        """Start from the state of a run on a canvas with the same base and no more doublings."""
        graft_modules(self.modules(), tensors)
        self.pair.settle()

    def modules(self) -> dict[str, torch.nn.Module]:
        """All that learns or keeps count."""
        return {
            "G": self.pair.generator,
            "D": self.pair.discriminator,
            "G_ema": self.averaged,
            "augment": self.pair.augment,
            "path_length": self.path_length,
        }
