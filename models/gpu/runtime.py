"""A generator played on a graphics card, as `models.runtime` does it, with less to launch.

Nothing is decided on the host between the latents and the image, so that all of it is one graph;
the weights are those of the plain runtime, moved in place, and a captured graph plays them on.
"""

import logging
from typing import Any

import torch
from torch import Tensor

from models import runtime
from models.architectures import TorchGenerator
from models.contest import samples_of
from models.device import describe
from models.drift import Drift
from models.gpu.choice import Choice, choice_for
from models.gpu.static import prepared
from models.networks import Generator
from models.playing import Playing
from models.sketch import Sketch
from models.stylegan3 import runtime as stylegan3_runtime

SHORT = {"float32": "fp32", "bfloat16": "bf16", "float16": "fp16"}
LATENTS = 2  # that the instrument maps in each frame: the picture and its style
Plain = runtime.Runtime | stylegan3_runtime.Runtime


class GpuRuntime(Playing[TorchGenerator]):
    """What the instrument plays: `map` z to w, `draw` an image from one w a layer.

    An image is good until the next one is drawn, on the stream that both were drawn on.
    """

    def __init__(
        self,
        generator: TorchGenerator,
        device: torch.device,
        directions: Tensor | None = None,
        *,
        choice: Choice,
    ) -> None:
        """Prepare a generator; raises RuntimeError where that fails."""
        super().__init__(generator, device, directions)
        self.choice, self.plain = choice, _plain(generator, device, directions, choice)
        self._ws = torch.zeros(self.num_ws, generator.widths.w_dim, device=device)
        self._noise = torch.zeros([], device=device)
        synthesise: Any = self.plain.synthesise
        if choice.compiled:
            synthesise = torch.compile(synthesise, dynamic=False)
        self._synthesise, self._map = synthesise, None
        if choice.captured:
            self._synthesise = prepared(synthesise, [self._ws, self._noise])
            self._map = prepared(generator.mapping, self._latents())
        self.engine = f"{describe(device)}, {_in_words(choice)}"

    @torch.inference_mode()
    def draw(self, ws: Tensor, noise: float) -> Tensor:
        """w of each layer (num_ws, w_dim) to an image (1, 3, H, W), most of it within -1..1.

        `noise` scales the model's own noise; 1 is as trained.
        """
        return self._synthesise(ws, self._noise.fill_(noise))

    @torch.inference_mode()
    def map(self, z: Tensor, shares: Tensor | None = None) -> Tensor:
        """(N, z_dim) to w (N, w_dim), both on the device; `shares` of each class (N, classes)."""
        if self._map is None or len(z) != LATENTS or (shares is None) != (self.classes == 0):
            return super().map(z, shares)
        return self._map(*([z] if shares is None else [z, shares])).clone()

    @property
    def pliant(self) -> runtime.Runtime | None:
        """The plain runtime, launched step by step: what bends is no part of a captured graph."""
        return self.plain if isinstance(self.plain, runtime.Runtime) else None

    def _make_sketch(self) -> Sketch | None:
        plain = self.plain
        if not isinstance(plain, runtime.Runtime):
            return None
        coarse: Any = plain.synthesise_coarse
        strength = self._noise
        if self.choice.captured:
            coarse = prepared(coarse, [self._ws, strength])

        def draw(ws: Tensor, noise: float) -> Tensor:
            return coarse(ws, strength.fill_(noise))

        return Sketch(draw, self.draw, samples_of(plain.generator))

    def drift(self, goal: object) -> Drift | None:
        """The way of all weights to the goal's; None where its networks have other shapes."""
        if not isinstance(goal, GpuRuntime):
            return self.plain.drift(goal)
        drift = self.plain.drift(goal.plain)
        if drift is not None:
            self.even_as(goal)
        return drift

    def transform(self, turns: float, x: float, y: float) -> None:
        """Of StyleGAN3: as its own runtime's."""
        if isinstance(self.plain, stylegan3_runtime.Runtime):
            self.plain.transform(turns, x, y)

    def _latents(self) -> list[Tensor]:
        """What the mapping network is captured with."""
        z = torch.ones(LATENTS, self.z_dim, device=self.device)
        shares = torch.ones(LATENTS, self.classes, device=self.device)
        return [z, shares] if self.classes else [z]


def _plain(
    generator: TorchGenerator, device: torch.device, directions: Tensor | None, choice: Choice
) -> Plain:
    if isinstance(generator, Generator):
        return runtime.Runtime(generator, device, directions, precision=choice.precision)
    return stylegan3_runtime.Runtime(generator, device, directions)


def _in_words(choice: Choice) -> str:
    words = ["torch", SHORT[choice.precision]]
    words += ["compiled"] * choice.compiled + ["as one graph"] * choice.captured
    return " ".join(words)


def gpu_runtime_for(
    generator: TorchGenerator,
    device: torch.device,
    directions: Tensor | None = None,
    *,
    name: str = "the model",
    moves: bool = False,
) -> GpuRuntime:
    """A generator in the way that was found best; raises what even the plainest way raises."""

    def build(choice: Choice) -> GpuRuntime:
        return GpuRuntime(generator, device, directions, choice=choice)

    try:
        return build(choice_for(generator, device, build, name, moves=moves))
    except Exception as error:  # Such as a compiler that is there no more.
        reason = f"{type(error).__name__}: {error}".splitlines()[0]
        logging.getLogger(__name__).warning("%s is prepared again: %s", name, reason)
    return build(choice_for(generator, device, build, name, moves=moves, anew=True))
