"""Checkpoints: a model in one .safetensors file, whose metadata holds its manifest."""

import hashlib
import os
import re
from pathlib import Path
from typing import NamedTuple

import msgspec
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from models.architectures import AnyGenerator, Architecture, StyleGAN2, make_generator
from models.canvas import BASE_MAXIMUM_PX, BASE_MINIMUM_PX, DOUBLINGS_MAXIMUM, Canvas
from models.directions import COUNT_MAXIMUM
from models.importers.refusal import ImporterError
from models.networks import Widths
from models.onnx.design import ONNX
from models.onnx.proof import generator_of
from models.sight import Sight, shapes_of
from models.valueless import without_values

FORMAT = 1
METADATA_KEY = "performer"
DIRECTIONS_KEY = "performer.directions"
SIGHT_KEY = "performer.sight"
WIDTH_MAXIMUM = 4096
CLASSES_MAXIMUM = 1 << 16
# C0, DEL and C1 but for tab and line feed: the names in a manifest reach terminals.
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
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


class Origin(msgspec.Struct, frozen=True):
    """Which other program's file a model was imported from, and the licence as its user told."""

    program: str
    file: str
    sha256: str
    licence: str = ""


class Lineage(msgspec.Struct, frozen=True):
    """What a model was before: another program's file, and the images of each run since."""

    origin: Origin | None = None
    images: tuple[Images, ...] = ()

    def then(self, images: Images) -> "Lineage":
        """And then trained on these; a student, which sees its teacher's pictures, has none."""
        return Lineage(self.origin, (*self.images, images)) if images.count else self


class Likeness(msgspec.Struct, frozen=True):
    """A student's pictures against its teacher's of the same latents, psi 1.

    `l1` is the mean absolute difference as a share 0..1 of the range, `psnr_db` that of all
    pixels. `apart` is the mean distance of a pair in random-convolution features; 1 is as far as a
    teacher's picture is from the one most like it.
    """

    l1: float
    psnr_db: float
    apart: float


class TaughtBy(msgspec.Struct, frozen=True):
    """Which model a student was distilled from, and how near it came."""

    name: str
    file: str
    sha256: str
    canvas: Canvas
    likeness: Likeness


class Manifest(msgspec.Struct, frozen=True):
    """What a checkpoint tells about itself; one with an `origin` was not trained here.

    `before` is what its training here started from, the oldest first; of a student, which has a
    `teacher`, what that one comes from.
    """

    canvas: Canvas
    widths: Widths
    kimg: float
    images: Images
    seed: int
    loss: str
    made: str
    format: int = FORMAT
    name: str = ""
    architecture: Architecture = StyleGAN2()
    origin: Origin | None = None
    before: Lineage = Lineage()
    teacher: TaughtBy | None = None

    @property
    def lineage(self) -> Lineage:
        """All that it comes from, itself included."""
        return Lineage(self.origin) if self.origin else self.before.then(self.images)


class Model(NamedTuple):
    """What a checkpoint holds; `directions` is float32 (count, w_dim), or None in older files."""

    generator: AnyGenerator
    manifest: Manifest
    directions: Tensor | None


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
        raise SaveError(f"{path} cannot be written: {_reason(error)}") from None
    finally:
        temporary.unlink(missing_ok=True)


def _reason(error: OSError | SafetensorError) -> str:
    """What the system said, without the library's words around it."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error).rpartition("I/O error: ")[2].partition(" (os error")[0]


def load_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """All tensors and the metadata of a .safetensors file; raises `CheckpointError`."""
    if not path.is_file():
        raise CheckpointError(f"{path}: no such file")
    try:
        with safe_open(str(path), framework="pt") as file:
            names = file.keys()
            # A copy: whoever cuts a mapped file short ends the process that reads from it.
            return {name: file.get_tensor(name).clone() for name in names}, file.metadata() or {}
    except (SafetensorError, OSError, RuntimeError, ValueError) as error:
        raise CheckpointError(
            f"{path}: damaged, cut short, or no .safetensors file ({error})"
        ) from None


def sha256_of(path: Path) -> str:
    """The hash by which an `Origin` or a teacher is told."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def save_checkpoint(
    path: Path, generator: AnyGenerator, manifest: Manifest, directions: Tensor | None = None
) -> None:
    """Write a generator and its sight, its manifest, and its `directions` (count, w_dim)."""
    tensors = generator.state_dict() | _sight_tensors(generator.sight)
    if directions is not None:
        tensors[DIRECTIONS_KEY] = directions
    metadata = {METADATA_KEY: msgspec.json.encode(manifest).decode()}
    save_tensors(path, tensors, metadata)


def load_checkpoint(path: Path) -> Model:
    """Read a model, its generator in evaluation mode, on the CPU; raises `CheckpointError`.

    Nothing in the file is executed, and its sizes are checked before memory is taken. An ONNX
    graph is checked, and tried in a process of its own where this machine never did.
    """
    tensors, metadata = load_tensors(path)
    manifest = _manifest(path, metadata)
    directions = tensors.pop(DIRECTIONS_KEY, None)
    if directions is not None:
        count = min(len(directions), COUNT_MAXIMUM) if directions.ndim else 0
        _check(path, DIRECTIONS_KEY, directions, (count, manifest.widths.w_dim))
        directions = directions.float()
    sight = _sight(path, tensors, manifest.widths.w_dim)
    generator = _generator(path, tensors, manifest)
    generator.sight = sight
    return Model(generator.eval().requires_grad_(False), manifest, directions)


