"""Writers of other programs' files, made from our own tiny networks: same classes, same layout."""

import argparse
import pickle
import sys
import warnings
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import torch
from torch import Tensor

from models.architectures import AnyGenerator
from models.networks import Discriminator, Generator

SOURCE = "import os\nos.system('touch executed')\n"


class Persistent:
    """A module as NVIDIA's releases pickle it."""

    def __init__(self, kind: str, state: dict[str, Any]) -> None:
        self.kind, self.state = kind, state

    def __reduce__(self) -> tuple[Any, ...]:
        function = sys.modules["torch_utils.persistence"]._reconstruct_persistent_obj  # type: ignore[attr-defined]
        meta = {"type": "class", "version": 6, "module_src": SOURCE}
        return function, (meta | {"class_name": self.kind, "state": self.state},)


@contextmanager
def pretended(classes: dict[str, Any]) -> Iterator[None]:
    """Classes and functions of other programs by their full names, as long as a file is written."""
    made: dict[str, ModuleType] = {}
    for path, value in classes.items():
        module, name = path.rsplit(".", 1)
        value.__module__, value.__qualname__, value.__name__ = module, name, name
        parts = module.split(".")
        for end in range(1, len(parts) + 1):
            made.setdefault(".".join(parts[:end]), ModuleType(".".join(parts[:end])))
        setattr(made[module], name, value)
    sys.modules.update(made)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch's own storages warn of themselves
            yield
    finally:
        for module in made:
            del sys.modules[module]


def module(
    kind: str, state: dict[str, Tensor], attributes: dict[str, dict[str, Any]]
) -> Persistent:
    """A tree of modules out of dotted names; `attributes` by the path of their module."""

    def make(path: str, inside: dict[str, Tensor]) -> Persistent:
        children = sorted({name.split(".")[0] for name in inside if "." in name})
        own = {name: tensor for name, tensor in inside.items() if "." not in name}
        parameters = {n: torch.nn.Parameter(t, False) for n, t in own.items() if n in LEARNT}
        held = {
            "training": False,
            "_parameters": OrderedDict(parameters),
            "_buffers": OrderedDict({n: t for n, t in own.items() if n not in LEARNT}),
            "_non_persistent_buffers_set": set(),
            "_forward_hooks": OrderedDict(),
            "_modules": OrderedDict(),
            **attributes.get(path, {}),
        }
        for child in children:
            start = f"{child}."
            below = {n[len(start) :]: t for n, t in inside.items() if n.startswith(start)}
            held["_modules"][child] = make(f"{path}.{child}".lstrip("."), below)
        return Persistent(kind if not path else path.split(".")[-1], held)

    return make("", state)


LEARNT = {"weight", "bias", "const", "noise_strength"}


def official(
    path: Path,
    generator: AnyGenerator | dict[str, Tensor],
    discriminator: Discriminator | None = None,
    *,
    protocol: int = 4,
    attributes: dict[str, dict[str, Any]] | None = None,
    values: dict[str, Any] | None = None,
) -> Path:
    """A .pkl of NVIDIA's PyTorch releases; `values` are what its generator was made with."""

    class EasyDict(dict[str, Any]):
        pass

    def _reconstruct_persistent_obj(meta: Any) -> Any:
        raise AssertionError("nothing of a file is called")

    state = generator if isinstance(generator, dict) else generator.state_dict()
    told = {
        "": {"z_dim": 16, "_init_kwargs": EasyDict(z_dim=16, **(values or {}))},
        "mapping.fc0": {"activation": "lrelu", "weight_gain": np.float64(0.01) / 4},
        "synthesis.b4": {"architecture": "skip", "use_fp16": False},
        "synthesis.b4.conv1": {"activation": "lrelu", "conv_clamp": None},
        "synthesis.input": {"size": np.array([36, 36]), "sampling_rate": np.float64(16)},
    }
    for name, more in (attributes or {}).items():
        told[name] = told.get(name, {}) | more
    data: dict[str, Any] = {"G_ema": module("Generator", state, told)}
    if discriminator is not None:
        data["D"] = module("Discriminator", discriminator.state_dict(), {})
    data |= {"augment_pipe": None, "training_set_kwargs": EasyDict(path="x.zip")}
    names = {
        "dnnlib.util.EasyDict": EasyDict,
        "torch_utils.persistence._reconstruct_persistent_obj": _reconstruct_persistent_obj,
    }
    with pretended(names):
        path.write_bytes(pickle.dumps(data, protocol=protocol))
    return path


