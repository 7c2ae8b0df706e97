"""The training loop of all that is learnt here: generator against discriminator, in four steps.

1. initialise both networks; 2. train the discriminator on real and generated examples; 3. train
the generator on its answer; 4. repeat until the goal. Every random draw of a step is a function of
the seed and the step's number, so a run that was stopped goes on as if it never had been, and so
does a batch that has to be divided.
"""

import copy
import hashlib
import math
from collections.abc import Iterator
from typing import Protocol

import torch
from torch import Tensor, nn

from models.division import Division, Job, Part, TrainingError
from models.draws import Draws
from models.feed import Feed
from models.losses import LOSSES, gradient_penalty
from models.ranks import Ranks
from models.state import module_state, restore_modules

R1_EVERY = 16
EMA_RAMP = 0.05
SKIPS_MAXIMUM = 8
SIGN_BETA = 0.02
STREAMS = ("D", "G", "path", "lesson")  # Each draws from numbers of its own.


class DivergedError(TrainingError):
    """Losses or gradients that were no numbers for many steps."""


class Schedule(Protocol):
    """What the loop asks of a recipe, whatever is learnt; see `recipe.Recipe`."""

    @property
    def seed(self) -> int: ...
    @property
    def loss(self) -> str: ...
    @property
    def batch(self) -> int: ...
    @property
    def learning_rate(self) -> float: ...
    @property
    def ema_half_life_img(self) -> float: ...


class Pair(Protocol):
    """Both networks, and how examples pass through them; see `pair.ImagePair`."""

    @property
    def generator(self) -> nn.Module: ...
    @property
    def discriminator(self) -> nn.Module: ...
    def real(self, examples: Tensor, draws: Draws) -> Tensor: ...
    def generate(self, draws: Draws) -> Tensor: ...
    def judge(self, examples: Tensor, draws: Draws) -> Tensor: ...


