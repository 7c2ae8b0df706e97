"""A generator prepared to make one image a frame: constants folded, nothing decided twice.

Where a layer has more activations than weights the style and the demodulation go into the
weights, else onto the activations: both are equation 1 and 3 of arXiv 1912.04958. In half
precision the features and what they meet are halved; latents, styles and the image are not.
"""

from collections.abc import Sequence
from copy import copy, deepcopy
from functools import cached_property
from typing import Self

import torch
from torch import Tensor
from torch.nn import functional as F

from models.bending import Bend, Bender, Touch, bender_for
from models.blending import Blend
from models.contest import samples_of
from models.device import DTYPES
from models.drift import Drift, Layer, Plain
from models.kinship import are_kin
from models.networks import (
    HALF_LIMIT,
    SQRT_2,
    Generator,
    StyledConv,
    SynthesisBlock,
    ToRGB,
    upsample,
)
from models.playing import Playing
from models.recipe import Precision
from models.sketch import Sketch

LEAST_STYLE = 1e-12


class Runtime(Playing[Generator]):
    """What the instrument plays: `map` z to w, `draw` an image from one w a layer.

    It takes the generator over: a drift moves its weights.
    """

    def __init__(
        self,
        generator: Generator,
        device: torch.device,
        directions: Tensor | None = None,
        *,
        precision: Precision = "float32",
    ) -> None:
        super().__init__(generator, device, directions)
        self.precision = precision
        dtype = DTYPES[precision]
        self._const = _Const(generator.synthesis.b4.const, dtype)
        self._blocks = [
            _Block(getattr(generator.synthesis, f"b{4 << level}"), 2 * level - 1, dtype)
            for level in generator.canvas.levels
        ]

    @property
    def pliant(self) -> "Runtime":
        """What can be bent and blended: itself."""
        return self

    @torch.inference_mode()
    def draw(self, ws: Tensor, noise: float, bends: Sequence[Bend] = ()) -> Tensor:
        """w of each layer (num_ws, w_dim) to an image (1, 3, H, W), most of it within -1..1.

        `noise` scales the model's own noise; 1 is as trained. The features are bent by `bends`.
        """
        return self.synthesise(ws, noise, self.bender.touch(bends) if bends else None)

    def synthesise(self, ws: Tensor, noise: float | Tensor, touch: Touch | None = None) -> Tensor:
        """What `draw` does. With `noise` a tensor () it does the same work whatever the values.

        `touch` is given the features that each convolution makes, and what it returns is used.
        """
        x, image = self._blocks[0].draw(self._const.used, None, ws, noise, touch)
        for block in self._blocks[1:]:
            x, image = block.draw(x, image, ws, noise, touch)
        return image

    def synthesise_coarse(self, ws: Tensor, noise: float | Tensor) -> Tensor:
        """What `synthesise` does without the finest level, whose size the image has."""
        x, image = self._blocks[0].draw(self._const.used, None, ws, noise, None)
        for block in self._blocks[1:-1]:
            x, image = block.draw(x, image, ws, noise, None)
        return upsample(image, self._blocks[-1].filter)

    def _make_sketch(self) -> Sketch:
        other = copy(self)  # of the same weights: else the sketch would hold whoever holds it
        return Sketch(other.synthesise_coarse, self.draw, samples_of(self.generator))

    @cached_property
    def bender(self) -> Bender:
        """What bends its features; to find the groups of channels takes some pictures' time."""

        def draw_samples(touch: Touch) -> None:
            for ws in samples_of(self.generator):
                self.synthesise(ws, 0.0, touch)

        with torch.inference_mode():
            return bender_for(draw_samples, self.device)

    def drift(self, goal: object) -> Drift | None:
        """The way of all weights to the goal's; None where its networks have other shapes."""
        if not isinstance(goal, Runtime):
            return None
        if not (self.is_like(goal) and are_kin(self.generator, goal.generator)):
            return None
        self.even_as(goal)
        return Drift(list(zip(self._layers(), goal._layers(), strict=True)))

    def blend(self, other: object) -> Blend | None:
        """What is between this and another; None where its networks have other shapes."""
        if isinstance(other, Runtime) and self.is_like(other):
            return Blend(self, other)
        return None

    def is_like(self, other: "Runtime") -> bool:
        """Whether its weights have the shapes of another's."""
        here, there = self.generator, other.generator
        return (here.canvas, here.widths) == (there.canvas, there.widths)

    def twin(self) -> "Runtime":
        """The same, with weights of its own in all that `draw` computes with."""
        twin = copy(self)
        twin._const, twin._blocks = deepcopy((self._const, self._blocks))
        return twin

    def _layers(self) -> list[Layer]:
        """All that `map` and `draw` compute with."""
        mapping = self.generator.mapping
        layers: list[Layer] = [Plain([*mapping.parameters(), *mapping.buffers()])]
        return layers + [layer for _, layer in self.layers()]

    def layers(self) -> list[tuple[int, Layer]]:
        """All that `draw` computes with, each with the number of the w that it takes."""
        layers: list[tuple[int, Layer]] = [(0, self._const)]
        for block in self._blocks:
            convs = [(conv.index, conv) for conv in block.convs]
            layers += [(block.convs[0].index, block.plain), *convs]
            layers.append((block.colours.index, block.colours))
        return layers