def levels(state: dict[str, Tensor]) -> list[int]:
    """The levels of a generator, by their names."""
    return sorted({int(n.split(".")[1][1:]) for n in state if n.startswith("synthesis.b")})


def rosinality_state(generator: Generator) -> dict[str, Tensor]:
    """A state dict of rosinality's, by its names."""
    ours = generator.state_dict()
    made = OrderedDict()

    def layer(name: str, there: str, rgb: bool = False) -> None:
        made[f"{there}.conv.weight"] = ours[f"{name}.weight"][None]
        made[f"{there}.conv.modulation.weight"] = ours[f"{name}.affine.weight"]
        made[f"{there}.conv.modulation.bias"] = ours[f"{name}.affine.bias"]
        if rgb:
            made[f"{there}.bias"] = ours[f"{name}.bias"].reshape(1, 3, 1, 1)
        else:
            made[f"{there}.noise.weight"] = ours[f"{name}.noise_strength"].reshape(1)
            made[f"{there}.activate.bias"] = ours[f"{name}.bias"]

    for index in range(generator.widths.mapping_layers):
        for kind in ("weight", "bias"):
            made[f"style.{index + 1}.{kind}"] = ours[f"mapping.fc{index}.{kind}"]
    made["input.input"] = ours["synthesis.b4.const"][None]
    layer("synthesis.b4.conv1", "conv1")
    layer("synthesis.b4.torgb", "to_rgb1", rgb=True)
    made["noises.noise_0"] = ours["synthesis.b4.conv1.noise_const"][None, None]
    for i, size in enumerate(levels(ours)[1:]):
        for j in (0, 1):
            layer(f"synthesis.b{size}.conv{j}", f"convs.{2 * i + j}")
            noise = ours[f"synthesis.b{size}.conv{j}.noise_const"][None, None]
            made[f"noises.noise_{2 * i + j + 1}"] = noise
        made[f"convs.{2 * i}.conv.blur.kernel"] = ours["synthesis.b4.resample_filter"] * 4
        made[f"to_rgbs.{i}.upsample.kernel"] = ours["synthesis.b4.resample_filter"] * 4
        layer(f"synthesis.b{size}.torgb", f"to_rgbs.{i}", rgb=True)
    return made


def rosinality_judge(discriminator: Discriminator) -> dict[str, Tensor]:
    """A discriminator's state dict of rosinality's."""
    ours = discriminator.state_dict()
    sizes = sorted((int(n[1:].split(".")[0]) for n in ours if "conv0.weight" in n), reverse=True)
    made = {"convs.0.0.weight": ours[f"b{sizes[0]}.fromrgb.weight"]}
    made["convs.0.1.bias"] = ours[f"b{sizes[0]}.fromrgb.bias"]
    for i, size in enumerate(sizes):
        there, block = f"convs.{i + 1}", f"b{size}"
        made[f"{there}.conv1.0.weight"] = ours[f"{block}.conv0.weight"]
        made[f"{there}.conv1.1.bias"] = ours[f"{block}.conv0.bias"]
        made[f"{there}.conv2.0.kernel"] = ours[f"{block}.conv1.resample_filter"]
        made[f"{there}.conv2.1.weight"] = ours[f"{block}.conv1.weight"]
        made[f"{there}.conv2.2.bias"] = ours[f"{block}.conv1.bias"]
        made[f"{there}.skip.0.kernel"] = ours[f"{block}.skip.resample_filter"]
        made[f"{there}.skip.1.weight"] = ours[f"{block}.skip.weight"]
    for kind, index in (("weight", 0), ("bias", 1)):
        made[f"final_conv.{index}.{kind}"] = ours[f"b4.conv.{kind}"]
        made[f"final_linear.0.{kind}"] = ours[f"b4.fc.{kind}"]
        made[f"final_linear.1.{kind}"] = ours[f"b4.out.{kind}"]
    return made


