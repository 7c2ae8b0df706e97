"""The pair that trains against each other, and how images pass through it."""

from contextlib import AbstractContextManager

import torch
from torch import Tensor

from models.augment import AUGMENTATIONS
from models.device import DTYPES
from models.draws import Draws
from models.networks import Discriminator, Generator
from models.path_length import path_lengths
from models.recipe import Recipe


class ImagePair:
    """Generator and discriminator of images for one stage of a recipe."""

    def __init__(self, recipe: Recipe, stage: int, device: torch.device) -> None:
        self.recipe, self.stage, self.device = recipe, recipe.stages[stage], device
        self.dtype = DTYPES[recipe.precision]
        torch.manual_seed(recipe.seed)
        canvas, like = recipe.canvas_at(stage), {"memory_format": torch.channels_last}
        generator, discriminator = (
            Generator(canvas, recipe.widths), Discriminator(canvas, recipe.widths),
        )  # fmt: skip
        self.generator = generator.to(device, **like)  # type: ignore[call-overload]
        self.discriminator = discriminator.to(device, **like)  # type: ignore[call-overload]
        augment = AUGMENTATIONS[recipe.augment](recipe.ada_target, recipe.ada_kimg)
        self.augment = augment.to(device)
        self.settle()

    def settle(self) -> None:
        """Let only learn what shall: frozen layers stay, strengths of noise without it are zero."""
        for layer in self.discriminator.layers()[: self.recipe.frozen_layers]:
            layer.requires_grad_(False)
        for name, parameter in self.generator.named_parameters():
            if name.endswith("noise_strength") and not self.stage.noise:
                torch.nn.init.zeros_(parameter).requires_grad_(False)

    def real(self, images: Tensor, draws: Draws) -> Tensor:
        """uint8 (N, 3, H, W) as float in -1..1, half of them mirrored where the recipe says so."""
        real = images.float() / 127.5 - 1.0
        if self.recipe.mirror:
            real = torch.where(draws.uniform(1, 1, 1) < 0.5, real.flip(3), real)
        return real.contiguous(memory_format=torch.channels_last)

    def generate(self, draws: Draws) -> Tensor:
        """Generated images, float (N, 3, H, W)."""
        with self.autocast():
            return self._synthesise(self.draw_ws(draws), draws)

    def path_lengths(self, draws: Draws) -> Tensor:
        """(N,) path lengths of new latents."""
        with self.autocast():
            ws = self.draw_ws(draws)
            return path_lengths(self._synthesise(ws, draws), ws, draws)

    @torch.no_grad()
    def track_average(self, draws: Draws) -> None:
        """Move w_avg by the latents that `draws` gives, those of the whole batch."""
        z = draws.normal(2, self.recipe.widths.z_dim).flatten(0, 1)
        self.generator.mapping.track_average(self.generator.mapping(z))

    def judge(self, images: Tensor, draws: Draws) -> Tensor:
        """Logits (N, 1) of images as the discriminator sees them, augmented."""
        augmented = self.augment(images, draws)
        with self.autocast():
            logits: Tensor = self.discriminator(augmented)
        return logits

    def draw_ws(self, draws: Draws) -> Tensor:
        """(N, num_ws, w_dim) of random latents, some with the styles of two mixed.

        Style mixing is section 3.1 of arXiv 1812.04948: from a random layer on, w of another z.
        """
        num_ws = self.generator.num_ws
        z = draws.normal(2, self.recipe.widths.z_dim)
        w, other = self.generator.mapping(z.flatten(0, 1)).unflatten(0, (-1, 2)).unbind(dim=1)
        mixed = draws.uniform(1) < self.recipe.style_mixing
        cut = draws.integers(1, num_ws, 1)
        layers = torch.arange(num_ws, device=self.device)[None]
        swap = (mixed & (layers >= cut))[:, :, None]
        return torch.where(swap, other[:, None], w[:, None])

    def _synthesise(self, ws: Tensor, draws: Draws) -> Tensor:
        image: Tensor = self.generator.synthesis(ws, draws=draws if self.stage.noise else None)
        return image.float()

    def autocast(self) -> AbstractContextManager[None]:
        """Convolutions in half precision where the recipe says so."""
        enabled = self.dtype != torch.float32
        return torch.autocast(self.device.type, self.dtype, enabled=enabled)
