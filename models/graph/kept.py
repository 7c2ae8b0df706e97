"""Choices kept between shows, so that a model is tried once on a processor.

The graphs themselves are not kept: to build and compile one takes no longer than to read it back.
"""

import contextlib
import hashlib
import os
import tempfile
from pathlib import Path

import msgspec

from models.architectures import AnyGenerator, architecture_of
from models.cache import user_cache_folder
from models.graph.choice import Choice, threads_available
from models.graph.compiled import processor
from models.graph.library import version
from models.graph.network import FORMAT

KEEP_ENTRIES = 200
SIZE_MAXIMUM = 4096


def key_of(generator: AnyGenerator) -> str:
    """A name for this generator on this processor, in this version of the engine."""
    digest = hashlib.blake2b(digest_size=16)
    where = FORMAT, version, processor(), threads_available()
    design = architecture_of(generator)
    digest.update(repr((where, generator.canvas, generator.widths, design)).encode())
    for name, tensor in generator.state_dict().items():
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().contiguous().numpy().data)
    return digest.hexdigest()


def load(key: str) -> Choice | None:
    """The choice kept under a key; None where there is none, or none that this machine can take."""
    try:
        path = _path(key)
        with path.open("rb") as file:
            choice = msgspec.json.decode(file.read(SIZE_MAXIMUM), type=Choice)
        os.utime(path)  # The entries used last are kept longest.
    except (OSError, RuntimeError, msgspec.DecodeError, RecursionError):
        return None  # RuntimeError: a user without a home.
    return choice if choice.suits else None


def store(key: str, choice: Choice) -> None:
    """Keep a choice, whole or not at all; without room or permission it is tried again."""
    with contextlib.suppress(OSError, RuntimeError):
        path = _path(key)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="part-", dir=path.parent) as part:
            written = Path(part) / path.name
            written.write_bytes(msgspec.json.encode(choice))
            os.replace(written, path)
        _prune(path.parent)


def _path(key: str) -> Path:
    return user_cache_folder() / "engines" / f"{key}.json"


def _prune(folder: Path) -> None:
    """Remove the entries used longest ago."""
    entries = sorted(folder.glob("*.json"), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in entries[KEEP_ENTRIES:]:
        path.unlink(missing_ok=True)