def _sight_tensors(sight: Sight | None) -> dict[str, Tensor]:
    """By name, in half precision, which is plenty for a pace."""
    layers = () if sight is None else sight.layers
    names = [f"{SIGHT_KEY}.{i}.{part}" for i in range(len(layers)) for part in ("weight", "bias")]
    return dict(zip(names, (each.half() for layer in layers for each in layer), strict=True))


def _sight(path: Path, tensors: dict[str, Tensor], w_dim: int) -> Sight | None:
    """The sight of a file, taken from its tensors; None where it has none."""
    if not any(name.startswith(SIGHT_KEY) for name in tensors):
        return None
    layers = []
    for i, shape in enumerate(shapes_of(w_dim)):
        layer = []
        for part, expected in (("weight", shape), ("bias", shape[:1])):
            name = f"{SIGHT_KEY}.{i}.{part}"
            if name not in tensors:
                raise CheckpointError(f"{path}: its table of walking speeds lacks {name}")
            _check(path, name, tensors[name], expected)
            layer.append(tensors.pop(name).float())
        layers.append((layer[0], layer[1]))
    return Sight(tuple(layers))


def _generator(path: Path, tensors: dict[str, Tensor], manifest: Manifest) -> AnyGenerator:
    canvas, widths, design = manifest.canvas, manifest.widths, manifest.architecture
    if isinstance(design, ONNX):
        try:
            return generator_of(tensors, canvas, widths, design, manifest.name or path.stem)
        except ImporterError as error:
            raise CheckpointError(f"{path}: {error}") from None
    with without_values():
        generator = make_generator(canvas, widths, design)
    check_weights(path, tensors, generator)
    floats = {name: tensor.float() for name, tensor in tensors.items()}
    generator.load_state_dict(floats, assign=True)
    return generator


def check_weights(path: Path, tensors: dict[str, Tensor], network: nn.Module) -> None:
    """Raise `CheckpointError` unless these are the weights of a network, every one."""
    expected = network.state_dict()
    for name in sorted(expected.keys() | tensors.keys()):
        if name not in tensors or name not in expected:
            which = "lacks" if name in expected else "has an unknown"
            raise CheckpointError(f"{path}: its manifest and weights disagree: it {which} {name}")
        _check(path, name, tensors[name], tuple(expected[name].shape))


def _check(path: Path, name: str, tensor: Tensor, shape: tuple[int, ...]) -> None:
    """Refuse a tensor of another shape or type, or with NaN or infinite values."""
    if tuple(tensor.shape) != shape:
        raise CheckpointError(
            f"{path}: {name} has the shape {tuple(tensor.shape)} instead of {shape}"
        )
    if tensor.dtype not in FLOATS:
        raise CheckpointError(f"{path}: {name} is of the type {tensor.dtype}")
    if not torch.isfinite(tensor).all():
        raise CheckpointError(f"{path}: {name} holds NaN or infinite values")


def _manifest(path: Path, metadata: dict[str, str]) -> Manifest:
    """The checked manifest out of a file's metadata."""
    if METADATA_KEY not in metadata:
        raise CheckpointError(f"{path}: a .safetensors file, but not one of Performer's models")
    try:
        told = msgspec.json.decode(metadata[METADATA_KEY], type=dict)
        version = told.get("format")
        if isinstance(version, int) and version > FORMAT:
            raise CheckpointError(
                f"{path}: made by a newer Performer (format {version}, this one reads {FORMAT}); "
                "update Performer"
            )
        manifest = msgspec.convert(_plain(told), Manifest)
    except (msgspec.DecodeError, RecursionError) as error:
        raise CheckpointError(f"{path}: its manifest is damaged ({error})") from None
    canvas, widths = manifest.canvas, manifest.widths
    sound = in_range(manifest.architecture, canvas, widths)
    if not sound or (manifest.teacher and not _suits(StyleGAN2(), manifest.teacher.canvas, widths)):
        raise CheckpointError(f"{path}: its manifest asks for sizes out of range")
    return manifest


def in_range(design: Architecture, canvas: Canvas, widths: Widths) -> bool:
    """Whether a network of these sizes can be, and is not absurdly large."""
    return (
        _suits(design, canvas, widths)
        and all(1 <= side <= WIDTH_MAXIMUM for side in (widths.z_dim, widths.w_dim))
        and 1 <= widths.channel_max <= WIDTH_MAXIMUM
        and 1 <= widths.channel_base <= 1 << 20
        and 1 <= widths.mapping_layers <= 16
        and len(widths.own_channels) <= canvas.doublings + 1
        and all(1 <= channels <= WIDTH_MAXIMUM for channels in widths.own_channels)
        and 0 <= widths.classes <= CLASSES_MAXIMUM
        and 0 <= widths.clamp <= 1e6
    )


def _plain(part: object) -> object:
    """Values whose texts do nothing to a terminal but stand there."""
    if isinstance(part, str):
        return CONTROL.sub("?", part)
    if isinstance(part, dict):
        return {name: _plain(each) for name, each in part.items()}
    return [_plain(each) for each in part] if isinstance(part, list) else part


def _suits(design: Architecture, canvas: Canvas, widths: Widths) -> bool:
    """Whether a canvas is one of this architecture, and not absurdly large."""
    if isinstance(design, ONNX):
        return design.suits(canvas, widths)
    sides = canvas.base_h, canvas.base_w
    return (
        all(BASE_MINIMUM_PX <= side <= BASE_MAXIMUM_PX for side in sides)
        and 1 <= canvas.doublings <= DOUBLINGS_MAXIMUM
        and (isinstance(design, StyleGAN2) or design.suits(canvas))
    )
