"""Gesture files: a generator of gestures in one .safetensors file, with its manifest."""

from pathlib import Path
from typing import NamedTuple

import msgspec

from models.checkpoint import CheckpointError, check_weights, load_tensors, save_tensors
from models.gestures.networks import GestureGenerator
from models.valueless import without_values

FORMAT = 1
METADATA_KEY = "performer.gestures"
PARAMETERS_MAXIMUM, WIDTH_MAXIMUM = 1024, 1024
RATE_MINIMUM_HZ, RATE_MAXIMUM_HZ = 1.0, 100.0


class LearntTake(msgspec.Struct, frozen=True):
    """A take that was learnt from: its file's name and SHA-256, and how long it is."""

    file: str
    sha256: str
    seconds: float


class GestureManifest(msgspec.Struct, frozen=True):
    """What a gesture file tells about itself; `parameters` are names in the order of its hands."""

    parameters: tuple[str, ...]
    hidden: int
    noise: int
    slow: int
    rate_hz: float
    kimg: float
    loss: str
    seed: int
    takes: tuple[LearntTake, ...]
    made: str
    architecture: str = "gesture-gru"
    format: int = FORMAT


class GestureModel(NamedTuple):
    """What a gesture file holds."""

    generator: GestureGenerator
    manifest: GestureManifest


def save_gestures(path: Path, generator: GestureGenerator, manifest: GestureManifest) -> None:
    """Write a generator and its manifest, whole or not at all; raises `SaveError`."""
    metadata = {METADATA_KEY: msgspec.json.encode(manifest).decode()}
    save_tensors(path, generator.state_dict(), metadata)


def load_gestures(path: Path) -> GestureModel:
    """Read a gesture file; raises `CheckpointError`.

    Nothing in the file is executed, and its sizes are checked before memory is taken.
    """
    tensors, metadata = load_tensors(path)
    manifest = _manifest(path, metadata)
    with without_values():
        generator = make_generator(manifest)
    check_weights(path, tensors, generator)
    floats = {name: tensor.float() for name, tensor in tensors.items()}
    low, high = floats["low"], floats["high"]
    if not bool(((low >= 0) & (low < high) & (high <= 1)).all()):
        raise CheckpointError(f"{path}: its ranges are not within 0 to 1")
    generator.load_state_dict(floats, assign=True)
    return GestureModel(generator.eval().requires_grad_(False), manifest)


def make_generator(manifest: GestureManifest) -> GestureGenerator:
    """A generator with random weights."""
    return GestureGenerator(
        len(manifest.parameters),
        hidden=manifest.hidden,
        noise=manifest.noise,
        slow=manifest.slow,
        rate_hz=manifest.rate_hz,
    )


def _manifest(path: Path, metadata: dict[str, str]) -> GestureManifest:
    """The checked manifest out of a file's metadata."""
    if METADATA_KEY not in metadata:
        raise CheckpointError(
            f"{path}: holds no gestures; performer train-gesture makes such files from takes"
        )
    try:
        manifest = msgspec.json.decode(metadata[METADATA_KEY], type=GestureManifest)
    except (msgspec.DecodeError, RecursionError) as error:
        raise CheckpointError(f"{path}: its manifest is damaged ({error})") from None
    if manifest.format > FORMAT or manifest.architecture != "gesture-gru":
        raise CheckpointError(f"{path}: made by a newer Performer; update Performer")
    names = manifest.parameters
    sound = (
        1 <= len(names) <= PARAMETERS_MAXIMUM
        and len(set(names)) == len(names)
        and 1 <= manifest.hidden <= WIDTH_MAXIMUM
        and 1 <= manifest.noise <= WIDTH_MAXIMUM
        and 0 <= manifest.slow <= WIDTH_MAXIMUM
        and RATE_MINIMUM_HZ <= manifest.rate_hz <= RATE_MAXIMUM_HZ
    )
    if not sound:
        raise CheckpointError(f"{path}: its manifest asks for sizes out of range")
    return manifest
