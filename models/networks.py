"""StyleGAN2 in plain torch: mapping, skip synthesis and residual discriminator.

Written from Karras et al., "Analyzing and Improving the Image Quality of StyleGAN"
(arXiv 1912.04958). Names and shapes of the weights equal those of the official PyTorch release;
the canvas may be any base doubled k times, and level i keeps the name b{4 * 2**i}.
Convolutions are modulated on their activations, not on their weights (equation 1 and 3 commute
with a convolution that is shared by the batch), which is faster and needs no grouped kernels.
"""

import math

import msgspec
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.canvas import Canvas
from models.draws import Draws
from models.sight import Sight

SQRT_2 = math.sqrt(2.0)
SQRT_HALF = math.sqrt(0.5)
MAPPING_LR = 0.01
TAPS = torch.tensor([1.0, 3.0, 3.0, 1.0]) / 8.0
HALF_LIMIT = 256.0


class Widths(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How wide a network is: level i has min(channel_base / (4 * 2**i), channel_max) channels.

    An imported model may have other channels (`own_channels`, from level 0 on), several classes,
    and layers whose values are cut at plus and minus `clamp`, as StyleGAN3's are; 0 is without.
    """

    channel_base: int = 2048
    channel_max: int = 128
    z_dim: int = 128
    w_dim: int = 128
    mapping_layers: int = 4
    own_channels: tuple[int, ...] = ()
    classes: int = 0
    clamp: float = 0.0

    def channels(self, level: int) -> int:
        """Channels of the feature maps at a level."""
        if level < len(self.own_channels):
            return self.own_channels[level]
        return max(1, min(self.channel_base // (4 << level), self.channel_max))


def fir_kernel() -> Tensor:
    """The binomial filter [1, 3, 3, 1] as (4, 4), its sum 1."""
    return torch.outer(TAPS, TAPS)


def blur(x: Tensor, kernel: Tensor, padding: int, stride: int = 1) -> Tensor:
    """Filter each channel of (N, C, H, W) by the (4, 4) kernel."""
    if stride > 1 and x.device.type == "cpu" and torch.is_autocast_enabled("cpu"):
        # With strides, processors take ten times as long for the gradient in half precision.
        with torch.autocast("cpu", enabled=False):
            return _filter(x.float(), kernel, padding, stride).to(x.dtype)
    return _filter(x, kernel, padding, stride)


def _filter(x: Tensor, kernel: Tensor, padding: int, stride: int) -> Tensor:
    weight = kernel.to(x.dtype).expand(x.shape[1], 1, 4, 4)
    return F.conv2d(x, weight, padding=padding, stride=stride, groups=x.shape[1])


def upsample(image: Tensor, kernel: Tensor) -> Tensor:
    """Double (N, C, H, W) in both directions through the (4, 4) kernel."""
    channels = image.shape[1]
    weight = (kernel * 4.0).to(image.dtype).expand(channels, 1, 4, 4)
    return F.conv_transpose2d(image, weight, stride=2, padding=1, groups=channels)


def smooth_noise(channels: int, size: tuple[int, int]) -> Tensor:
    """Normal noise as coarse as 4 cells on the shorter side, (channels, *size).

    At 4x4 it is the paper's constant; a larger base drawn pixel by pixel would begin as grain
    finer than any composition, which training first has to unlearn.
    """
    cells = tuple(max(4, round(4 * side / min(size))) for side in size)
    noise = torch.randn(1, channels, *cells)
    if noise.is_meta:  # Its filter would be 50 ms of Python, in which no frame could be drawn.
        return noise.new_empty(channels, *size)
    return F.interpolate(noise, size, mode="bicubic", align_corners=False)[0]


def clamp_half(x: Tensor) -> Tensor:
    """Keep float16 features far from its limit of 65504, as arXiv 2006.06676 (appendix) does."""
    return x.clamp(-HALF_LIMIT, HALF_LIMIT) if x.dtype == torch.float16 else x


class Dense(nn.Module):
    """A linear layer with a run-time weight scale (equalised learning rate)."""

    def __init__(
        self, inputs: int, outputs: int, *, lr: float = 1.0, bias: float = 0.0, relu: bool = False
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs) / lr)
        self.bias = nn.Parameter(torch.full((outputs,), bias / lr))
        self.weight_gain = lr / math.sqrt(inputs)
        self.bias_gain = lr
        self.relu = relu

    def forward(self, x: Tensor) -> Tensor:
        """(N, inputs) to (N, outputs)."""
        # Styles and logits keep full precision under autocast; they cost next to nothing.
        if torch.is_autocast_enabled(x.device.type):
            with torch.autocast(x.device.type, enabled=False):
                return self._whole(x)
        return self._whole(x)  # To switch off what is off takes longer than all the rest.

    def _whole(self, x: Tensor) -> Tensor:
        """In full precision."""
        y = F.linear(x.float(), self.weight * self.weight_gain, self.bias * self.bias_gain)
        return F.leaky_relu(y, 0.2) * SQRT_2 if self.relu else y


def normalise(x: Tensor) -> Tensor:
    """Scale (N, C) to a mean square of 1 in each row."""
    return x * (x.square().mean(dim=1, keepdim=True) + 1e-8).rsqrt()


class Mapping(nn.Module):
    """z to w: normalise, then a chain of dense layers; a class is embedded and joined to z."""

    w_avg: Tensor

    def __init__(self, widths: Widths) -> None:
        super().__init__()
        self.num_layers, self.classes = widths.mapping_layers, widths.classes
        first = widths.z_dim
        if self.classes:
            self.embed = Dense(self.classes, widths.w_dim)
            first += widths.w_dim
        for i in range(self.num_layers):
            inputs = first if i == 0 else widths.w_dim
            setattr(self, f"fc{i}", Dense(inputs, widths.w_dim, lr=MAPPING_LR, relu=True))
        self.register_buffer("w_avg", torch.zeros(widths.w_dim))

    def forward(self, z: Tensor, shares: Tensor | None = None) -> Tensor:
        """(N, z_dim) of any length to (N, w_dim).

        `shares` (N, classes) says how much of each class; without, it is all of the first.
        """
        x = normalise(z)
        if self.classes:
            if shares is None:
                shares = torch.eye(1, self.classes, device=z.device).expand(len(z), -1)
            x = torch.cat([x, normalise(self.embed(shares))], dim=1)
        for i in range(self.num_layers):
            x = getattr(self, f"fc{i}")(x)
        return x

    @torch.no_grad()
    def track_average(self, w: Tensor, beta: float = 0.998) -> None:
        """Move `w_avg` towards the mean of a batch of w."""
        self.w_avg.lerp_(w.detach().float().mean(dim=0), 1.0 - beta)


class StyledConv(nn.Module):
    """A modulated 3x3 convolution with demodulation, noise, bias and leaky ReLU (section 2.2)."""

    noise_const: Tensor
    resample_filter: Tensor

    def __init__(
        self, inputs: int, outputs: int, w_dim: int, size: tuple[int, int], *, up: bool
    ) -> None:
        super().__init__()
        self.up, self.gain = up, 1.0 / math.sqrt(inputs * 9)
        self.affine = Dense(w_dim, inputs, bias=1.0)
        self.weight = nn.Parameter(torch.randn(outputs, inputs, 3, 3))
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.noise_strength = nn.Parameter(torch.zeros([]))
        self.register_buffer("noise_const", torch.randn(size))
        self.register_buffer("resample_filter", fir_kernel())

    def forward(self, x: Tensor, w: Tensor, *, draws: Draws | None) -> Tensor:
        """(N, inputs, H, W) and (N, w_dim) to (N, outputs, H or 2H, W or 2W)."""
        style = self.affine(w)
        with torch.autocast(x.device.type, enabled=False):
            demod = (style.square() @ self.weight.square().sum(dim=(2, 3)).t() + 1e-8).rsqrt()
        # What demodulation takes back is taken from the style: half precision would overflow.
        style, demod = style * self.gain, demod / self.gain
        x = x * style.to(x.dtype)[:, :, None, None]
        if self.up:
            x = F.conv_transpose2d(x, self.weight.transpose(0, 1), stride=2)
            x = blur(x, self.resample_filter * 4.0, padding=1)
        else:
            x = F.conv2d(x, self.weight, padding=1)
        noise = self.noise_const if draws is None else draws.normal(1, *x.shape[2:])
        x = x * demod.to(x.dtype)[:, :, None, None] + (noise * self.noise_strength).to(x.dtype)
        x = x + self.bias.to(x.dtype)[:, None, None]
        return clamp_half(F.leaky_relu(x, 0.2) * SQRT_2)


class ToRGB(nn.Module):
    """A modulated 1x1 convolution to colours, without demodulation."""

    def __init__(self, inputs: int, w_dim: int) -> None:
        super().__init__()
        self.affine = Dense(w_dim, inputs, bias=1.0)
        self.weight = nn.Parameter(torch.randn(3, inputs, 1, 1))
        self.bias = nn.Parameter(torch.zeros(3))
        self.weight_gain = 1.0 / math.sqrt(inputs)

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        """(N, inputs, H, W) and (N, w_dim) to (N, 3, H, W)."""
        style = self.affine(w) * self.weight_gain
        y = F.conv2d(x * style.to(x.dtype)[:, :, None, None], self.weight)
        return y + self.bias.to(y.dtype)[:, None, None]


class SynthesisBlock(nn.Module):
    """One level of the skip generator."""

    resample_filter: Tensor

    def __init__(self, level: int, canvas: Canvas, widths: Widths) -> None:
        super().__init__()
        size, outputs = canvas.size_at(level), widths.channels(level)
        self.first, self.clamp = level == 0, widths.clamp
        if self.first:
            self.const = nn.Parameter(smooth_noise(outputs, size))
        else:
            inputs = widths.channels(level - 1)
            self.conv0 = StyledConv(inputs, outputs, widths.w_dim, size, up=True)
        self.conv1 = StyledConv(outputs, outputs, widths.w_dim, size, up=False)
        self.torgb = ToRGB(outputs, widths.w_dim)
        self.register_buffer("resample_filter", fir_kernel())

    def forward(
        self, x: Tensor | None, image: Tensor | None, ws: Tensor, *, draws: Draws | None
    ) -> tuple[Tensor, Tensor]:
        """Features and image of the level below, and this level's ws (N, 2 or 3, w_dim)."""
        w = iter(ws.unbind(dim=1))
        if x is None or image is None:
            x = self.const.expand(ws.shape[0], -1, -1, -1)
            x = self.clamped(self.conv1(x, next(w), draws=draws))
            return x, self.clamped(self.torgb(x, next(w)))
        x = self.clamped(self.conv0(x, next(w), draws=draws))
        x = self.clamped(self.conv1(x, next(w), draws=draws))
        colours = self.clamped(self.torgb(x, next(w)))
        return x, upsample(image, self.resample_filter) + colours

    def clamped(self, x: Tensor) -> Tensor:
        """Cut, where the model was trained so (StyleGAN2-ADA, arXiv 2006.06676, appendix)."""
        return x.clamp(-self.clamp, self.clamp) if self.clamp else x


class Synthesis(nn.Module):
    """w for each layer to an image."""

    def __init__(self, canvas: Canvas, widths: Widths) -> None:
        super().__init__()
        self.canvas = canvas
        self.num_ws = 2 * len(canvas.levels)
        self.b4 = SynthesisBlock(0, canvas, widths)
        for level in canvas.levels[1:]:
            setattr(self, f"b{4 << level}", SynthesisBlock(level, canvas, widths))

    def forward(self, ws: Tensor, *, draws: Draws | None = None) -> Tensor:
        """(N, num_ws, w_dim) to (N, 3, H, W), most values within -1..1.

        Fresh noise comes from `draws`; without them it is the same for every image.
        """
        x, image = self.b4(None, None, ws[:, :2], draws=draws)
        for level in self.canvas.levels[1:]:
            block = getattr(self, f"b{4 << level}")
            own_ws = ws[:, 2 * level - 1 : 2 * level + 2]
            x, image = block(x, image, own_ws, draws=draws)
        return image


class Generator(nn.Module):
    """Mapping and synthesis."""

    sight: Sight | None = None

    def __init__(self, canvas: Canvas, widths: Widths) -> None:
        super().__init__()
        self.canvas, self.widths = canvas, widths
        self.mapping = Mapping(widths)
        self.synthesis = Synthesis(canvas, widths)
        self.num_ws = self.synthesis.num_ws

    def forward(
        self,
        z: Tensor,
        shares: Tensor | None = None,
        *,
        psi: float = 1.0,
        draws: Draws | None = None,
    ) -> Tensor:
        """(N, z_dim) and shares of classes to (N, 3, H, W); `psi` truncates towards `w_avg`."""
        w = self.mapping.w_avg.lerp(self.mapping(z, shares), psi)
        return self.synthesis(w[:, None].expand(-1, self.num_ws, -1), draws=draws)


def has_noise(weights: dict[str, Tensor]) -> bool:
    """Whether a generator of these weights uses noise."""
    return any(bool(weights[name].any()) for name in weights if name.endswith("noise_strength"))


class PlainConv(nn.Module):
    """A convolution of the discriminator, optionally with leaky ReLU and halving."""

    resample_filter: Tensor

    def __init__(
        self, inputs: int, outputs: int, kernel: int, *, down: bool = False, relu: bool = True
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs, kernel, kernel))
        if relu:
            self.bias = nn.Parameter(torch.zeros(outputs))
        self.register_buffer("resample_filter", fir_kernel())
        self.weight_gain = 1.0 / math.sqrt(inputs * kernel * kernel)
        self.kernel, self.down, self.relu = kernel, down, relu

    def forward(self, x: Tensor) -> Tensor:
        """(N, inputs, H, W) to (N, outputs, H or H/2, W or W/2)."""
        weight = self.weight * self.weight_gain
        if not self.down:
            y = F.conv2d(x, weight, padding=self.kernel // 2)
        elif self.kernel == 1:
            y = F.conv2d(blur(x, self.resample_filter, padding=1, stride=2), weight)
        else:
            y = F.conv2d(blur(x, self.resample_filter, padding=2), weight, stride=2)
        if not self.relu:
            return y
        return clamp_half(F.leaky_relu(y + self.bias.to(y.dtype)[:, None, None], 0.2) * SQRT_2)


class DiscriminatorBlock(nn.Module):
    """One level of the residual discriminator."""

    def __init__(self, level: int, widths: Widths, *, top: bool) -> None:
        super().__init__()
        inputs, outputs = widths.channels(level), widths.channels(level - 1)
        if top:
            self.fromrgb = PlainConv(3, inputs, 1)
        self.top = top
        self.conv0 = PlainConv(inputs, inputs, 3)
        self.conv1 = PlainConv(inputs, outputs, 3, down=True)
        self.skip = PlainConv(inputs, outputs, 1, down=True, relu=False)

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3 or C, H, W) to (N, C', H/2, W/2)."""
        if self.top:
            x = self.fromrgb(x)
        return (self.skip(x) + self.conv1(self.conv0(x))) * SQRT_HALF


class MinibatchStd(nn.Module):
    """Append the standard deviation over groups of the batch as one channel (ProGAN, section 3)."""

    def __init__(self, group: int = 4) -> None:
        super().__init__()
        self.group = group

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) to (N, C + 1, H, W)."""
        n, c, h, w = x.shape
        group = math.gcd(n, self.group)
        # Neighbours make a group, so that a batch in parts has the same ones.
        y = x.float().reshape(n // group, group, c, h, w)
        std = (y.var(dim=1, unbiased=False) + 1e-8).sqrt().mean(dim=(1, 2, 3))
        channel = std.to(x.dtype).repeat_interleave(group).reshape(n, 1, 1, 1).expand(n, 1, h, w)
        return torch.cat([x, channel], dim=1)


class Epilogue(nn.Module):
    """The last level of the discriminator: features to one logit."""

    def __init__(self, canvas: Canvas, widths: Widths) -> None:
        super().__init__()
        channels = widths.channels(0)
        self.mbstd = MinibatchStd()
        self.conv = PlainConv(channels + 1, channels, 3)
        self.fc = Dense(channels * canvas.base_h * canvas.base_w, channels, relu=True)
        self.out = Dense(channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, base_h, base_w) to (N, 1)."""
        x = self.conv(self.mbstd(x))
        return self.out(self.fc(x.flatten(1)))


class Discriminator(nn.Module):
    """An image to one logit: positive means real."""

    def __init__(self, canvas: Canvas, widths: Widths) -> None:
        super().__init__()
        self.canvas, self.widths = canvas, widths
        for level in reversed(canvas.levels[1:]):
            block = DiscriminatorBlock(level, widths, top=level == canvas.doublings)
            setattr(self, f"b{4 << level}", block)
        self.b4 = Epilogue(canvas, widths)

    def layers(self) -> list[nn.Module]:
        """All layers, from the image on."""
        return [layer for block in self.children() for layer in block.children()]

    def forward(self, image: Tensor) -> Tensor:
        """(N, 3, H, W) in -1..1 to logits (N, 1)."""
        x = image
        for level in reversed(self.canvas.levels[1:]):
            x = getattr(self, f"b{4 << level}")(x)
        logits: Tensor = self.b4(x)
        return logits
