"""From another program's file to a model of ours."""

import datetime
from pathlib import Path

import msgspec

from models.architectures import architecture_of
from models.checkpoint import (
    CheckpointError,
    Images,
    Manifest,
    Origin,
    SaveError,
    load_checkpoint,
    save_checkpoint,
    sha256_of,
)
from models.importers import nvidia, nvidia3, onnx, rosinality, tensorflow
from models.importers.contained import contained
from models.importers.files import STREAM_START, ZIP_START, named, read_pickle_file, read_torch_file
from models.importers.found import Found
from models.importers.nvidia3 import FoundStyleGAN3
from models.importers.onnx import FoundONNX
from models.importers.refusal import ImporterError, refuse
from models.kept_discriminator import discriminator_beside, save_discriminator

FINDERS = (nvidia.find, nvidia3.find, tensorflow.find, rosinality.find)
KNOWN = (
    "StyleGAN2 by NVIDIA (.pkl, PyTorch or TensorFlow) and by rosinality (.pt), "
    "StyleGAN3 by NVIDIA (.pkl), generators of others as ONNX (.onnx)"
)
PICKLE_START = b"\x80"
SUFFIX, BESIDE = ".safetensors", (".png", ".md")
SPARE_BYTES = 1 << 30


class Imported(msgspec.Struct, frozen=True):
    """What came of an import; `discriminator` is the file where it is kept, or empty."""

    manifest: Manifest
    model: str
    discriminator: str


def import_model(path: Path, out: Path, licence: str) -> Imported:
    """Turn a file into the model `out`, in a process of its own; raises `ImporterError`.

    A discriminator that training here can go on with is kept beside it.
    """
    with named(path):
        if not path.is_file():
            refuse("no such file")
        memory_bytes = _memory_bytes(path)
    with named(out):
        if out.suffix != SUFFIX:
            refuse(f"the name of a model ends in {SUFFIX}")
    for written in (out, discriminator_beside(out), *(out.with_suffix(s) for s in BESIDE)):
        if written.exists():
            raise ImporterError(f"{written}: is there already; choose another name with --out")
    answer = contained(convert, path, out, licence, memory_bytes=memory_bytes)
    return msgspec.json.decode(answer, type=Imported)


def convert(path: Path, out: Path, licence: str) -> bytes:
    """Read, convert, write, and prove that it can be read; an `Imported` as JSON."""
    found = read_model(path)
    with named(path):
        generator, discriminator = found.networks()
    manifest = Manifest(
        canvas=generator.canvas,
        widths=generator.widths,
        architecture=architecture_of(generator),
        kimg=0.0,
        images=Images(count=0, fingerprint=""),
        seed=0,
        loss="",
        made=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        name=path.stem,
        origin=Origin(found.program, path.name, sha256_of(path), licence),
    )
    judging = ""
    try:
        save_checkpoint(out, generator, manifest)
        _prove(path, out)
        if discriminator is not None:
            judging = str(save_discriminator(out, discriminator, manifest))
    except SaveError as error:
        raise ImporterError(str(error)) from None
    return msgspec.json.encode(Imported(manifest, str(out), judging))


def read_model(path: Path) -> Found | FoundStyleGAN3 | FoundONNX:
    """What a file holds, recognised by its content alone; raises `ImporterError`."""
    with named(path), path.open("rb") as file:
        start = file.read(len(STREAM_START))
    if start.startswith(ZIP_START) or start == STREAM_START:
        tree = read_torch_file(path)
    elif start.startswith(PICKLE_START):
        tree = read_pickle_file(path)
    elif start.startswith(onnx.START):
        with named(path):
            return onnx.read_onnx(path)
    else:
        raise ImporterError(f"{path}: no model that can be imported; known are {KNOWN}")
    with named(path):
        for find in FINDERS:
            if found := find(tree):
                return found
        refuse(f"it holds none of the models that can be imported: {KNOWN}")


def _memory_bytes(path: Path) -> int:
    """What reading a file may take, beside what torch does."""
    with path.open("rb") as file:
        if file.read(len(onnx.START)) == onnx.START:
            return onnx.import_memory_bytes(path)
    return 4 * path.stat().st_size + SPARE_BYTES


def _prove(path: Path, out: Path) -> None:
    """A model with sizes beyond what we play is not left behind."""
    try:
        load_checkpoint(out)
    except CheckpointError as error:
        out.unlink()
        raise ImporterError(f"{path}: it cannot be played: {error}") from None
