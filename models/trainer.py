"""The trainer: generator against discriminator, in four steps.

1. initialise both networks; 2. train the discriminator on real and generated images; 3. train the
generator on its answer; 4. repeat until the goal. Every random draw of a step is a function of the
seed and the step's number, so a run that was stopped goes on as if it never had been.
"""

import copy
import math
from collections.abc import Iterator
from contextlib import AbstractContextManager

import msgspec
import torch
from torch import Tensor

from models.augment import AUGMENTATIONS
from models.canvas import Canvas
from models.dataset import batch_indices
from models.losses import LOSSES, gradient_penalty
from models.networks import Discriminator, Generator, Widths
from models.path_length import BATCH_SHRINK, PathLength
from models.sampling import draw

R1_EVERY = 16
EMA_RAMP = 0.05


class TrainingError(RuntimeError):
    """A run that cannot go on, in one sentence."""


class Recipe(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything that decides what a run does, apart from its images.

    `ada_target` and `ada_kimg` are for `augment` "ada"; `path_length_weight` 0 leaves it out.
    For `warmup_kimg` only the discriminator learns: new levels of it must not lead the generator
    astray. `grown_kimg` is what the runs before had seen from which this one grew.
    """

    canvas: Canvas
    widths: Widths
    seed: int = 0
    loss: str = "nonsaturating"
    augment: str = "diffaugment"
    ada_target: float = 0.6
    ada_kimg: float = 100.0
    batch: int = 16
    learning_rate: float = 0.002
    r1_gamma: float = 0.05
    path_length_weight: float = 0.0
    style_mixing: float = 0.9
    mirror: bool = False
    noise: bool = True
    bfloat16: bool = False
    warmup_kimg: float = 0.0
    grown_kimg: float = 0.0

    @property
    def ema_half_life_img(self) -> float:
        """Images after which half of the averaged weights are new (arXiv 2006.06676)."""
        return self.batch * 10_000 / 32


class Trainer:
    """Both networks, their optimisers and the averaged generator; `step` is its only clock."""

    def __init__(self, recipe: Recipe, images: Tensor, device: torch.device) -> None:
        """`images` is uint8 (N, 3, H, W) of the recipe's canvas."""
        self.recipe, self.images, self.device = recipe, images, device
        self.loss = LOSSES[recipe.loss]
        self.step = 0
        self.initialise()

    def initialise(self) -> None:
        """Step one: both networks with random weights, their optimisers and regularisers."""
        recipe = self.recipe
        torch.manual_seed(recipe.seed)
        canvas, widths = recipe.canvas, recipe.widths
        like = {"device": self.device, "memory_format": torch.channels_last}
        self.generator = Generator(canvas, widths).to(**like)  # type: ignore[call-overload]
        self.discriminator = Discriminator(canvas, widths).to(**like)  # type: ignore[call-overload]
        self.averaged = copy.deepcopy(self.generator).eval().requires_grad_(False)
        self.optimisers = {
            name: torch.optim.Adam(network.parameters(), lr=recipe.learning_rate, betas=(0.0, 0.99))
            for name, network in (("G", self.generator), ("D", self.discriminator))
        }
        augment = AUGMENTATIONS[recipe.augment](recipe.ada_target, recipe.ada_kimg)
        self.augment = augment.to(self.device)
        self.path_length = PathLength(recipe.path_length_weight).to(self.device)
        self.settle_noise()

    def settle_noise(self) -> None:
        """Without noise inputs their strengths stay zero: every detail has to come from w."""
        if self.recipe.noise:
            return
        for network in self._networks().values():
            for name, parameter in network.named_parameters():
                if name.endswith("noise_strength"):
                    torch.nn.init.zeros_(parameter).requires_grad_(False)

    @property
    def kimg(self) -> float:
        """Thousands of real images shown so far."""
        return self.step * self.recipe.batch / 1000

    def train(self) -> Iterator[dict[str, float]]:
        """Step four: repeat steps two and three for ever, yielding both losses each time.

        Raises `TrainingError` when a loss is no longer a number.
        """
        while True:
            torch.manual_seed(self.recipe.seed * 1_000_003 + self.step)
            losses = {"loss_D": self.train_discriminator()}
            if self.kimg >= self.recipe.warmup_kimg:
                losses["loss_G"] = self.train_generator()
                self.average()
            self.step += 1
            yield losses

    def train_discriminator(self) -> float:
        """Step two: the discriminator learns to tell real from generated images."""
        with torch.no_grad(), self.autocast():
            fake = self.generate()
        real = self.real_images()
        penalise = self.step % R1_EVERY == 0
        real.requires_grad_(penalise)
        fake.requires_grad_(penalise and self.loss.penalise_fake)
        fake_logits, real_logits = self.judge(fake), self.judge(real)
        loss = self.loss.discriminator(real_logits, fake_logits)
        penalty = torch.zeros_like(loss)
        for logits, images in ((real_logits, real), (fake_logits, fake)):
            if images.requires_grad:
                penalty = penalty + gradient_penalty(logits, images)
        (loss + self.recipe.r1_gamma / 2 * R1_EVERY * penalty).backward()
        value = self.update("D", loss, penalty)
        self.augment.observe(self.loss.margin(real_logits, fake_logits))
        return value

    def train_generator(self) -> float:
        """Step three: the generator learns from the discriminator's answer."""
        self.discriminator.requires_grad_(False)
        with self.autocast():
            fake = self.generate()
        loss = self.loss.generator(self.judge(fake), self.rivals())
        loss.backward()
        penalty = torch.zeros_like(loss)
        if self.path_length.due(self.step):
            penalty = self.path_length_penalty()
            penalty.backward()
        self.discriminator.requires_grad_(True)
        return self.update("G", loss, penalty)

    def judge(self, images: Tensor) -> Tensor:
        """Logits (N, 1) of images as the discriminator sees them, augmented."""
        augmented = self.augment(images)
        with self.autocast():
            logits: Tensor = self.discriminator(augmented)
        return logits

    @torch.no_grad()
    def rivals(self) -> Tensor:
        """Logits (batch, 1) of the real images that the generator's are compared with, if any."""
        if not self.loss.paired:
            return torch.zeros(0, device=self.device)
        return self.judge(self.real_images())

    def path_length_penalty(self) -> Tensor:
        """The penalty of a smaller batch: the gradient of a gradient takes much memory."""
        with self.autocast():
            ws = self.draw_ws(max(1, self.recipe.batch // BATCH_SHRINK))
            images = self.synthesise(ws)
        penalty: Tensor = self.path_length(images, ws)
        return penalty

    def update(self, name: str, loss: Tensor, penalty: Tensor) -> float:
        """One step of an optimiser; returns the loss as a number."""
        value = float(loss.detach())
        if not math.isfinite(value + float(penalty.detach())):
            raise TrainingError(
                f"the loss of {name} is no longer a number at {self.kimg:.1f} kimg; "
                "go on from the last save with a lower --learning-rate"
            )
        self.optimisers[name].step()
        self.optimisers[name].zero_grad(set_to_none=True)
        return value

    def real_images(self) -> Tensor:
        """This step's real images, float (batch, 3, H, W) in -1..1."""
        recipe = self.recipe
        chosen = batch_indices(self.step, recipe.batch, len(self.images), recipe.seed)
        real = self.images[chosen].to(self.device).float() / 127.5 - 1.0
        if recipe.mirror:
            turned = torch.rand(recipe.batch, 1, 1, 1, device=self.device) < 0.5
            real = torch.where(turned, real.flip(3), real)
        return real.contiguous(memory_format=torch.channels_last)

    def generate(self) -> Tensor:
        """A batch of generated images, float (batch, 3, H, W)."""
        return self.synthesise(self.draw_ws(self.recipe.batch))

    def draw_ws(self, count: int) -> Tensor:
        """(count, num_ws, w_dim) of random latents, some with the styles of two mixed.

        Style mixing is section 3.1 of arXiv 1812.04948: from a random layer on, w of another z.
        """
        recipe, num_ws = self.recipe, self.generator.num_ws
        z = torch.randn(2, count, recipe.widths.z_dim, device=self.device)
        w, other = self.generator.mapping(z.flatten(0, 1)).unflatten(0, (2, -1))
        self.generator.mapping.track_average(w)
        mixed = torch.rand(count, 1, device=self.device) < recipe.style_mixing
        cut = torch.randint(1, num_ws, (count, 1), device=self.device)
        layers = torch.arange(num_ws, device=self.device)[None]
        swap = (mixed & (layers >= cut))[:, :, None]
        return torch.where(swap, other[:, None], w[:, None])

    def synthesise(self, ws: Tensor) -> Tensor:
        """Float (N, 3, H, W) from (N, num_ws, w_dim), with noise where the recipe has it."""
        image: Tensor = self.generator.synthesis(ws, fresh_noise=self.recipe.noise)
        return image.float()

    @torch.no_grad()
    def average(self) -> None:
        """Let the averaged generator follow: an exponential mean that starts fast."""
        batch = self.recipe.batch
        half_life = min(self.recipe.ema_half_life_img, max(self.kimg * 1000, batch) * EMA_RAMP)
        beta = 0.5 ** (batch / max(half_life, 1e-8))
        pairs = zip(self.averaged.parameters(), self.generator.parameters(), strict=True)
        for mean, current in pairs:
            mean.lerp_(current, 1.0 - beta)
        for mean, current in zip(self.averaged.buffers(), self.generator.buffers(), strict=True):
            mean.copy_(current)

    def autocast(self) -> AbstractContextManager[None]:
        """Convolutions in bfloat16 where the recipe says so."""
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.recipe.bfloat16)

    def samples(self, count: int, psi: float = 1.0) -> Tensor:
        """The same `count` latents each time, uint8 (count, H, W, 3) on the host."""
        recipe = self.recipe
        images = draw(self.averaged, count, seed=recipe.seed, batch=recipe.batch, psi=psi)
        return images.permute(0, 2, 3, 1)

    def state(self) -> dict[str, Tensor]:
        """All that a run needs to go on, as named tensors."""
        tensors = {"step": torch.tensor(self.step)}
        for name, part in self._parts().items():
            tensors |= {f"{name}.{key}": value for key, value in part.state_dict().items()}
        for name, optimiser in self.optimisers.items():
            for index, moments in optimiser.state_dict()["state"].items():
                tensors |= {f"opt_{name}.{index}.{key}": value for key, value in moments.items()}
        return tensors

    def restore(self, tensors: dict[str, Tensor]) -> None:
        """Take up a state that `state` gave."""
        for name, part in self._parts().items():
            part.load_state_dict(_below(tensors, f"{name}."))
        for name, optimiser in self.optimisers.items():
            moments: dict[int, dict[str, Tensor]] = {}
            for key, value in _below(tensors, f"opt_{name}.").items():
                index, _, moment = key.partition(".")
                moments.setdefault(int(index), {})[moment] = value
            optimiser.load_state_dict({**optimiser.state_dict(), "state": moments})
        self.step = int(tensors["step"])

    def graft(self, tensors: dict[str, Tensor]) -> None:
        """Start from the state of a run on a canvas with the same base and no more doublings.

        Weights of levels that both have are taken over; colours of the new levels start at zero,
        so that the first picture is the small model's, enlarged (as in arXiv 1710.10196).
        """
        for name, network in self._networks().items():
            own = network.state_dict()
            for key, value in _below(tensors, f"{name}.").items():
                if key in own and own[key].shape == value.shape:
                    own[key].copy_(value)
            for key in own.keys() - _below(tensors, f"{name}.").keys():
                if key.endswith(("torgb.weight", "torgb.bias")):
                    own[key].zero_()
        self.settle_noise()

    def _networks(self) -> dict[str, torch.nn.Module]:
        return {"G": self.generator, "D": self.discriminator, "G_ema": self.averaged}

    def _parts(self) -> dict[str, torch.nn.Module]:
        """All that learns or keeps count."""
        return self._networks() | {"augment": self.augment, "path_length": self.path_length}


def _below(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """The tensors whose names start with a prefix, without it."""
    return {name[len(prefix) :]: t for name, t in tensors.items() if name.startswith(prefix)}
