"""The discriminator kept beside an imported model, for training to go on with."""

from pathlib import Path

import msgspec
import torch
from torch import Tensor

from models.checkpoint import (
    CheckpointError,
    Manifest,
    check_weights,
    load_tensors,
    save_tensors,
)
from models.networks import Discriminator

KEY = "discriminator_of"
SUFFIX = ".discriminator.safetensors"


def discriminator_beside(model: Path) -> Path:
    """Where the discriminator of a model's file is kept."""
    return model.with_suffix(SUFFIX)


def save_discriminator(model: Path, discriminator: Discriminator, manifest: Manifest) -> Path:
    """Write it beside the model that has this manifest; raises `SaveError`."""
    path = discriminator_beside(model)
    save_tensors(path, discriminator.state_dict(), {KEY: msgspec.json.encode(manifest).decode()})
    return path


def load_discriminator(model: Path, manifest: Manifest) -> dict[str, Tensor]:
    """Its weights, float32, of the model that has this manifest; empty where there is none.

    Raises `CheckpointError` for one that is another model's, of another shape or damaged.
    """
    path = discriminator_beside(model)
    if not path.exists():
        return {}
    tensors, metadata = load_tensors(path)
    if _told(metadata.get(KEY, "")) != manifest:
        raise CheckpointError(
            f"{path}: no discriminator of {model.name}; move it away to begin with a new one"
        )
    with torch.device("meta"):
        expected = Discriminator(manifest.canvas, manifest.widths)
    check_weights(path, tensors, expected)
    return {name: tensor.float() for name, tensor in tensors.items()}


def _told(text: str) -> Manifest | None:
    """Whose discriminator it is."""
    try:
        return msgspec.json.decode(text, type=Manifest)
    except (msgspec.DecodeError, RecursionError):
        return None
