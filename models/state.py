"""The state of modules and optimisers as named tensors: to save, to take up again, to grow from."""

from collections.abc import Mapping

import torch
from torch import Tensor

Modules = Mapping[str, torch.nn.Module]
Optimisers = Mapping[str, torch.optim.Optimizer]
Tensors = dict[str, Tensor]


def module_state(modules: Modules, optimisers: Optimisers) -> Tensors:
    """Every weight, buffer and moment under the name of what it belongs to."""
    tensors: Tensors = {}
    for name, module in modules.items():
        tensors |= {f"{name}.{key}": value for key, value in module.state_dict().items()}
    for name, optimiser in optimisers.items():
        for index, moments in optimiser.state_dict()["state"].items():
            tensors |= {f"opt_{name}.{index}.{key}": value for key, value in moments.items()}
    return tensors


def restore_modules(modules: Modules, optimisers: Optimisers, tensors: Tensors) -> None:
    """Take up what `module_state` gave; raises KeyError or RuntimeError when it is another's."""
    for name, module in modules.items():
        module.load_state_dict(below(tensors, f"{name}."))
    for name, optimiser in optimisers.items():
        moments: dict[int, Tensors] = {}
        for key, value in below(tensors, f"opt_{name}.").items():
            index, _, moment = key.partition(".")
            moments.setdefault(int(index), {})[moment] = value
        optimiser.load_state_dict({**optimiser.state_dict(), "state": moments})


def graft_modules(modules: Modules, tensors: Tensors) -> None:
    """Take over what both have; colours of levels that are new start at zero.

    So the first picture is the small model's, enlarged (as in arXiv 1710.10196).
    """
    for name, module in modules.items():
        own, found = module.state_dict(), below(tensors, f"{name}.")
        for key, value in found.items():
            if key in own and own[key].shape == value.shape:
                own[key].copy_(value)
        for key in own.keys() - found.keys() if found else ():
            if key.endswith(("torgb.weight", "torgb.bias")):
                own[key].zero_()


def below(tensors: Tensors, prefix: str) -> Tensors:
    """The tensors whose names start with a prefix, without it."""
    return {name[len(prefix) :]: t for name, t in tensors.items() if name.startswith(prefix)}
