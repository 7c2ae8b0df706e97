"""Checkpoints: a generator in one .safetensors file, whose metadata holds its manifest."""

import os
from pathlib import Path

import msgspec
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from models.canvas import BASE_MAXIMUM_PX, BASE_MINIMUM_PX, DOUBLINGS_MAXIMUM, Canvas
from models.networks import Generator, Widths

FORMAT = 1
METADATA_KEY = "performer"
WIDTH_MAXIMUM = 4096
FLOATS = (torch.float32, torch.float16, torch.bfloat16, torch.float64)


class CheckpointError(ValueError):
    """A file that is no usable checkpoint: one sentence that names it and what is wrong."""


class SaveError(RuntimeError):
    """A file that cannot be written; what was there before is whole."""


class Images(msgspec.Struct, frozen=True):
    """What a model was trained on; `frames` is what was asked of a video, 0 for a folder."""

    count: int
    fingerprint: str
    licence: str = ""
    source: str = ""
    fit: str = "crop"
    frames: int = 0


class Manifest(msgspec.Struct, frozen=True):
    """What a checkpoint tells about itself."""

    canvas: Canvas
    widths: Widths
    kimg: float
    images: Images
    seed: int
    loss: str
    made: str
    format: int = FORMAT
    name: str = ""


def save_tensors(path: Path, tensors: dict[str, Tensor], metadata: dict[str, str]) -> None:
    """Write a .safetensors file that is there whole or not at all; raises `SaveError`."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
        temporary.touch()
        mode = temporary.stat().st_mode
        save_file(tensors, temporary, metadata=metadata)
        temporary.chmod(mode)  # safetensors writes files that only their owner may read.
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except (OSError, SafetensorError) as error:
        reason = error.strerror if isinstance(error, OSError) else _reason(error)
        raise SaveError(f"{path} cannot be written: {reason}") from None
    finally:
        temporary.unlink(missing_ok=True)


def _reason(error: SafetensorError) -> str:
    """What the system said, without the library's words around it."""
    return str(error).rpartition("I/O error: ")[2].partition(" (os error")[0]


def load_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """All tensors and the metadata of a .safetensors file; raises `CheckpointError`."""
    if not path.is_file():
        raise CheckpointError(f"{path}: no such file")
    try:
        with safe_open(str(path), framework="pt") as file:
            names = file.keys()
            return {name: file.get_tensor(name) for name in names}, file.metadata() or {}
    except (SafetensorError, OSError, RuntimeError, ValueError) as error:
        raise CheckpointError(
            f"{path}: damaged, cut short, or no .safetensors file ({error})"
        ) from None


def save_checkpoint(path: Path, generator: Generator, manifest: Manifest) -> None:
    """Write a generator and its manifest."""
    metadata = {METADATA_KEY: msgspec.json.encode(manifest).decode()}
    save_tensors(path, generator.state_dict(), metadata)


def load_checkpoint(path: Path) -> tuple[Generator, Manifest]:
    """Read a generator in evaluation mode on the CPU; raises `CheckpointError`.

    Nothing in the file is executed, and its sizes are checked before memory is taken.
    """
    tensors, metadata = load_tensors(path)
    manifest = _manifest(path, metadata)
    with torch.device("meta"):
        generator = Generator(manifest.canvas, manifest.widths)
    expected = generator.state_dict()
    for name in sorted(expected.keys() | tensors.keys()):
        if name not in tensors or name not in expected:
            which = "misses" if name in expected else "has an unknown"
            raise CheckpointError(f"{path}: its manifest and weights disagree: it {which} {name}")
        found, wanted = tuple(tensors[name].shape), tuple(expected[name].shape)
        if found != wanted:
            raise CheckpointError(f"{path}: {name} has the shape {found} instead of {wanted}")
        if tensors[name].dtype not in FLOATS:
            raise CheckpointError(f"{path}: {name} is of the type {tensors[name].dtype}")
        if not torch.isfinite(tensors[name]).all():
            raise CheckpointError(f"{path}: {name} holds values that are not numbers")
    floats = {name: tensor.float() for name, tensor in tensors.items()}
    generator.load_state_dict(floats, assign=True)
    return generator.eval().requires_grad_(False), manifest


def _manifest(path: Path, metadata: dict[str, str]) -> Manifest:
    """The checked manifest out of a file's metadata."""
    if METADATA_KEY not in metadata:
        raise CheckpointError(f"{path}: a .safetensors file, but not one of Performer's models")
    try:
        version = msgspec.json.decode(metadata[METADATA_KEY], type=dict).get("format")
        if isinstance(version, int) and version > FORMAT:
            raise CheckpointError(
                f"{path}: made by a newer Performer (format {version}, this one reads {FORMAT}); "
                "update Performer"
            )
        manifest = msgspec.json.decode(metadata[METADATA_KEY], type=Manifest)
    except (msgspec.DecodeError, RecursionError) as error:
        raise CheckpointError(f"{path}: its manifest is damaged ({error})") from None
    canvas, widths = manifest.canvas, manifest.widths
    sound = (
        all(BASE_MINIMUM_PX <= side <= BASE_MAXIMUM_PX for side in (canvas.base_h, canvas.base_w))
        and 1 <= canvas.doublings <= DOUBLINGS_MAXIMUM
        and all(1 <= side <= WIDTH_MAXIMUM for side in (widths.z_dim, widths.w_dim))
        and 1 <= widths.channel_max <= WIDTH_MAXIMUM
        and 1 <= widths.channel_base <= 1 << 20
        and 1 <= widths.mapping_layers <= 16
    )
    if not sound:
        raise CheckpointError(f"{path}: its manifest asks for sizes out of range")
    return manifest
