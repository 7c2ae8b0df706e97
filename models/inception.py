"""Inception v3 (arXiv 1512.00567) up to its pooled features, in the form FID is defined with.

That form is the graph of December 2015: its average pooling leaves padding out of the count, and
its last block takes maxima instead. Blocks are named as in the weights that circulate.
"""

from collections import OrderedDict
from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.metrics import MetricsError

LENGTH = 2048
SIDE_PX = 299
ONE, THREE, FIVE = (1, 1), (3, 3), (5, 5)
ROW_3, COLUMN_3, ROW_7, COLUMN_7 = (1, 3), (3, 1), (1, 7), (7, 1)

Size = tuple[int, int]
Step = dict[str, tuple[int, Size] | tuple[int, Size, int]]
"""Convolutions of the same maps: channels and kernel of each, and its stride if not 1."""


class Inception(nn.Sequential):
    """float (N, 3, H, W) in -1..1, at least 75 px a side, to features (N, LENGTH).

    `classes` is how many the weights were trained to tell apart, 0 where their file does not say.
    """

    def __init__(self, classes: int = 0) -> None:
        super().__init__(OrderedDict({**_stem(), **_mixed()}))
        self.classes = classes

    def forward(self, input: Tensor) -> Tensor:
        for layer in self:
            input = layer(input)
        return input.mean(dim=(2, 3))


