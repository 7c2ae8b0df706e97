"""Random weights in the form of the files of Inception v3 that circulate."""

import math

import torch
from torch import Tensor

from models.inception import LENGTH, Convolution, Inception

NORMALISATION = ("weight", "bias", "running_mean", "running_var")


def random_state(classes: int = 1008) -> dict[str, Tensor]:
    """Every tensor of the network, float16, by its name; the same at every call."""
    random = torch.Generator().manual_seed(0)
    state = {}
    for name, shape in sorted(shapes().items()):
        values = torch.randn(shape, generator=random)
        if len(shape) == 4:
            values *= math.sqrt(2 / math.prod(shape[1:]))
        else:
            values *= 0.1
            values += name.endswith(("bn.weight", "running_var"))
        state[name] = values.half()
    classifier = torch.zeros(classes, LENGTH, dtype=torch.float16)
    return {**state, "fc.weight": classifier, "fc.bias": torch.zeros(classes)}


def shapes() -> dict[str, tuple[int, ...]]:
    """The shape of each tensor that a file has to hold."""
    with torch.device("meta"):
        layers = dict(Inception().named_modules())
    found: dict[str, tuple[int, ...]] = {}
    for name, layer in layers.items():
        if isinstance(layer, Convolution):
            found[f"{name}.conv.weight"] = tuple(layer.weight.shape)
            found |= {f"{name}.bn.{part}": (layer.out_channels,) for part in NORMALISATION}
    return found
