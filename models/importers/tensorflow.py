"""NVIDIA's TensorFlow releases of StyleGAN2 (.pkl): three networks, each a list of variables."""

import re

import torch
from torch import Tensor

from models.importers.found import Found
from models.importers.refusal import refuse
from models.importers.renaming import Rename, first, noise_name, plane, renamed, scalar, whole
from models.importers.stand_ins import Array, Instance

PARTS_DEPTH = 4
USUAL: dict[str, object] = {
    "nonlinearity": "lrelu",
    "mapping_nonlinearity": "lrelu",
    "mapping_lrmul": 0.01,
    "architecture": "skip",
    "resample_kernel": [1, 3, 3, 1],
    "normalize_latents": True,
}


def _turned(tensor: Tensor) -> Tensor:
    """Dense weights are stored (inputs, outputs)."""
    return tensor.t() if tensor.dim() == 2 else tensor


def _conv(tensor: Tensor) -> Tensor:
    """Convolutions are stored (height, width, inputs, outputs)."""
    return tensor.permute(3, 2, 0, 1) if tensor.dim() == 4 else tensor


def _flipped(tensor: Tensor) -> Tensor:
    """Those that enlarge are stored turned by half a circle."""
    return _conv(tensor.flip(0, 1)) if tensor.dim() == 4 else tensor


def _plus_one(tensor: Tensor) -> Tensor:
    """The bias of a style is stored without the 1 that it starts from."""
    return tensor + 1


def _layer(match: re.Match[str]) -> str:
    kind = {"Conv": "conv1", "Conv1": "conv1", "Conv0_up": "conv0", "ToRGB": "torgb"}[match[2]]
    return f"synthesis.b{match[1]}.{kind}"


_LAYER = r"synthesis/(\d+)x\1/(Conv|Conv0_up|Conv1|ToRGB)/"
_LEVEL = r"(\d+)x\1/"
GENERATOR: tuple[Rename, ...] = (
    (r"dlatent_avg", lambda m: "mapping.w_avg", whole),
    (r"mapping/Dense(\d+)/weight", lambda m: f"mapping.fc{m[1]}.weight", _turned),
    (r"mapping/Dense(\d+)/bias", lambda m: f"mapping.fc{m[1]}.bias", whole),
    (r"mapping/LabelEmbed/weight", lambda m: "mapping.embed.weight", _turned),
    (r"mapping/LabelEmbed/bias", lambda m: "mapping.embed.bias", whole),
    (r"synthesis/4x4/Const/const", lambda m: "synthesis.b4.const", first),
    (r"synthesis/noise(\d\d?)", lambda m: noise_name(int(m[1])), plane),
    (r"synthesis/(\d+)x\1/(Conv0_up)/weight", lambda m: f"{_layer(m)}.weight", _flipped),
    (rf"{_LAYER}weight", lambda m: f"{_layer(m)}.weight", _conv),
    (rf"{_LAYER}bias", lambda m: f"{_layer(m)}.bias", whole),
    (rf"{_LAYER}noise_strength", lambda m: f"{_layer(m)}.noise_strength", scalar),
    (rf"{_LAYER}mod_weight", lambda m: f"{_layer(m)}.affine.weight", _turned),
    (rf"{_LAYER}mod_bias", lambda m: f"{_layer(m)}.affine.bias", _plus_one),
)
DISCRIMINATOR: tuple[Rename, ...] = (
    (rf"{_LEVEL}FromRGB/weight", lambda m: f"b{m[1]}.fromrgb.weight", _conv),
    (rf"{_LEVEL}FromRGB/bias", lambda m: f"b{m[1]}.fromrgb.bias", whole),
    (rf"{_LEVEL}Conv0/weight", lambda m: f"b{m[1]}.conv0.weight", _conv),
    (rf"{_LEVEL}Conv0/bias", lambda m: f"b{m[1]}.conv0.bias", whole),
    (rf"{_LEVEL}Conv1_down/weight", lambda m: f"b{m[1]}.conv1.weight", _conv),
    (rf"{_LEVEL}Conv1_down/bias", lambda m: f"b{m[1]}.conv1.bias", whole),
    (rf"{_LEVEL}Skip/weight", lambda m: f"b{m[1]}.skip.weight", _conv),
    (r"4x4/Conv/weight", lambda m: "b4.conv.weight", _conv),
    (r"4x4/Conv/bias", lambda m: "b4.conv.bias", whole),
    (r"4x4/Dense0/weight", lambda m: "b4.fc.weight", _turned),
    (r"4x4/Dense0/bias", lambda m: "b4.fc.bias", whole),
    (r"Output/weight", lambda m: "b4.out.weight", _turned),
    (r"Output/bias", lambda m: "b4.out.bias", whole),
)


def find(tree: object) -> Found | None:
    """The last of three networks, the averaged generator, and the discriminator; else None."""
    match tree:
        case (
            Instance(kind="Network"),
            Instance(kind="Network") as discriminator,
            Instance(kind="Network") as generator,
        ):
            pass
        case _:
            return None
    clamp = _check_kind(generator)
    state = _variables(generator)
    if "mapping/LabelConcat/weight" in state:
        refuse("its classes are joined to z in the way of 2019, which is not known here")
    return Found(
        "StyleGAN2 by NVIDIA, TensorFlow",
        renamed(state, GENERATOR),
        renamed(_variables(discriminator), DISCRIMINATOR),
        clamp=clamp,
    )


def _variables(network: Instance, prefix: str = "", depth: int = 0) -> dict[str, Tensor]:
    """The variables of a network and its parts, but `lod`, which StyleGAN2 has no use for."""
    found: dict[str, Tensor] = {}
    match network.attributes:
        case {"variables": list() as variables, **rest}:
            components = rest.get("components", {})
        case _:
            refuse("it holds a network without variables")
    for variable in variables:
        match variable:
            case (str() as name, Array() as array):
                found[f"{prefix}{name}"] = array.tensor()
            case (str() as name, float() | int() as number):
                found[f"{prefix}{name}"] = torch.tensor(float(number))
            case _:
                refuse("it holds a strange variable")
    for name, component in components.items() if isinstance(components, dict) else ():
        if isinstance(component, Instance) and depth < PARTS_DEPTH:
            found |= _variables(component, f"{prefix}{name}/", depth + 1)
    found.pop(f"{prefix}lod", None)
    return found


def _check_kind(generator: Instance) -> float:
    """Refuse what the weights cannot tell; the value at which layers are cut, 0 if they are not."""
    options = generator.attributes.get("static_kwargs")
    if not isinstance(options, dict):
        refuse("it holds a network without options")
    for name, usual in USUAL.items():
        told = options.get(name)
        if told is not None and not _same(told, usual):
            refuse(f"its network was made with another {name} than StyleGAN2's")
    clamp = options.get("conv_clamp")
    return float(clamp) if isinstance(clamp, int | float) else 0.0


def _same(told: object, usual: object) -> bool:
    """Whether an option is the usual one; what a file holds may be of any kind."""
    if isinstance(told, list) and isinstance(usual, list):
        return len(told) == len(usual) and all(map(_same, told, usual))
    return isinstance(told, str | int | float) and told == usual
