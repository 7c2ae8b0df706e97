"""NVIDIA's PyTorch releases: StyleGAN2-ADA, and the StyleGAN2 of StyleGAN3's code (.pkl)."""

import re

from torch import Tensor

from models.importers.found import Found
from models.importers.refusal import refuse
from models.importers.stand_ins import Instance
from models.networks import MAPPING_LR


def find(tree: object) -> Found | None:
    """The averaged generator, and the discriminator if there is one; else None."""
    match tree:
        case {"G_ema": Instance(kind="Generator") as generator, **rest}:
            discriminator = rest.get("D")
        case _:
            return None
    if "b4" not in _dict(part(generator, "synthesis"), "_modules"):
        return None
    _check_kind(generator)
    first = part(generator, "synthesis", "b4", "conv1")
    state = tensors(generator)
    _scale_mapping(state, generator)
    judging = tensors(discriminator) if isinstance(discriminator, Instance) else {}
    clamp = first.attributes.get("conv_clamp")
    return Found(
        "StyleGAN2 by NVIDIA, PyTorch",
        state,
        # Its blocks hold a filter of their own that only another architecture uses.
        {n: t for n, t in judging.items() if not re.fullmatch(r"b\d+\.resample_filter", n)},
        clamp=float(clamp) if isinstance(clamp, int | float) else 0.0,
    )


def tensors(module: Instance, prefix: str = "") -> dict[str, Tensor]:
    """Parameters and buffers of a module and all within it, by their dotted names."""
    found: dict[str, Tensor] = {}
    for kind in ("_parameters", "_buffers"):
        for name, tensor in _dict(module, kind).items():
            if isinstance(tensor, Tensor):
                found[f"{prefix}{name}"] = tensor
    for name, child in _dict(module, "_modules").items():
        if isinstance(child, Instance):
            found |= tensors(child, f"{prefix}{name}.")
    return found


def part(module: Instance, *path: str) -> Instance:
    """A module within a module."""
    for name in path:
        child = _dict(module, "_modules").get(name)
        if not isinstance(child, Instance):
            refuse("its generator is not StyleGAN2's")
        module = child
    return module


def _dict(module: Instance, name: str) -> dict[str, object]:
    held = module.attributes.get(name)
    if not isinstance(held, dict):
        refuse("it holds a module without parameters, buffers or parts")
    return held


def _check_kind(generator: Instance) -> None:
    """What the shapes of the weights cannot tell."""
    block = part(generator, "synthesis", "b4")
    if block.attributes.get("architecture", "skip") != "skip":
        refuse("its levels are not those of StyleGAN2's skip architecture, the only one known")
    for layer in (part(generator, "mapping", "fc0"), part(block, "conv1")):
        if layer.attributes.get("activation", "lrelu") != "lrelu":
            refuse("its layers have another activation than leaky ReLU, the only one known")


def _scale_mapping(state: dict[str, Tensor], generator: Instance) -> None:
    """Weights are stored divided by the layer's learning rate: bring them to ours."""
    for name in [name for name in state if name.startswith("mapping.fc")]:
        layer = part(generator, "mapping", name.split(".")[1])
        rate = layer.attributes.get("bias_gain", MAPPING_LR)
        if isinstance(rate, int | float) and rate != MAPPING_LR:
            state[name] = state[name] * (rate / MAPPING_LR)
