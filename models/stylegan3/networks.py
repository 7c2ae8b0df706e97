"""StyleGAN3 in plain torch: modulated convolutions whose nonlinearities make no aliases.

Written from Karras et al., "Alias-Free Generative Adversarial Networks" (arXiv 2106.12423).
Names and shapes of the weights equal those of the official release. There is no noise.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.canvas import Canvas
from models.networks import SQRT_2, Dense, Mapping, Widths
from models.sight import Sight
from models.stylegan3.filters import downsample, lowpass, middle, radial_lowpass, upsample
from models.stylegan3.fourier import FourierInput
from models.stylegan3.layout import LayerPlan, StyleGAN3, colours_name, plan_layers

EPSILON = 1e-8


def clamped(x: Tensor, limit: float) -> Tensor:
    """Values cut at plus and minus the limit; 0 is without."""
    return x.clamp(-limit, limit) if limit else x


class Layer(nn.Module):
    """A modulated convolution, bias, and a leaky ReLU at a higher rate (section 3.2)."""

    magnitude_ema: Tensor
    up_filter: Tensor
    down_filter: Tensor

    def __init__(self, plan: LayerPlan, w_dim: int, clamp: float) -> None:
        super().__init__()
        self.plan, self.clamp = plan, clamp
        source, target = plan.source, plan.target
        shape = (target.channels, source.channels, plan.kernel, plan.kernel)
        self.affine = Dense(w_dim, source.channels, bias=1.0)
        self.weight = nn.Parameter(torch.randn(shape))
        self.bias = nn.Parameter(torch.zeros(target.channels))
        self.register_buffer("magnitude_ema", torch.ones([]))
        up = lowpass(plan.up_taps, source.cutoff, source.half_width, plan.rate)
        design = radial_lowpass if plan.radial else lowpass
        down = design(plan.down_taps, target.cutoff, target.half_width, plan.rate)
        self.register_buffer("up_filter", up)
        self.register_buffer("down_filter", down)

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        """The source's (N, C, H, W) and (N, w_dim) to the target's (N, C', H', W')."""
        x = self.convolve(x, self.affine(w)) + self.bias[:, None, None]
        x = middle(upsample(x, self.up_filter, self.plan.up), self.plan.surplus)
        x = F.leaky_relu(x, 0.2) * SQRT_2
        return downsample(clamped(x, self.clamp), self.down_filter, self.plan.down)

    def convolve(self, x: Tensor, style: Tensor) -> Tensor:
        """Modulate by (N, C), convolve past the edges, demodulate, as StyleGAN2 does.

        Activations come to unit size by their tracked mean square (section 3.1).
        """
        style = style * (style.square().mean(dim=1, keepdim=True) + EPSILON).rsqrt()
        weight = self.normal_weight()
        demod = (style.square() @ weight.square().sum(dim=(2, 3)).t() + EPSILON).rsqrt()
        x = x * (style * self.magnitude_ema.rsqrt())[:, :, None, None]
        return F.conv2d(x, weight, padding=self.plan.kernel - 1) * demod[:, :, None, None]

    def normal_weight(self) -> Tensor:
        """The weight with unit mean square for each output."""
        return self.weight * self.weight.square().mean(dim=(1, 2, 3), keepdim=True).rsqrt()


class Colours(nn.Module):
    """A modulated 1x1 convolution to colours, without demodulation and nonlinearity."""

    magnitude_ema: Tensor

    def __init__(self, inputs: int, w_dim: int, clamp: float) -> None:
        super().__init__()
        self.clamp = clamp
        self.affine = Dense(w_dim, inputs, bias=1.0)
        self.weight = nn.Parameter(torch.randn(3, inputs, 1, 1))
        self.bias = nn.Parameter(torch.zeros(3))
        self.register_buffer("magnitude_ema", torch.ones([]))

    @property
    def gain(self) -> Tensor:
        """What brings its outputs to unit size."""
        return (self.magnitude_ema * self.weight.shape[1]).rsqrt()

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        """(N, inputs, H, W) and (N, w_dim) to (N, 3, H, W)."""
        style = self.affine(w) * self.gain
        y = F.conv2d(x * style[:, :, None, None], self.weight, self.bias)
        return clamped(y, self.clamp)


class Synthesis(nn.Module):
    """w for each layer to an image."""

    def __init__(self, canvas: Canvas, widths: Widths, design: StyleGAN3) -> None:
        super().__init__()
        self.output_scale = design.output_scale
        plans = plan_layers(canvas, widths, design)
        self.input = FourierInput(plans[0].source, widths.w_dim)
        for plan in plans:
            setattr(self, plan.name, Layer(plan, widths.w_dim, widths.clamp))
        colours = colours_name(canvas, design)
        setattr(self, colours, Colours(plans[-1].target.channels, widths.w_dim, widths.clamp))
        self.names = [*(plan.name for plan in plans), colours]

    def forward(self, ws: Tensor) -> Tensor:
        """(N, num_ws, w_dim) to (N, 3, H, W), most values within -1..1."""
        first, *rest = ws.unbind(dim=1)
        x: Tensor = self.input(first)
        for name, w in zip(self.names, rest, strict=True):
            x = getattr(self, name)(x, w)
        return x * self.output_scale


class Generator(nn.Module):
    """Mapping and synthesis."""

    sight: Sight | None = None

    def __init__(self, canvas: Canvas, widths: Widths, design: StyleGAN3) -> None:
        super().__init__()
        self.canvas, self.widths, self.design = canvas, widths, design
        self.mapping = Mapping(widths)
        self.synthesis = Synthesis(canvas, widths, design)
        self.num_ws = design.num_ws

    def forward(self, z: Tensor, shares: Tensor | None = None, *, psi: float = 1.0) -> Tensor:
        """(N, z_dim) and shares of classes to (N, 3, H, W); `psi` truncates towards `w_avg`."""
        w = self.mapping.w_avg.lerp(self.mapping(z, shares), psi)
        return self.synthesis(w[:, None].expand(-1, self.num_ws, -1))
