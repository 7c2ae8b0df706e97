"""Files of torch and of NVIDIA's releases read as data: nothing in them is ever executed."""

import io
import struct
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from models.importers.budget import Budget
from models.importers.machine import Global, Known, Machine
from models.importers.refusal import ImporterError, refuse
from models.importers.storage import Storage, Storages
from models.importers.tables import MODULES, PLAIN, STORAGES, TENSORS
from models.importers.tree import check_tree

SIZE_MAXIMUM_BYTES = 4 << 30
ENTRIES_MAXIMUM = 20_000
MAGIC = 0x1950A86A20F9469CFC6C
STREAM_START = b"\x80\x02\x8a\x0a" + MAGIC.to_bytes(10, "little")
ZIP_START = b"PK\x03\x04"
PROTOCOL = 1001
ZIP_FAULTS = (  # What the library raises over an archive that is damaged.
    zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError, ValueError,
    ArithmeticError, LookupError, struct.error,
)  # fmt: skip


def read_torch_file(path: Path) -> object:
    """What `torch.save` wrote, as a tree of plain data; nothing in the file is executed.

    Reads .pt and .pth files of either format, the zip archive (torch 1.6 and newer) and the
    older stream. Returns nested dicts, lists and tuples of tensors (on the CPU, of the type they
    were saved in, sharing memory where they shared it), numbers, text, memoryviews for bytes, and
    None; the `argparse.Namespace` of a training file is an `Instance`. A state dict is a dict of
    name to tensor. No part holds itself, and walking through all of it always ends. Raises
    `ImporterError`, one sentence that names the file, for anything else: another format, cut
    short, hostile, larger than 4 GiB, or one that needs a class besides tensors and containers.
    It takes memory of two to three times the file's size.
    """
    with named(path):
        data = read_bytes(path)
        known = {**PLAIN, **TENSORS, **STORAGES}
        if data.startswith(ZIP_START):
            tree = _read_archive(data, known, Budget(len(data)))
        elif data.startswith(STREAM_START):
            tree = _read_stream(memoryview(data), known, Budget(len(data)))
        else:
            refuse("no file of torch.save")
        check_tree(tree)
        return tree


def read_pickle_file(path: Path) -> object:
    """What an official .pkl of StyleGAN holds, as a tree of plain data; nothing is executed.

    As `read_torch_file`; networks are an `Instance` by the name of their class, numpy arrays an
    `Array`.
    """
    with named(path):
        data = memoryview(read_bytes(path))
        streams = {("torch.storage", "_load_from_bytes"): Global("_load_from_bytes", _from_bytes)}
        known = {**PLAIN, **TENSORS, **MODULES, **streams}
        tree = Machine(data, 0, known, Budget(len(data))).run()
        check_tree(tree)
        return tree


@contextmanager
def named(path: Path) -> Iterator[None]:
    """Put the file's name before what is wrong with it."""
    try:
        yield
    except ImporterError as error:
        raise ImporterError(f"{path}: {error}") from None
    except OSError as error:
        raise ImporterError(f"{path}: cannot be read ({error.strerror})") from None


def read_bytes(path: Path) -> bytes:
    """A whole file, unless it is too large."""
    if not path.is_file():
        refuse("no such file")
    if path.stat().st_size > SIZE_MAXIMUM_BYTES:
        refuse(f"larger than {SIZE_MAXIMUM_BYTES >> 30} GiB")
    return path.read_bytes()


def _read_stream(data: memoryview, known: Known, budget: Budget) -> object:
    """torch's older format: four pickles, the storages' keys, then the storages one by one."""
    at = 0

    def pickle(known: Known, storages: Storages | None = None) -> object:
        nonlocal at
        external = (lambda identifier: storages.find(identifier)[1]) if storages else None
        machine = Machine(data, at, known, budget, external)
        value = machine.run()
        at = machine.at
        return value

    if pickle({}) != MAGIC or pickle({}) != PROTOCOL:
        refuse("it holds a tensor stream of an unknown format")
    match pickle({}):
        case {"little_endian": True}:
            pass
        case _:
            refuse("it was written on a computer of another byte order")
    storages = Storages(budget)
    tree = pickle(known, storages)
    keys = pickle({})
    if not (isinstance(keys, list) and all(isinstance(key, str) for key in keys)):
        refuse("it holds other storages than it lists")
    if sorted(keys) != sorted(storages.by_key):
        refuse("it holds other storages than it lists")
    for key in keys:
        storage = storages.by_key[key]
        if int.from_bytes(data[at : at + 8], "little") != storage.count:
            refuse("it is cut short or damaged")
        end = at + 8 + storage.size_bytes
        storage.fill(data[at + 8 : end])
        at = end
    return tree


def _from_bytes(budget: Budget, arguments: tuple[object, ...]) -> Storage:
    """A storage as official files keep it: a stream of its own within bytes."""
    match arguments:
        case (memoryview() as raw,):
            # The table without `_load_from_bytes`: a stream within a stream has no use.
            tree = _read_stream(raw, STORAGES, budget)
            if isinstance(tree, Storage):
                return tree
    refuse("it holds a strange storage")


def _read_archive(data: bytes, known: Known, budget: Budget) -> object:
    """torch's newer format: a zip archive of one pickle and one uncompressed file a storage."""
    # Counted first: the library makes an object of every entry, and this is how each begins.
    if data.count(b"PK\x01\x02") > ENTRIES_MAXIMUM:
        refuse("it is an archive of too many files")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _Archive(archive, budget).read(known)
    except ImporterError:
        raise
    except ZIP_FAULTS:
        refuse("it is cut short or damaged")


class _Archive:
    """The files within an archive; what is compressed is refused, so that nothing can unfold."""

    def __init__(self, archive: zipfile.ZipFile, budget: Budget) -> None:
        self._archive, self._budget = archive, budget
        self._storages = Storages(budget)
        pickles = [name for name in archive.namelist() if name.split("/")[1:] == ["data.pkl"]]
        if len(pickles) != 1:
            refuse("an archive, but no file of torch.save")
        self._folder = pickles[0].partition("/")[0]

    def read(self, known: Known) -> object:
        if self._has("byteorder") and self._bytes("byteorder", 6) != b"little":
            refuse("it was written on a computer of another byte order")
        size = self._archive.getinfo(f"{self._folder}/data.pkl").file_size
        self._budget.take(size)
        pickle = self._bytes("data.pkl", size)
        return Machine(memoryview(pickle), 0, known, self._budget, self._storage).run()

    def _has(self, name: str) -> bool:
        return f"{self._folder}/{name}" in self._archive.NameToInfo

    def _storage(self, identifier: object) -> Storage:
        key, storage, new = self._storages.find(identifier)
        if new:
            storage.fill(memoryview(self._bytes(f"data/{key}", storage.size_bytes)))
        return storage

    def _bytes(self, name: str, size: int) -> bytes:
        """Exactly so many bytes of an entry."""
        if not self._has(name):
            refuse("it misses a part of itself")
        entry = self._archive.getinfo(f"{self._folder}/{name}")
        stored = entry.compress_type == zipfile.ZIP_STORED
        if not (stored and entry.file_size == entry.compress_size == size):
            refuse("it holds a part that is compressed, or larger or smaller than it tells")
        return self._archive.read(entry)