class Convolution(nn.Conv2d):
    """A convolution, its batch normalisation folded into it, and ReLU.

    Padded to keep the size, unless it has a stride or `padded` is false.
    """

    def __init__(
        self, inputs: int, outputs: int, size: Size, stride: int = 1, *, padded: bool = True
    ) -> None:
        padding = (size[0] // 2, size[1] // 2) if padded and stride == 1 else (0, 0)
        super().__init__(inputs, outputs, size, stride, padding)

    def forward(self, input: Tensor) -> Tensor:
        return F.relu_(super().forward(input))


class Mixed(nn.Module):
    """Chains of steps that read the same maps, and pooling; all their results side by side."""

    def __init__(self, inputs: int, chains: list[list[Step]], pool: nn.Module, pooled: int) -> None:
        """`pooled` is the channels that a 1x1 convolution makes of the pooled maps; 0: as is."""
        super().__init__()
        self.chains, self.pool = chains, pool
        for chain in chains:
            width = inputs
            for step in chain:
                for name, shape in step.items():
                    self.add_module(name, Convolution(width, *shape))
                width = sum(shape[0] for shape in step.values())
        self.branch_pool = Convolution(inputs, pooled, ONE) if pooled else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        results = [self._follow(chain, x) for chain in self.chains]
        return torch.cat([*results, self.branch_pool(self.pool(x))], dim=1)

    def _follow(self, chain: list[Step], x: Tensor) -> Tensor:
        for step in chain:
            x = torch.cat([self.get_submodule(name)(x) for name in step], dim=1)
        return x


@torch.inference_mode()
def extract(network: Inception, parts: Iterable[Tensor]) -> Tensor:
    """float32 (N, LENGTH) on the host, of uint8 (n, 3, H, W) images in parts of one batch each.

    They are brought to 299x299 by bilinear interpolation, neither antialiased nor with aligned
    corners: as FID is usually computed, for finer resizing would give other values. Raises
    `MetricsError` for weights with which the numbers overflow.
    """
    device = next(network.parameters()).device
    features = torch.cat([network(_fitted(part.to(device))).cpu() for part in parts])
    if not features.isfinite().all():
        raise MetricsError("the weights of Inception v3 give NaN or infinite features")
    return features


def _fitted(images: Tensor) -> Tensor:
    """uint8 (N, 3, H, W) to float (N, 3, 299, 299) in -1..1."""
    pixels = images.float() / 127.5 - 1.0
    return F.interpolate(pixels, (SIDE_PX, SIDE_PX), mode="bilinear", align_corners=False)


def _stem() -> dict[str, nn.Module]:
    """299x299 pixels to 35x35 maps (table 1)."""
    return {
        "Conv2d_1a_3x3": Convolution(3, 32, THREE, 2),
        "Conv2d_2a_3x3": Convolution(32, 32, THREE, padded=False),
        "Conv2d_2b_3x3": Convolution(32, 64, THREE),
        "maxpool1": nn.MaxPool2d(3, 2),
        "Conv2d_3b_1x1": Convolution(64, 80, ONE),
        "Conv2d_4a_3x3": Convolution(80, 192, THREE, padded=False),
        "maxpool2": nn.MaxPool2d(3, 2),
    }


def _mixed() -> dict[str, nn.Module]:
    """35x35 maps to 17x17, and to 8x8 of LENGTH channels (table 1)."""
    return {
        "Mixed_5b": _mixed_35(192, pooled=32),
        "Mixed_5c": _mixed_35(256, pooled=64),
        "Mixed_5d": _mixed_35(288, pooled=64),
        "Mixed_6a": _reduction_35(288),
        "Mixed_6b": _mixed_17(768, inner=128),
        "Mixed_6c": _mixed_17(768, inner=160),
        "Mixed_6d": _mixed_17(768, inner=160),
        "Mixed_6e": _mixed_17(768, inner=192),
        "Mixed_7a": _reduction_17(768),
        "Mixed_7b": _mixed_8(1280, _average()),
        "Mixed_7c": _mixed_8(2048, nn.MaxPool2d(3, 1, padding=1)),
    }


def _average() -> nn.Module:
    return nn.AvgPool2d(3, 1, padding=1, count_include_pad=False)


def _mixed_35(inputs: int, pooled: int) -> Mixed:
    """A 5x5 convolution, and two 3x3 in the place of one (figure 5, as it was released)."""
    chains: list[list[Step]] = [
        [{"branch1x1": (64, ONE)}],
        [{"branch5x5_1": (48, ONE)}, {"branch5x5_2": (64, FIVE)}],
        [
            {"branch3x3dbl_1": (64, ONE)},
            {"branch3x3dbl_2": (96, THREE)},
            {"branch3x3dbl_3": (96, THREE)},
        ],
    ]
    return Mixed(inputs, chains, _average(), pooled)


def _reduction_35(inputs: int) -> Mixed:
    """Convolutions of stride 2 beside pooling of stride 2 (figure 10)."""
    chains: list[list[Step]] = [
        [{"branch3x3": (384, THREE, 2)}],
        [
            {"branch3x3dbl_1": (64, ONE)},
            {"branch3x3dbl_2": (96, THREE)},
            {"branch3x3dbl_3": (96, THREE, 2)},
        ],
    ]
    return Mixed(inputs, chains, nn.MaxPool2d(3, 2), pooled=0)


def _mixed_17(inputs: int, inner: int) -> Mixed:
    """A 7x7 convolution factored into a row and a column, once and twice (figure 6)."""
    chains: list[list[Step]] = [
        [{"branch1x1": (192, ONE)}],
        [
            {"branch7x7_1": (inner, ONE)},
            {"branch7x7_2": (inner, ROW_7)},
            {"branch7x7_3": (192, COLUMN_7)},
        ],
        [
            {"branch7x7dbl_1": (inner, ONE)},
            {"branch7x7dbl_2": (inner, COLUMN_7)},
            {"branch7x7dbl_3": (inner, ROW_7)},
            {"branch7x7dbl_4": (inner, COLUMN_7)},
            {"branch7x7dbl_5": (192, ROW_7)},
        ],
    ]
    return Mixed(inputs, chains, _average(), pooled=192)


def _reduction_17(inputs: int) -> Mixed:
    """As `_reduction_35`, with a factored 7x7 before one of the strides."""
    chains: list[list[Step]] = [
        [{"branch3x3_1": (192, ONE)}, {"branch3x3_2": (320, THREE, 2)}],
        [
            {"branch7x7x3_1": (192, ONE)},
            {"branch7x7x3_2": (192, ROW_7)},
            {"branch7x7x3_3": (192, COLUMN_7)},
            {"branch7x7x3_4": (192, THREE, 2)},
        ],
    ]
    return Mixed(inputs, chains, nn.MaxPool2d(3, 2), pooled=0)


def _mixed_8(inputs: int, pool: nn.Module) -> Mixed:
    """Chains that end in a row beside a column: wide, for the coarsest maps (figure 7)."""
    chains: list[list[Step]] = [
        [{"branch1x1": (320, ONE)}],
        [
            {"branch3x3_1": (384, ONE)},
            {"branch3x3_2a": (384, ROW_3), "branch3x3_2b": (384, COLUMN_3)},
        ],
        [
            {"branch3x3dbl_1": (448, ONE)},
            {"branch3x3dbl_2": (384, THREE)},
            {"branch3x3dbl_3a": (384, ROW_3), "branch3x3dbl_3b": (384, COLUMN_3)},
        ],
    ]
    return Mixed(inputs, chains, pool, pooled=192)
