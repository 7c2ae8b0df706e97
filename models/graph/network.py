"""A StyleGAN2 generator's synthesis as a graph: weights static, all that is constant folded.

Style and demodulation go onto the activations (equations 1 and 3 of arXiv 1912.04958), so that
the engine packs the weights once. Features are (1, H, W, C), as its convolutions want them; told
so, it turns nothing between them, which made it more than twice as fast.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from models.graph.library import Model, Node
from models.graph.library import opset13 as op
from models.networks import SQRT_2, Dense, Generator, StyledConv, SynthesisBlock, ToRGB

FORMAT = 1  # of the graph: what was measured of another one does not hold
Array = NDArray[np.float32]
TO_PLANES, TO_PIXELS = (0, 3, 1, 2), (0, 2, 3, 1)


def network_of(generator: Generator) -> Model:
    """The graph from ws (num_ws, w_dim) and the noise's strength (1,) to the image (1, 3, H, W)."""
    network = _Network(generator)
    return network.ending_in(network.image_of(generator.canvas.levels))


def coarse_network_of(generator: Generator) -> Model:
    """The same without the finest level, whose size the image has."""
    network, levels = _Network(generator), generator.canvas.levels
    finest = getattr(generator.synthesis, f"b{4 << levels[-1]}")
    return network.ending_in(_doubled(network.image_of(levels[:-1]), finest))


class _Network:
    """The inputs, and what grows out of them level by level."""

    def __init__(self, generator: Generator) -> None:
        self.ws = op.parameter([generator.num_ws, generator.widths.w_dim], np.float32)
        self.noise = op.parameter([1], np.float32)
        rows = op.split(self.ws, _integers(0, scalar=True), generator.num_ws)
        self.rows = rows.outputs()
        self.synthesis = generator.synthesis

    def image_of(self, levels: Sequence[int]) -> Node:
        """The image (1, 3, H, W) that some levels, from the first on, make."""
        x = _floats(_array(self.synthesis.b4.const[None]).transpose(TO_PIXELS))
        image = None
        for level in levels:
            block = getattr(self.synthesis, f"b{4 << level}")
            x, colours = self._level(block, x, 2 * level - 1)
            image = colours if image is None else op.add(_doubled(image, block), colours)
        return image

    def ending_in(self, image: Node) -> Model:
        """The whole graph."""
        return Model([op.result(image)], [self.ws, self.noise], "synthesis")

    def _level(self, block: SynthesisBlock, x: Node, first: int) -> tuple[Node, Node]:
        """Features of the level below to those of this one, and its colours."""
        clamp = block.clamp
        if block.first:
            x = self._conv(block.conv1, x, 0, 1.0, clamp)
        else:
            x = self._conv(block.conv0, x, first, SQRT_2, clamp)
            x = self._conv(block.conv1, x, first + 1, SQRT_2, clamp)
        return x, _clamped(self._colours(block.torgb, x, first + 2), clamp)

    def _conv(self, conv: StyledConv, x: Node, index: int, gain: float, clamp: float) -> Node:
        """A styled convolution; the gain of the leaky ReLU before it is folded into its weights."""
        weight = _array(conv.weight)
        style = self._style(conv.affine, index, 1.0)
        squared = _floats(np.square(weight).sum(axis=(2, 3)).T)
        energy = op.matmul(op.multiply(style, style), squared, False, False)
        demod = op.power(op.add(energy, _floats(1e-8)), _floats(-0.5))
        x = op.transpose(op.multiply(x, _spread(style)), _integers(*TO_PLANES))
        y = op.transpose(_convolved(conv, x, weight * gain), _integers(*TO_PIXELS))
        y = op.add(op.multiply(y, _spread(demod)), _floats(_array(conv.bias)))
        if conv.noise_strength != 0:
            noise = _array(conv.noise_const * conv.noise_strength)[None, :, :, None]
            y = op.add(y, op.multiply(_floats(noise), self.noise))
        return _clamped(op.prelu(y, _floats([0.2])), clamp / SQRT_2)

    def _colours(self, torgb: ToRGB, x: Node, index: int) -> Node:
        style = self._style(torgb.affine, index, torgb.weight_gain * SQRT_2)
        x = op.transpose(op.multiply(x, _spread(style)), _integers(*TO_PLANES))
        y = _plain_convolution(x, _array(torgb.weight), padding=0)
        return op.add(y, _floats(_array(torgb.bias)[None, :, None, None]))

    def _style(self, affine: Dense, index: int, gain: float) -> Node:
        """The style (1, channels) out of a row of ws."""
        weight = _array(affine.weight).T * (affine.weight_gain * gain)
        bias = _array(affine.bias) * (affine.bias_gain * gain)
        product = op.matmul(self.rows[index], _floats(weight), False, False)
        return op.add(product, _floats(bias[None]))


def _convolved(conv: StyledConv, x: Node, weight: Array) -> Node:
    """(1, inputs, H, W) by weights (outputs, inputs, 3, 3), doubled and filtered where it is so."""
    if not conv.up:
        return _plain_convolution(x, weight, padding=1)
    y = op.convolution_backprop_data(
        x, _floats(weight.transpose(1, 0, 2, 3)), strides=[2, 2], pads_begin=[0, 0], pads_end=[0, 0]
    )
    kernel = _depthwise(conv.resample_filter * 4.0, len(weight))
    return op.group_convolution(y, kernel, [1, 1], [1, 1], [1, 1], [1, 1])


def _plain_convolution(x: Node, weight: Array, padding: int) -> Node:
    pads = [padding, padding]
    return op.convolution(x, _floats(weight), [1, 1], pads, pads, [1, 1])


def _doubled(image: Node, block: SynthesisBlock) -> Node:
    """The image (1, 3, H, W) of the level below, doubled."""
    kernel = _depthwise(block.resample_filter * 4.0, 3)
    return op.group_convolution_backprop_data(
        image, kernel, strides=[2, 2], pads_begin=[1, 1], pads_end=[1, 1]
    )


def _clamped(x: Node, limit: float) -> Node:
    return op.clamp(x, -limit, limit) if limit else x


def _spread(values: Node) -> Node:
    """(1, channels) to (1, 1, 1, channels)."""
    return op.unsqueeze(values, _integers(1, 2))


def _depthwise(kernel: Tensor, channels: int) -> Node:
    """A kernel (4, 4) for each channel."""
    return _floats(np.broadcast_to(_array(kernel), (channels, 1, 1, 4, 4)))


def _array(tensor: Tensor) -> Array:
    return tensor.detach().float().cpu().numpy()


def _floats(values: object) -> Node:
    return op.constant(np.ascontiguousarray(values, dtype=np.float32))


def _integers(*values: int, scalar: bool = False) -> Node:
    return op.constant(np.asarray(values[0] if scalar else values, dtype=np.int64))
