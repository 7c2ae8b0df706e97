"""Prepared pixels kept between runs, so that only the first one reads every image."""

import contextlib
import hashlib
import json
import math
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import PIL
from numpy.typing import NDArray

FORMAT = 1
KEEP_ENTRIES = 8
KEEP_BYTES = 20 * 10**9
ABANDONED_S = 24 * 3600.0
Pixels = NDArray[np.uint8]
Shape = tuple[int, int, int, int]
Items = Iterator[tuple[str, Pixels | str]]
DAMAGED = (  # What reading a broken entry raises.
    OSError, ValueError, TypeError, KeyError, EOFError, SyntaxError, MemoryError, ArithmeticError,
    RuntimeError,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Prepared:
    """uint8 (N, H, W, 3), the N names, what was skipped and why, and the pixels' hash."""

    pixels: Pixels
    names: list[str]
    skipped: dict[str, str]
    fingerprint: str


def user_cache_folder() -> Path:
    """Where this platform keeps what programs can make again."""
    home = os.environ.get("XDG_CACHE_HOME", "")
    if os.path.isabs(home):
        return Path(home) / "performer"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "performer"
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
        return Path(local) / "performer" / "cache"
    return Path.home() / ".cache" / "performer"


def key_of(root: Path, files: Iterable[Path], how: str) -> str:
    """A name for these files prepared in this way; any change of a file gives another.

    Two folders never share one: exported images often agree in name, size and time.
    """
    digest = hashlib.blake2b(digest_size=16)
    digest.update(ascii((FORMAT, PIL.__version__, how, str(root.resolve()))).encode())
    for path in files:
        digest.update(ascii((str(path.relative_to(root)), _state(path))).encode())
    return digest.hexdigest()


def _state(path: Path) -> tuple[int, ...]:
    try:
        status = path.stat()
    except OSError:  # It went away a moment ago; reading will say so.
        return ()
    # With its mode: a file that may be read at last was skipped before.
    return status.st_size, status.st_mtime_ns, status.st_mode


def load(key: str, shape: Shape) -> Prepared | None:
    """A whole and undamaged entry of at most `shape`, its pixels mapped; or None."""
    try:
        told = json.loads(_path(key, ".json").read_text(encoding="utf-8"))
        # Copy-on-write, as a tensor must be writable; the file stays as it is. Never a pickle.
        pixels = np.lib.format.open_memmap(_path(key, ".npy"), mode="c")
        if pixels.shape != shape or pixels.dtype != np.uint8:
            return None
        prepared = Prepared(pixels[: len(told["names"])], **told)
        if _fingerprint(prepared.pixels) != prepared.fingerprint:
            return None
        os.utime(_path(key, ".npy"))  # The entries used last are kept longest.
    except DAMAGED:
        return None
    return prepared


def store(key: str, shape: Shape, items: Callable[[], Items]) -> Prepared | None:
    """Prepare `items` into a new entry; None when there is no room or no permission to write."""
    try:
        folder = _path(key, "").parent
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if shutil.disk_usage(folder).free < 1.1 * math.prod(shape):
            return None
        with tempfile.TemporaryDirectory(prefix="part-", dir=folder) as part:
            told = _write(Path(part) / "pixels", shape, items())
            text = Path(part) / "told"
            text.write_text(json.dumps(told), encoding="utf-8")
            os.replace(Path(part) / "pixels", _path(key, ".npy"))
            os.replace(text, _path(key, ".json"))  # Last: an entry is whole when it has this.
        _prune(folder)
    except (OSError, RuntimeError):  # RuntimeError: a user without a home.
        return None
    return load(key, shape)


def collect(shape: Shape, items: Items) -> Prepared:
    """Prepare `items` in memory."""
    pixels = np.empty(shape, np.uint8)
    rows = iter(pixels)
    names, skipped, fingerprint = _gather(items, lambda found: np.copyto(next(rows), found))
    return Prepared(pixels[: len(names)], names, skipped, fingerprint)


def _write(path: Path, shape: Shape, items: Items) -> dict[str, object]:
    """Write a .npy of `shape`, its first rows filled; what else there is to tell."""
    with path.open("wb") as file:
        header = {"descr": "|u1", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(file, header)
        start = file.tell()
        names, skipped, fingerprint = _gather(items, lambda found: file.write(found.tobytes()))
        file.truncate(start + math.prod(shape))  # Rows of skipped images take no space.
    return {"names": names, "skipped": skipped, "fingerprint": fingerprint}


def _gather(items: Items, put: Callable[[Pixels], object]) -> tuple[list[str], dict[str, str], str]:
    """Put every image in its place; the names, what was skipped, and the pixels' hash."""
    names: list[str] = []
    skipped: dict[str, str] = {}
    digest = hashlib.blake2b(digest_size=16)
    for name, found in items:
        if isinstance(found, str):
            skipped[name] = found
        else:
            put(found)
            _add(digest, found)
            names.append(name)
    return names, skipped, digest.hexdigest()


def _fingerprint(pixels: Pixels) -> str:
    digest = hashlib.blake2b(digest_size=16)
    for image in pixels:
        _add(digest, image)
    return digest.hexdigest()


def _add(digest: hashlib.blake2b, image: Pixels) -> None:
    """Channels first, as the networks see an image and as saved runs have it."""
    digest.update(np.ascontiguousarray(image.transpose(2, 0, 1)).data)


def _path(key: str, suffix: str) -> Path:
    return user_cache_folder() / "images" / f"{key}{suffix}"


def _prune(folder: Path) -> None:
    """Remove the entries used longest ago, and what a killed process left."""
    entries = sorted(folder.glob("*.npy"), key=lambda path: path.stat().st_mtime, reverse=True)
    total = 0
    for index, path in enumerate(entries):
        total += path.stat().st_size
        if index and (index >= KEEP_ENTRIES or total > KEEP_BYTES):
            with contextlib.suppress(OSError):  # Windows keeps what is mapped.
                path.unlink()
                path.with_suffix(".json").unlink(missing_ok=True)
    for part in folder.glob("part-*"):
        if part.stat().st_mtime < time.time() - ABANDONED_S:
            shutil.rmtree(part, ignore_errors=True)