class Adversaries:
    """Both networks, their optimisers and the averaged generator; `step` is its only clock.

    What is learnt, and in which networks, is told by who inherits: the pair, the feed, R1's weight.
    """

    pair: Pair
    feed: Feed

    def __init__(self, recipe: Schedule, device: torch.device, ranks: Ranks | None = None) -> None:
        self.schedule, self.device = recipe, device
        self.ranks = ranks or Ranks()
        self.division = Division(recipe.batch, self.ranks, device)
        self.loss = LOSSES[recipe.loss]
        self.step = self.attempt = 0
        self.skips = {"G": 0, "D": 0}
        self.sign = torch.zeros([], device=device)
        self.initialise(0)

    def make_pair(self, stage: int) -> Pair:
        """Both networks with random weights."""
        raise NotImplementedError

    def make_feed(self, stage: int) -> Feed:
        """The real examples."""
        raise NotImplementedError

    def r1_gamma(self) -> float:
        """What R1 weighs now."""
        raise NotImplementedError

    def initialise(self, stage: int) -> None:
        """Step one: both networks with random weights, and their optimisers."""
        self.stage = stage
        self.pair = self.make_pair(stage)
        self.averaged = copy.deepcopy(self.pair.generator).eval().requires_grad_(False)
        self.learning = {
            name: [p for p in network.parameters() if p.requires_grad]
            for name, network in (("G", self.pair.generator), ("D", self.pair.discriminator))
        }
        self.optimisers = {
            name: torch.optim.Adam(parameters, lr=self.schedule.learning_rate, betas=(0.0, 0.99))
            for name, parameters in self.learning.items()
        }
        self.feed = self.make_feed(stage)

    @property
    def kimg(self) -> float:
        """Thousands of real examples shown so far."""
        return self.step * self.schedule.batch / 1000

    @property
    def first_step(self) -> int:
        """The step with which what is learnt now was begun."""
        return 0

    @property
    def is_warming_up(self) -> bool:
        """Whether the generator waits for the discriminator."""
        return False

    def enter_stage(self) -> None:
        """Go over to what the recipe asks for at this step."""

    def train(self) -> Iterator[dict[str, float]]:
        """Step four: repeat steps two and three for ever, yielding their losses each time.

        Raises `DivergedError` when they are no numbers for `SKIPS_MAXIMUM` steps on end.
        """
        while True:
            self.enter_stage()
            losses = {"loss_D": self.train_discriminator()}
            if not self.is_warming_up:
                losses["loss_G"] = self.train_generator()
                self.average()
            self.step += 1
            yield losses

    def train_discriminator(self) -> float:
        """Step two: the discriminator learns to tell real from generated examples."""
        told = self.work("D", Job("D", self.discriminator_part, tells=3))
        if self.update("D", told):
            self.sign.lerp_(told[2], SIGN_BETA)
            self.observe_discriminator(told)
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
        for logits, examples in ((real_logits, real), (fake_logits, fake)):
            if examples.requires_grad:
                penalty = penalty + gradient_penalty(logits, examples)
        gamma = self.r1_gamma()
        ((loss + gamma / 2 * R1_EVERY * penalty) * part.share).backward()
        sign = self.loss.margin(real_logits, fake_logits).sign().mean()
        return torch.stack([loss.detach(), penalty.detach(), sign.detach()])

    def observe_discriminator(self, told: Tensor) -> None:
        """What else follows from a step of the discriminator, and what its parts told."""

    def train_generator(self) -> float:
        """Step three: the generator learns from the discriminator's answer."""
        for parameter in self.learning["D"]:
            parameter.requires_grad_(False)
        told = self.work("G", *self.generator_jobs())
        for parameter in self.learning["D"]:
            parameter.requires_grad_(True)
        if self.update("G", told):
            self.observe_generator(told)
        return float(told[0])

    def generator_jobs(self) -> list[Job]:
        """What the generator learns from in this step; the first one tells its loss."""
        return [Job("G", self.generator_part, tells=1)]

    def generator_part(self, part: Part) -> Tensor:
        """Add a part's gradients; its loss, (1,)."""
        fake = self.pair.judge(self.pair.generate(part.draws), part.draws)
        loss = self.loss.generator(fake, self.rivals(part))
        (loss * part.share).backward()
        return loss.detach()[None]

    def observe_generator(self, told: Tensor) -> None:
        """What else follows from a step of the generator, and what its jobs told."""

    @torch.no_grad()
    def rivals(self, part: Part) -> Tensor:
        """Logits (N, 1) of the real examples that a part's are compared with, if any."""
        if not self.loss.paired:
            return torch.zeros(0, device=self.device)
        return self.pair.judge(self.real_images(part), part.draws)

    def real_images(self, part: Part) -> Tensor:
        """A part's real examples of this step, as the pair takes them."""
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
        numbers = (self.schedule.seed, self.attempt, self.step, STREAMS.index(stream))
        digest = hashlib.blake2b(repr(numbers).encode(), digest_size=7).digest()
        return Draws(int.from_bytes(digest), self.schedule.batch, rows, self.device)

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
                f"the loss of {network} became NaN at {self.kimg:.1f} kimg; "
                "go on from an earlier save with a lower --learning-rate"
            )
        return sound

    @torch.no_grad()
    def average(self) -> None:
        """Let the averaged generator follow: an exponential mean that starts fast."""
        batch, generator = self.schedule.batch, self.pair.generator
        shown = (self.step - self.first_step) * batch
        half_life = min(self.schedule.ema_half_life_img, max(shown, batch) * EMA_RAMP)
        beta = 0.5 ** (batch / max(half_life, 1e-8))
        pairs = zip(self.averaged.parameters(), generator.parameters(), strict=True)
        for mean, current in pairs:
            mean.lerp_(current, 1.0 - beta)
        buffers = zip(self.averaged.buffers(), generator.buffers(), strict=True)
        for kept, newest in buffers:
            kept.copy_(newest)

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

    def modules(self) -> dict[str, nn.Module]:
        """All that learns or keeps count."""
        return {"G": self.pair.generator, "D": self.pair.discriminator, "G_ema": self.averaged}
