"""Weights of Inception v3 from a file of the user's: read as data, checked, made ready to use."""

from pathlib import Path

import torch
from torch import Tensor

from models.checkpoint import FLOATS, CheckpointError, load_tensors
from models.importers.files import read_torch_file
from models.importers.refusal import shown
from models.inception import Convolution, Inception

SUFFIXES = (".safetensors", ".pth", ".pt")
EPSILON = 1e-3
NORMALISATION = ("weight", "bias", "running_mean", "running_var")
UNUSED, COUNTER = ("fc.", "AuxLogits."), ".num_batches_tracked"


def load_inception(path: Path) -> Inception:
    """Read the network in evaluation mode on the CPU; nothing in the file is executed.

    Takes state dicts with the usual names, such as pytorch-fid's and torchvision's. Raises
    `CheckpointError` or `ImporterError` for any other file.
    """
    tensors = _read(path)
    with torch.device("meta"):
        network = Inception(_classes(tensors))
    layers = {name: m for name, m in network.named_modules() if isinstance(m, Convolution)}
    _check(path, tensors, layers)
    state = {}
    for name in layers:
        state[f"{name}.weight"], state[f"{name}.bias"] = _folded(name, tensors)
    for name, tensor in state.items():
        if not tensor.isfinite().all():
            raise CheckpointError(f"{path}: {name} holds NaN or infinite values")
    network.load_state_dict(state, assign=True)
    return network.eval().requires_grad_(False)


def _read(path: Path) -> dict[str, Tensor]:
    """All that is in the file, by name."""
    if path.suffix.lower() not in SUFFIXES:
        raise CheckpointError(f"{path}: weights of Inception v3 are a {', '.join(SUFFIXES)} file")
    if path.suffix.lower() == ".safetensors":
        return load_tensors(path)[0]
    match read_torch_file(path):
        case dict() as tree:
            found = {name: value for name, value in tree.items() if isinstance(value, Tensor)}
            if found.keys() == tree.keys() and all(isinstance(name, str) for name in found):
                return found
    raise CheckpointError(f"{path}: no weights of Inception v3, for it is not a table of tensors")


def _classes(tensors: dict[str, Tensor]) -> int:
    """The classifier is not used, but tells by its size who trained the rest."""
    classifier = tensors.get("fc.weight")
    return len(classifier) if classifier is not None and classifier.dim() == 2 else 0


def _check(path: Path, tensors: dict[str, Tensor], layers: dict[str, Convolution]) -> None:
    """Every name, shape and type."""
    shapes = _shapes(layers)
    for name, wanted in shapes.items():
        if name not in tensors:
            raise CheckpointError(f"{path}: no weights of Inception v3, for it lacks {name}")
        found = tuple(tensors[name].shape)
        if found != wanted:
            raise CheckpointError(f"{path}: {name} has the shape {found} instead of {wanted}")
        if tensors[name].dtype not in FLOATS:
            raise CheckpointError(f"{path}: {name} is of the type {tensors[name].dtype}")
    for name in sorted(tensors.keys() - shapes.keys()):
        if not name.startswith(UNUSED) and not name.endswith(COUNTER):
            raise CheckpointError(f"{path}: no weights of Inception v3, for it has {shown(name)}")


def _shapes(layers: dict[str, Convolution]) -> dict[str, tuple[int, ...]]:
    """What a file has to hold."""
    shapes: dict[str, tuple[int, ...]] = {}
    for name, layer in layers.items():
        shapes[f"{name}.conv.weight"] = tuple(layer.weight.shape)
        shapes |= {f"{name}.bn.{part}": (layer.out_channels,) for part in NORMALISATION}
    return shapes


def _folded(name: str, tensors: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
    """Weight and bias of a convolution that also does the batch normalisation behind it.

    That one is y = (x - mean) / sqrt(variance + epsilon) * weight + bias (arXiv 1502.03167).
    """
    weight, bias, mean, variance = (tensors[f"{name}.bn.{part}"].double() for part in NORMALISATION)
    scale = weight / (variance + EPSILON).sqrt()
    kernel = tensors[f"{name}.conv.weight"].double() * scale[:, None, None, None]
    return kernel.float(), (bias - mean * scale).float()
