"""A generator played by the graph engine, as `models.runtime` does in torch."""

from functools import cached_property

import torch
from torch import Tensor

from models.contest import samples_of
from models.graph.choice import Choice
from models.graph.compiled import Compiled
from models.graph.library import Model
from models.graph.network import coarse_network_of
from models.networks import Generator
from models.onnx import generator as onnx
from models.playing import Playing
from models.runtime import Runtime
from models.sketch import Sketch

CPU = torch.device("cpu")
SHORT = {"float32": "fp32", "bfloat16": "bf16"}
Playable = Generator | onnx.Generator


class GraphRuntime(Playing[Playable]):
    """What the instrument plays: `map` z to w, `draw` an image from one w a layer.

    Its weights cannot move, for they are packed: bent and blended the model is torch's.
    """

    def __init__(
        self,
        generator: Playable,
        network: Model,
        choice: Choice,
        directions: Tensor | None = None,
    ) -> None:
        """Prepare a generator's network on the CPU. Raises RuntimeError where the engine fails."""
        super().__init__(generator, CPU, directions)
        self.choice = choice
        self.engine = f"{describe_threads(choice)}, OpenVINO {SHORT[choice.precision]}"
        self._compiled = Compiled(network, choice.precision, choice.threads)

    @torch.inference_mode()
    def draw(self, ws: Tensor, noise: float) -> Tensor:
        """w of each layer (num_ws, w_dim) to an image (1, 3, H, W), most of it within -1..1.

        `noise` scales the model's own noise; 1 is as trained.
        """
        return self._compiled.draw(ws, noise)

    def _make_sketch(self) -> Sketch | None:
        if not isinstance(self.generator, Generator):
            return None
        network = coarse_network_of(self.generator)
        coarse = Compiled(network, self.choice.precision, self.choice.threads)
        return Sketch(coarse.draw, self.draw, samples_of(self.generator))

    @cached_property
    def pliant(self) -> Runtime | None:
        """The generator played by torch in the same precision; an ONNX graph cannot be."""
        if not isinstance(self.generator, Generator):
            return None
        return Runtime(self.generator, CPU, self._directions, precision=self.choice.precision)

    def drift(self, goal: object) -> "Arrived | None":
        """No way leads to other weights: those here are packed. With the same it is there."""
        there = getattr(goal, "generator", None)
        if isinstance(there, Playable) and same_weights(self.generator, there):
            return Arrived()
        return None


def describe_threads(choice: Choice) -> str:
    """The processor's threads, in words."""
    return f"CPU, {choice.threads} thread" + "s" * (choice.threads > 1)


class Arrived:
    """The way to a generator with the same weights, in whatever engine: nothing moves."""

    def advance(self, progress: float) -> bool:
        """Whether `progress` 0..1 is complete."""
        return progress >= 1.0


def same_weights(here: Playable, there: Playable) -> bool:
    """Whether two generators are alike in all they compute with."""
    if type(here) is not type(there) or (here.canvas, here.widths) != (there.canvas, there.widths):
        return False
    pairs = zip(here.state_dict().values(), there.state_dict().values(), strict=True)
    return all(torch.equal(own, other.cpu()) for own, other in pairs)