def training_file(generator: Generator, discriminator: Discriminator) -> dict[str, Any]:
    """What rosinality's training saves."""
    state = rosinality_state(generator)
    optimiser = {"state": {0: {"step": 3, "exp_avg": torch.zeros(3)}}, "param_groups": [{"lr": 1}]}
    return {
        "g": {name: torch.zeros_like(tensor) for name, tensor in state.items()},
        "d": rosinality_judge(discriminator),
        "g_ema": state,
        "g_optim": optimiser,
        "d_optim": optimiser,
        "args": argparse.Namespace(iter=800, path="images", r1=10.0, betas=[0, 1]),
        "ada_aug_p": 0.0,
    }


def tensorflow(
    path: Path,
    generator: Generator,
    discriminator: Discriminator,
    *,
    protocol: int = 4,
    more: dict[str, Any] | None = None,
    **options: Any,
) -> Path:
    """A .pkl of NVIDIA's TensorFlow releases; `more` are further variables."""

    class Network:
        def __init__(self, variables: dict[str, Any], components: dict[str, Any]) -> None:
            self.version, self.name, self.components = 4, "G", components
            self.static_kwargs = {"resolution": 8, "fmap_base": 32, **options}
            self.build_module_src, self.build_func_name = SOURCE, "G_main"
            self.variables = list(variables.items())

    parts: dict[str, dict[str, Any]] = {"mapping": {}, "synthesis": {}}
    for name, tensor in generator.state_dict().items():
        part, _, rest = name.partition(".")
        if rest == "w_avg" or rest.endswith("resample_filter"):
            continue
        parts[part] |= tensorflow_variable(part, rest, tensor)
    average = generator.mapping.w_avg.numpy()
    own = {"lod": np.float32(0), "dlatent_avg": average, **(more or {})}
    made = Network(own, {name: Network(variables, {}) for name, variables in parts.items()})
    judge = Network(tensorflow_judge(discriminator), {})
    with pretended({"dnnlib.tflib.network.Network": Network}):
        path.write_bytes(pickle.dumps((made, judge, made), protocol=protocol))
    return path


def tensorflow_variable(part: str, name: str, tensor: Tensor) -> dict[str, Any]:
    """A variable of TensorFlow's name and layout."""
    values = tensor.numpy()
    if part == "mapping":
        layer, kind = name.split(".")
        layer = layer.replace("fc", "Dense").replace("embed", "LabelEmbed")
        return {f"{layer}/{kind}": values.T if kind == "weight" else values}
    block, _, rest = name.partition(".")
    size = block[1:]
    if rest == "const":
        return {"4x4/Const/const": values[None]}
    layer, _, kind = rest.partition(".")
    if kind == "noise_const":
        index = 2 * (int(size).bit_length() - 3) - (layer == "conv0")
        return {f"noise{index}": values[None, None]}
    up = {"conv0": "Conv0_up", "torgb": "ToRGB"}
    there = f"{size}x{size}/{up.get(layer, 'Conv' if size == '4' else 'Conv1')}"
    if kind == "weight":
        turned = values[:, :, ::-1, ::-1] if layer == "conv0" else values
        return {f"{there}/weight": np.ascontiguousarray(turned.transpose(2, 3, 1, 0))}
    if kind == "noise_strength":
        return {f"{there}/noise_strength": np.float32(values)}
    if kind == "affine.weight":
        return {f"{there}/mod_weight": values.T}
    if kind == "affine.bias":
        return {f"{there}/mod_bias": values - np.float32(1)}
    return {f"{there}/bias": values}


def tensorflow_judge(discriminator: Discriminator) -> dict[str, Any]:
    """A discriminator's variables."""
    names = {"fromrgb": "FromRGB", "conv0": "Conv0", "conv1": "Conv1_down", "skip": "Skip"}
    last = {"conv": "4x4/Conv", "fc": "4x4/Dense0", "out": "Output"}
    made: dict[str, Any] = {"lod": np.float32(0)}
    for name, tensor in discriminator.state_dict().items():
        block, layer, kind = name.split(".")
        if kind == "resample_filter":
            continue
        there = last[layer] if block == "b4" else f"{block[1:]}x{block[1:]}/{names[layer]}"
        values = tensor.numpy()
        if kind == "weight":
            values = values.transpose(2, 3, 1, 0) if values.ndim == 4 else values.T
        made[f"{there}/{kind}"] = values
    return made