class _Const(Layer):
    """What the first level begins with, (1, C, base_h, base_w)."""

    def __init__(self, const: Tensor, dtype: torch.dtype) -> None:
        whole = const[None].contiguous(memory_format=torch.channels_last)
        self.used = whole.to(dtype)
        self.weights = [whole]

    def fold(self) -> None:
        """Halve anew."""
        self.used.copy_(self.weights[0])


class _Block:
    """One level: its convolutions and its colours, taking ws from index `first` on."""

    def __init__(self, block: SynthesisBlock, first: int, dtype: torch.dtype) -> None:
        self.filter, self.clamp = block.resample_filter, block.clamp
        self.plain = Plain([self.filter])
        if dtype == torch.float16:  # The limit of 65504 is near for a model trained without any.
            self.clamp = min(block.clamp or HALF_LIMIT, HALF_LIMIT)
        if block.first:
            self.convs = [_Conv(block.conv1, 0, dtype, gain=1.0)]
        else:
            up = _Conv(block.conv0, first, dtype, gain=SQRT_2)
            self.convs = [up, _Conv(block.conv1, first + 1, dtype, gain=SQRT_2)]
        self.colours = _Colours(block.torgb, first + 2)

    def draw(
        self,
        x: Tensor,
        image: Tensor | None,
        ws: Tensor,
        noise: float | Tensor,
        touch: Touch | None,
    ) -> tuple[Tensor, Tensor]:
        """Features and image of the level below to those of this level."""
        for conv in self.convs:
            x = conv.draw(x, ws, noise)
            if touch is not None:
                x = touch(conv.index, x)
            if self.clamp:
                x = x.clamp_(-self.clamp / SQRT_2, self.clamp / SQRT_2)
        colours = self.colours.draw(x, ws)
        if self.clamp:
            colours = colours.clamp_(-self.clamp, self.clamp)
        return x, colours.float() if image is None else upsample(image, self.filter).add_(colours)


