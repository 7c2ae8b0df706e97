"""Modules of NVIDIA's PyTorch releases as they lie in a file: their parts and their tensors."""

from torch import Tensor

from models.importers.refusal import refuse
from models.importers.stand_ins import Instance
from models.networks import MAPPING_LR


def averaged_generator(tree: object) -> Instance | None:
    """G_ema, the generator to be played, where a file has one."""
    match tree:
        case {"G_ema": Instance(kind="Generator") as generator}:
            return generator
    return None


def tensors(module: Instance, prefix: str = "") -> dict[str, Tensor]:
    """Parameters and buffers of a module and all within it, by their dotted names."""
    found: dict[str, Tensor] = {}
    for kind in ("_parameters", "_buffers"):
        for name, tensor in held(module, kind).items():
            if isinstance(tensor, Tensor):
                found[f"{prefix}{name}"] = tensor
    for name, child in held(module, "_modules").items():
        if isinstance(child, Instance):
            found |= tensors(child, f"{prefix}{name}.")
    return found


def part(module: Instance, *path: str) -> Instance:
    """A module within a module."""
    for name in path:
        child = held(module, "_modules").get(name)
        if not isinstance(child, Instance):
            refuse("its generator is not StyleGAN's")
        module = child
    return module


def held(module: Instance, name: str) -> dict[str, object]:
    """What a module holds of one kind."""
    found = module.attributes.get(name)
    if not isinstance(found, dict):
        refuse("it holds a module without parameters, buffers or parts")
    return found


def scale_mapping(state: dict[str, Tensor], generator: Instance) -> None:
    """Weights are stored divided by the layer's learning rate: bring them to ours."""
    for name in [name for name in state if name.startswith("mapping.fc")]:
        layer = part(generator, "mapping", name.split(".")[1])
        rate = layer.attributes.get("bias_gain", MAPPING_LR)
        if isinstance(rate, int | float) and rate != MAPPING_LR:
            state[name] = state[name] * (rate / MAPPING_LR)
