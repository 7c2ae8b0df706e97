"""The smallest StyleGAN3 networks that still have every part."""

import torch

from models.canvas import canvas_of
from models.networks import Widths
from models.stylegan3.layout import StyleGAN3
from models.stylegan3.networks import Generator

WIDTHS = Widths(channel_base=256, channel_max=17, z_dim=8, w_dim=12, mapping_layers=2)
T, R = StyleGAN3(), StyleGAN3(kernel=1, radial=True)
SHORT = StyleGAN3(num_layers=5, num_critical=1, margin_px=3, output_scale=1.0)


def generator(
    design: StyleGAN3 = T, size_px: int = 16, widths: Widths = WIDTHS, seed: int = 0
) -> Generator:
    """A generator in which nothing is as it was at the start of training."""
    torch.manual_seed(seed)
    canvas = canvas_of(size_px, size_px)
    made = Generator(canvas, widths, design).eval().requires_grad_(False)
    for name, tensor in made.state_dict().items():
        if name.endswith("magnitude_ema"):
            tensor.fill_(0.5 + float(torch.rand([])))
        elif name.endswith(("bias", "w_avg", "input.affine.weight")):
            tensor.add_(torch.randn_like(tensor) * 0.2)
    return made
