"""A StyleGAN3 generator prepared to make one image a frame, as `models.runtime` does for StyleGAN2.

On channels_last a separable filter is two depthwise convolutions, the fastest of what was tried.
On a CPU the nonlinearity, four times as large as its layer and more, takes a few channels at a
time: they stay in the cache, and most of the memory is not needed.
"""

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from models.networks import SQRT_2
from models.playing import Playing
from models.stylegan3.networks import EPSILON, Colours, Generator, Layer, clamped

CACHED = 1 << 21  # values of the nonlinearity at a time, 8 MB
VECTOR = 16  # channels that a processor takes at once


class Runtime(Playing[Generator]):
    """What the instrument plays: `map` z to w, `draw` an image from one w a layer."""

    def __init__(
        self, generator: Generator, device: torch.device, directions: Tensor | None = None
    ) -> None:
        super().__init__(generator, device, directions)
        synthesis = generator.synthesis
        *layers, colours = (getattr(synthesis, name) for name in synthesis.names)
        self._input = synthesis.input
        self._layers = [_Layer(layer) for layer in layers]
        self._colours = _Colours(colours, synthesis.output_scale)

    @torch.inference_mode()
    def draw(self, ws: Tensor, noise: float) -> Tensor:
        """w of each layer (num_ws, w_dim) to an image (1, 3, H, W), most of it within -1..1.

        StyleGAN3 has no noise: `noise` changes nothing.
        """
        return self.synthesise(ws, noise)

    def synthesise(self, ws: Tensor, noise: float | Tensor) -> Tensor:
        """What `draw` does."""
        first, *rest, last = ws.unbind(dim=0)
        x = self._input(first[None]).contiguous(memory_format=torch.channels_last)
        for layer, w in zip(self._layers, rest, strict=True):
            x = layer.draw(x, w)
        return self._colours.draw(x, last)

    def transform(self, turns: float, x: float, y: float) -> None:
        """Turn the next pictures about their centre, clockwise, then move them right and down.

        `x` and `y` count in pictures, `turns` in full circles. What comes in at the edges is
        drawn, not repeated. Networks of configuration T follow a turn with other details.
        """
        cosine, sine = math.cos(math.tau * turns), math.sin(math.tau * turns)
        rows = [
            [cosine, sine, -cosine * x - sine * y],
            [-sine, cosine, sine * x - cosine * y],
        ]
        self._input.transform[:2] = torch.tensor(rows)

    def drift(self, goal: object) -> None:
        """No way leads to other weights: such networks are not trained here."""


class _Layer:
    """A layer with all that is constant folded: magnitude, the ReLU's gain, filters' gains.

    Source samples that reach only the surplus of the upsampling are not convolved at all.
    """

    def __init__(self, layer: Layer) -> None:
        plan, outputs = layer.plan, len(layer.weight)
        self.clamp = layer.clamp
        unused = max(0, (plan.surplus // 2 - plan.up_taps) // plan.up + 1)
        self.crop = max(0, unused - (plan.kernel - 1))
        self.padding = max(0, plan.kernel - 1 - unused)
        self.surplus = plan.surplus // 2 - unused * plan.up
        self.up, self.down = plan.up, plan.down
        self.channels = outputs
        if layer.weight.device.type == "cpu":
            cached = CACHED // plan.rate_px**2 // VECTOR * VECTOR
            self.channels = min(outputs, max(VECTOR, cached))
        self.up_filters = _depthwise(layer.up_filter * plan.up, self.channels)
        self.down_filters = _depthwise(layer.down_filter, self.channels)
        weight = layer.normal_weight()
        self.squared = weight.square().sum(dim=(2, 3))
        weight = weight * layer.magnitude_ema.rsqrt()
        self.weight = weight.contiguous(memory_format=torch.channels_last)
        # It means nothing to a 1x1 kernel, but keeps torch off its slow path for one thread.
        self.dilation = 2 if plan.kernel == 1 and weight.device.type == "cpu" else 1
        self.affine = layer.affine.weight * layer.affine.weight_gain
        self.affine_bias = layer.affine.bias
        self.bias = layer.bias * SQRT_2
        self.modulate_weights = outputs * plan.kernel**2 < plan.source.size_px**2

    def draw(self, x: Tensor, w: Tensor) -> Tensor:
        """(1, inputs, H, W) and (w_dim,) to (1, outputs, H', W')."""
        style = torch.addmv(self.affine_bias, self.affine, w)
        style = style * (style.square().mean() + EPSILON).rsqrt_()
        demod = (self.squared @ style.square() + EPSILON).rsqrt_().mul_(SQRT_2)
        parts = self._convolve(x, style, demod).split(self.channels, dim=1)
        return torch.cat([self._activate(part) for part in parts], dim=1)

    def _convolve(self, x: Tensor, style: Tensor, demod: Tensor) -> Tensor:
        if self.crop:
            x = x[:, :, self.crop : -self.crop, self.crop : -self.crop]
        stride, padding, dilation = 1, self.padding, self.dilation
        if self.modulate_weights:
            weight = self.weight * (demod[:, None] * style)[:, :, None, None]
            return F.conv2d(x, weight, self.bias, stride, padding, dilation)
        y = F.conv2d(x * style[:, None, None], self.weight, None, stride, padding, dilation)
        return y.mul_(demod[:, None, None]).add_(self.bias[:, None, None])

    def _activate(self, x: Tensor) -> Tensor:
        """The filtered nonlinearity of some channels.

        An odd surplus leaves one sample too many at the end, which no stride reaches.
        """
        channels = x.shape[1]
        for axis, kernel in enumerate(self.up_filters):
            stride, padding = [1, 1], [0, 0]
            stride[axis], padding[axis] = self.up, self.surplus
            x = F.conv_transpose2d(x, kernel[:channels], None, stride, padding, groups=channels)
        x = F.leaky_relu_(x, 0.2)
        if self.clamp:
            x = x.clamp_(-self.clamp, self.clamp)
        for kernel in reversed(self.down_filters):
            stride = [self.down if taps > 1 else 1 for taps in kernel.shape[2:]]
            x = F.conv2d(x, kernel[:channels], None, stride, groups=channels)
        return x


class _Colours:
    """The ToRGB with the picture's scale folded in."""

    def __init__(self, colours: Colours, output_scale: float) -> None:
        gain = output_scale * colours.gain
        self.affine = colours.affine.weight * (colours.affine.weight_gain * gain)
        self.affine_bias = colours.affine.bias * gain
        self.weight = colours.weight
        self.bias = colours.bias * output_scale
        self.clamp = colours.clamp * output_scale

    def draw(self, x: Tensor, w: Tensor) -> Tensor:
        """(1, inputs, H, W) and (w_dim,) to (1, 3, H, W)."""
        style = torch.addmv(self.affine_bias, self.affine, w)
        return clamped(F.conv2d(x, self.weight * style[:, None, None], self.bias), self.clamp)


def _depthwise(kernel: Tensor, channels: int) -> list[Tensor]:
    """(taps,) as a column and a row for each channel, (taps, taps) as it is."""
    shapes = [(-1, 1), (1, -1)] if kernel.ndim == 1 else [kernel.shape]
    return [kernel.reshape(shape).expand(channels, 1, -1, -1).contiguous() for shape in shapes]
