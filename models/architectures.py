"""The architectures of generators: how each is told in a file, and made."""

import msgspec

from models import networks
from models.canvas import Canvas
from models.networks import Widths
from models.onnx import generator as onnx
from models.onnx.design import ONNX
from models.stylegan3 import networks as stylegan3
from models.stylegan3.layout import StyleGAN3, plan_signals


class StyleGAN2(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="stylegan2"):
    """The architecture of which canvas and widths say all."""


Architecture = StyleGAN2 | StyleGAN3 | ONNX
TorchGenerator = networks.Generator | stylegan3.Generator
AnyGenerator = TorchGenerator | onnx.Generator


def architecture_of(generator: AnyGenerator) -> Architecture:
    """How a generator's architecture is told."""
    return StyleGAN2() if isinstance(generator, networks.Generator) else generator.design


def channels_of(canvas: Canvas, widths: Widths, architecture: Architecture) -> tuple[int, ...]:
    """Channels of the feature maps from the coarsest level or layer to the finest.

    An ONNX graph does not tell them.
    """
    if isinstance(architecture, ONNX):
        return ()
    if isinstance(architecture, StyleGAN3):
        return tuple(signal.channels for signal in plan_signals(canvas, widths, architecture))
    return tuple(widths.channels(level) for level in canvas.levels)


def count_weights(generator: AnyGenerator) -> int:
    """How many numbers a generator has learnt."""
    if isinstance(generator, onnx.Generator):
        return generator.weights
    return sum(parameter.numel() for parameter in generator.parameters())


def make_generator(
    canvas: Canvas, widths: Widths, architecture: StyleGAN2 | StyleGAN3
) -> TorchGenerator:
    """A generator with random weights."""
    if isinstance(architecture, StyleGAN3):
        return stylegan3.Generator(canvas, widths, architecture)
    return networks.Generator(canvas, widths)