class _Conv(Layer):
    """A styled convolution; the gain of the leaky ReLU before it is folded into its style."""

    def __init__(self, conv: StyledConv, index: int, dtype: torch.dtype, *, gain: float) -> None:
        outputs, inputs = conv.weight.shape[:2]
        self.index, self.up, self.gain = index, conv.up, gain
        self.fan_gain, self.dtype = conv.gain, dtype
        weight = conv.weight.transpose(0, 1) if conv.up else conv.weight
        self.weight = weight.contiguous(memory_format=torch.channels_last)
        self.squared = self._squared()
        self.affine = conv.affine.weight * conv.affine.weight_gain
        self.affine_bias = conv.affine.bias * conv.affine.bias_gain
        noise = (conv.noise_const * conv.noise_strength)[None, None]
        self.noisy = bool(conv.noise_strength != 0)
        kernel = (conv.resample_filter * 4.0).expand(outputs, 1, 4, 4)
        blur = kernel.contiguous(memory_format=torch.channels_last)
        area = conv.noise_const.numel() // (4 if conv.up else 1)
        self.modulate_weights = outputs * 9 < area
        whole = [self.weight, conv.bias, noise, blur]
        self.used = [tensor.to(dtype) for tensor in whole]  # At full precision the same tensors.
        self.weights = [*whole, self.affine, self.affine_bias]

    def approach(self, goal: Self, share: float) -> None:
        """Move towards the goal, whose noise is heard at once."""
        self.noisy |= goal.noisy
        super().approach(goal, share)

    def mix(self, here: Self, there: Self, share: float) -> None:
        """Become what is between two others, each of whose noise is heard."""
        self.noisy = here.noisy or there.noisy
        super().mix(here, there, share)

    def fold(self) -> None:
        """Fold again what is no linear function of the weights."""
        self.squared.copy_(self._squared())
        for used, whole in zip(self.used, self.weights, strict=False):
            if used is not whole:
                used.copy_(whole)

    def _squared(self) -> Tensor:
        """The squared weights summed over their positions, (outputs, inputs)."""
        squared = self.weight.square().sum(dim=(2, 3))
        return squared.t() if self.up else squared

    def draw(self, x: Tensor, ws: Tensor, noise: float | Tensor) -> Tensor:
        """(1, inputs, H, W) to (1, outputs, H or 2H, W or 2W), before the gain of its ReLU."""
        weight, bias, own_noise, blur = self.used
        style = torch.addmv(self.affine_bias, self.affine, ws[self.index])
        demod = (self.squared @ style.square() + 1e-8).rsqrt_()
        style = style * self.gain
        if self.modulate_weights:
            weight = (self.weight * self._outer(style, demod)).to(self.dtype)
            y = self._convolve(x, weight, bias, blur)
        else:
            style, demod = self._halved(style, demod)
            y = self._convolve(x * style[:, None, None], weight, None, blur)
            y = torch.addcmul(bias[:, None, None], y, demod[:, None, None])
        if isinstance(noise, Tensor):
            y = y.addcmul_(own_noise, noise.to(self.dtype))
        elif self.noisy and noise:
            y = y.add_(own_noise, alpha=noise)
        return F.leaky_relu_(y, 0.2)

    def _halved(self, style: Tensor, demod: Tensor) -> tuple[Tensor, Tensor]:
        """Both in the precision of the features.

        What demodulation gives back is taken from the style first, so that no product overflows
        in half precision (arXiv 2006.06676, appendix).
        """
        if self.dtype == torch.float32:
            return style, demod
        peak = style.abs().amax().clamp_min(LEAST_STYLE) / self.fan_gain
        return (style / peak).to(self.dtype), (demod * peak).to(self.dtype)

    def _outer(self, style: Tensor, demod: Tensor) -> Tensor:
        """Style x demodulation in the shape of the weight."""
        if self.up:
            return (style[:, None] * demod)[:, :, None, None]
        return (demod[:, None] * style)[:, :, None, None]

    def _convolve(self, x: Tensor, weight: Tensor, bias: Tensor | None, blur: Tensor) -> Tensor:
        if not self.up:
            return F.conv2d(x, weight, bias, padding=1)
        y = F.conv_transpose2d(x, weight, stride=2)
        return F.conv2d(y, blur, bias, padding=1, groups=y.shape[1])


class _Colours(Layer):
    """A level's ToRGB with the gain of the ReLU before it folded in."""

    def __init__(self, torgb: ToRGB, index: int) -> None:
        self.index = index
        gain = torgb.weight_gain * SQRT_2
        self.affine = torgb.affine.weight * (torgb.affine.weight_gain * gain)
        self.affine_bias = torgb.affine.bias * gain
        self.weight = torgb.weight.contiguous(memory_format=torch.channels_last)
        self.bias = torgb.bias
        self.weights = [self.affine, self.affine_bias, self.weight, self.bias]

    def draw(self, x: Tensor, ws: Tensor) -> Tensor:
        """(1, inputs, H, W) to (1, 3, H, W)."""
        style = torch.addmv(self.affine_bias, self.affine, ws[self.index])
        weight = (self.weight * style[:, None, None]).to(x.dtype)
        return F.conv2d(x, weight, self.bias.to(x.dtype))
