"""A generator played by the graph engine, as `models.runtime` does in torch."""

import logging

import torch
from torch import Tensor

from models.graph.choice import Choice, choose
from models.graph.compiled import Compiled
from models.graph.kept import key_of, load, store
from models.graph.library import Model
from models.graph.network import network_of
from models.networks import Generator
from models.onnx import generator as onnx
from models.onnx import network as onnx_network
from models.playing import Playing

CPU = torch.device("cpu")
SHORT = {"float32": "fp32", "bfloat16": "bf16"}
Playable = Generator | onnx.Generator


class GraphRuntime(Playing[Playable]):
    """What the instrument plays: `map` z to w, `draw` an image from one w a layer.

    Its weights cannot move. Of what is no StyleGAN2, noise changes nothing.
    """

    def __init__(
        self,
        generator: Playable,
        directions: Tensor | None = None,
        *,
        name: str = "the model",
        choice: Choice | None = None,
    ) -> None:
        """Prepare a generator on the CPU; without a `choice` the one kept, or found by trying.

        Raises RuntimeError where the engine fails.
        """
        super().__init__(generator, CPU, directions)
        network = _network(generator)
        if choice is None:
            key = key_of(generator)
            choice = load(key)
        if choice is None:
            log = logging.getLogger(__name__)
            log.info("Preparing %s for this processor, once: it takes some seconds", name)
            choice = choose(generator, network)
            store(key, choice)
        self.choice = choice
        threads = f"{choice.threads} thread" + "s" * (choice.threads > 1)
        self.engine = f"CPU, {threads}, OpenVINO {SHORT[choice.precision]}"
        self._compiled = Compiled(network, choice.precision, choice.threads)

    @torch.inference_mode()
    def draw(self, ws: Tensor, noise: float) -> Tensor:
        """w of each layer (num_ws, w_dim) to an image (1, 3, H, W), most of it within -1..1.

        `noise` scales the model's own noise; 1 is as trained.
        """
        return self._compiled.draw(ws, noise)

    def drift(self, goal: object) -> "Arrived | None":
        """No way leads to other weights: those here are packed. With the same it is there."""
        there = getattr(goal, "generator", None)
        if isinstance(there, Playable) and same_weights(self.generator, there):
            return Arrived()
        return None


def _network(generator: Playable) -> Model:
    if isinstance(generator, onnx.Generator):
        return onnx_network.network_of(generator.synthesis)
    return network_of(generator)


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
