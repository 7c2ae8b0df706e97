"""Files of torch.save: read as torch reads them, and refused when their parts do not fit."""

import argparse
import io
import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from watching import nothing_runs

from models.importers import files
from models.importers.files import read_torch_file
from models.importers.refusal import ImporterError
from models.importers.stand_ins import Instance

FORMATS = {"archive": True, "stream": False}


def saved(path: Path, value: Any, archive: bool = True) -> Path:
    torch.save(value, path, _use_new_zipfile_serialization=archive)
    return path


def read(path: Path) -> Any:
    with nothing_runs():
        return read_torch_file(path)


def refusal(path: Path) -> str:
    with pytest.raises(ImporterError) as error:
        read(path)
    sentence = str(error.value)
    assert sentence.startswith(f"{path}: ") and "\n" not in sentence
    return sentence


@pytest.mark.parametrize("archive", FORMATS.values(), ids=FORMATS)
def test_every_kind_and_layout_of_tensor(archive: bool, tmp_path: Path) -> None:
    base = torch.arange(24.0).reshape(2, 3, 4)
    told = {
        "turned": base.permute(2, 0, 1),
        "part": base[1, 1:],
        "steps": base[:, :, ::2],
        "one": torch.tensor(7.0),
        "none": torch.zeros(0, 3),
        "truth": torch.tensor([True, False]),
        "parameter": torch.nn.Parameter(torch.ones(2)),
        **{
            str(kind): torch.arange(3).to(kind)
            for kind in (torch.float16, torch.bfloat16, torch.float64, torch.int64, torch.uint8)
        },
    }
    held = read(saved(tmp_path / "x.pt", told, archive))
    assert held.keys() == told.keys()
    for name, tensor in told.items():
        assert held[name].dtype == tensor.dtype and torch.equal(held[name], tensor), name
    assert held["part"].untyped_storage().data_ptr() == held["steps"].untyped_storage().data_ptr()


@pytest.mark.parametrize("archive", FORMATS.values(), ids=FORMATS)
def test_a_training_file_with_its_arguments(archive: bool, tmp_path: Path) -> None:
    network = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.BatchNorm1d(3))
    told = {
        "net": network.state_dict(),
        "args": argparse.Namespace(lr=0.1, sizes=[1, 2]),
        "optim": torch.optim.Adam(network.parameters(), betas=(0.0, 0.99)).state_dict(),
    }
    held = read(saved(tmp_path / "x.pt", told, archive))
    assert held["net"].keys() == network.state_dict().keys()
    assert torch.equal(held["net"]["0.weight"], network[0].weight)
    assert isinstance(held["args"], Instance)
    assert held["args"].attributes == {"lr": 0.1, "sizes": [1, 2]}
    assert held["optim"]["param_groups"][0]["betas"] == (0.0, 0.99)


class Bomb:
    """Unpickling it leaves a file behind."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return open, (str(self.path), "w")


@pytest.mark.parametrize("archive", FORMATS.values(), ids=FORMATS)
def test_what_runs_code_is_refused(archive: bool, tmp_path: Path) -> None:
    trace = tmp_path / "executed"
    for told in (Bomb(trace), {"g_ema": OrderedDict(a=Bomb(trace))}, torch.nn.Linear(2, 2)):
        assert "asks for" in refusal(saved(tmp_path / "x.pt", told, archive))
    assert not trace.exists()


@pytest.mark.parametrize("archive", FORMATS.values(), ids=FORMATS)
def test_a_file_cut_short_is_refused(archive: bool, tmp_path: Path) -> None:
    path = saved(tmp_path / "x.pt", {"a": torch.zeros(100), "b": [torch.ones(3)]}, archive)
    content = path.read_bytes()
    for length in range(0, len(content) - 8, 7):
        path.write_bytes(content[:length])
        refusal(path)


def rebuilt(tmp_path: Path, change: Callable[[zipfile.ZipFile, str, bytes], None]) -> Path:
    """A good archive, each of its files written again by `change`."""
    good = saved(tmp_path / "good.pt", {"a": torch.arange(64.0)})
    path = tmp_path / "x.pt"
    with zipfile.ZipFile(good) as source, zipfile.ZipFile(path, "w") as target:
        for name in source.namelist():
            change(target, name, source.read(name))
    return path


def test_an_archive_written_again_is_still_good(tmp_path: Path) -> None:
    held = read(rebuilt(tmp_path, lambda archive, name, content: archive.writestr(name, content)))
    assert torch.equal(held["a"], torch.arange(64.0))


@pytest.mark.parametrize(
    ("ending", "content", "words"),
    [
        ("data/0", b"abcd", "larger or smaller than it tells"),
        ("data/0", bytes(1 << 20), "larger or smaller than it tells"),
        ("data/0", None, "misses a part"),
        ("data.pkl", None, "no file of torch.save"),
        ("byteorder", b"big", "larger or smaller"),
        ("byteorder", b"middle", "another byte order"),
    ],
)
def test_an_archive_whose_parts_do_not_fit_is_refused(
    ending: str, content: bytes | None, words: str, tmp_path: Path
) -> None:
    def change(archive: zipfile.ZipFile, name: str, held: bytes) -> None:
        held = content if name.endswith(ending) else held  # type: ignore[assignment]
        if held is not None:
            archive.writestr(name, held)

    assert words in refusal(rebuilt(tmp_path, change))


def test_a_compressed_archive_is_refused(tmp_path: Path) -> None:
    def change(archive: zipfile.ZipFile, name: str, held: bytes) -> None:
        archive.writestr(name, held, zipfile.ZIP_DEFLATED)

    assert "compressed" in refusal(rebuilt(tmp_path, change))


def test_an_archive_of_very_many_files_is_refused_before_they_are_listed(tmp_path: Path) -> None:
    path = saved(tmp_path / "x.pt", {"a": 1})
    path.write_bytes(path.read_bytes() + b"PK\x01\x02" * (files.ENTRIES_MAXIMUM + 1))
    assert "too many files" in refusal(path)


def test_an_archive_within_an_archive_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.pt"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x/data.pkl", saved(tmp_path / "inner.pt", {"a": 1}).read_bytes())
    assert "instruction 0x50" in refusal(path)


def storage_id(
    count: int, *, kind: str = "FloatStorage", key: str = "0", more: bytes = b""
) -> bytes:
    """The instructions of a persistent id."""
    told = b"(" + b"".join(text(each) for each in ("storage",))
    told += b"ctorch\n" + kind.encode() + b"\n" + text(key) + text("cpu")
    return told + b"\x8a\x08" + count.to_bytes(8, "little", signed=True) + more + b"tQ"


def text(value: str) -> bytes:
    return b"X" + len(value).to_bytes(4, "little") + value.encode()


def number(value: int) -> bytes:
    return b"\x8a\x08" + value.to_bytes(8, "little", signed=True)


def numbers(*values: int) -> bytes:
    return b"(" + b"".join(map(number, values)) + b"t"


def tensor(storage: bytes, offset: bytes, size: bytes, stride: bytes) -> bytes:
    return b"ctorch._utils\n_rebuild_tensor_v2\n(" + (storage + offset + size + stride + b"\x89}tR")


def archive_of(tmp_path: Path, instructions: bytes, **storages: bytes) -> Path:
    path = tmp_path / "x.pt"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x/data.pkl", b"\x80\x02" + instructions + b".")
        for key, content in {"0": bytes(64), **storages}.items():
            archive.writestr(f"x/data/{key}", content)
    return path


FIT = storage_id(16)
LARGE = "larger than its storage"


@pytest.mark.parametrize(
    ("instructions", "words"),
    [
        (tensor(FIT, number(0), numbers(1 << 40), numbers(0)), LARGE),
        (tensor(FIT, number(0), numbers(17), numbers(0)), LARGE),
        (tensor(FIT, number(0), numbers(17), numbers(1)), LARGE),
        (tensor(FIT, number(1), numbers(16), numbers(1)), LARGE),
        (tensor(FIT, number(-1), numbers(4), numbers(1)), LARGE),
        (tensor(FIT, number(0), numbers(4), numbers(1 << 61)), LARGE),
        (tensor(FIT, number(0), numbers(1 << 61, 1 << 61), numbers(0, 0)), LARGE),
        (tensor(FIT, number(0), numbers(2, 2), numbers(1)), "sizes as strides"),
        (tensor(FIT, number(0), numbers(-4), numbers(1)), "sizes are no numbers"),
        (tensor(FIT, number(0), numbers(4), numbers(-1)), "sizes are no numbers"),
        (tensor(FIT, number(0), b"(" + text("a") + b"t", numbers(1)), "sizes are no numbers"),
        (tensor(FIT, number(0), numbers(*[1] * 99), numbers(*[1] * 99)), "too many dimensions"),
        (tensor(b"]", number(0), numbers(1), numbers(1)), "a strange tensor"),
        (tensor(FIT, b"N", numbers(1), numbers(1)), "a strange tensor"),
        (b"ctorch._utils\n_rebuild_parameter\n(]\x89}tR", "a strange parameter"),
        (storage_id(17), "larger or smaller than it tells"),
        (storage_id(-1), "more memory than its own size"),
        (storage_id(1 << 60), "more memory than its own size"),
        (storage_id(16, key="7"), "misses a part"),
        (storage_id(16, key="../../etc/passwd"), "misses a part"),
        (FIT + storage_id(8), "tells two things of the storage 0"),
        (FIT + storage_id(16, kind="IntStorage"), "tells two things of the storage 0"),
        (storage_id(16, more=b"(K\x00t"), "no storage"),
        (b"K\x01Q", "no storage"),
        (text("0") + b"Q", "no storage"),
        (b"(" + text("module") + b"cos\nsystem\ntQ", "asks for os.system"),
        (b"(" + text("module") + text("x") + text("y") + b"tQ", "no storage"),
        (b"ctorch.storage\n_load_from_bytes\nC\x00\x85R", "asks for torch.storage"),
    ],
)
def test_tensors_and_storages_stay_within_their_bounds(
    instructions: bytes, words: str, tmp_path: Path
) -> None:
    assert words in refusal(archive_of(tmp_path, instructions))


def test_many_storages_of_the_same_bytes_are_refused(tmp_path: Path) -> None:
    """Entries of an archive may overlap; memory may not grow with their number."""
    keys = {str(key): bytes(64) for key in range(2)}
    path = archive_of(tmp_path, b"".join(storage_id(16, key=key) for key in keys), **keys)
    assert read(path) is not None
    path = archive_of(tmp_path, storage_id(1 << 20))
    assert "more memory" in refusal(path)


def stream(instructions: bytes, *, info: Any = None, keys: Any = None, tail: bytes = b"") -> bytes:
    """A file of the older format."""
    told = {"little_endian": True} if info is None else info
    parts = [files.MAGIC, files.PROTOCOL, told]
    content = b"".join(pickle.dumps(part, protocol=2) for part in parts)
    content += b"\x80\x02" + instructions + b"."
    return content + pickle.dumps(["0"] if keys is None else keys, protocol=2) + tail


VALUES = (16).to_bytes(8, "little") + bytes(64)
OLD = storage_id(16, more=b"N")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (stream(OLD, tail=VALUES, info={"little_endian": False}), "another byte order"),
        (stream(OLD, tail=VALUES, info=[1]), "another byte order"),
        (stream(OLD, tail=VALUES, keys=[]), "other storages than it lists"),
        (stream(OLD, tail=VALUES, keys=["0", "0"]), "other storages than it lists"),
        (stream(OLD, tail=VALUES, keys=[["0"]]), "other storages than it lists"),
        (stream(OLD, tail=VALUES, keys={"0": 1}), "other storages than it lists"),
        (stream(OLD, tail=VALUES[:-1]), "larger or smaller than its bytes"),
        (stream(OLD, tail=(1 << 60).to_bytes(8, "little") + bytes(64)), "cut short or damaged"),
        (stream(OLD, tail=b""), "cut short or damaged"),
        (stream(storage_id(1 << 50)), "more memory than its own size"),
        (pickle.dumps(files.MAGIC, 2) + pickle.dumps(1, 2), "unknown format"),
    ],
)
def test_a_stream_whose_parts_do_not_fit_is_refused(
    content: bytes, words: str, tmp_path: Path
) -> None:
    path = tmp_path / "x.pt"
    path.write_bytes(content)
    assert words in refusal(path)


def test_a_truth_value_is_true_or_false(tmp_path: Path) -> None:
    flags = tensor(storage_id(64, kind="BoolStorage"), number(0), numbers(2), numbers(1))
    path = tmp_path / "x.pt"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x/data.pkl", b"\x80\x02" + flags + b".")
        archive.writestr("x/data/0", b"\x00\x07" + bytes(62))
    assert read(path).tolist() == [False, True]
    assert read(path).view(torch.uint8).tolist() == [0, 1]


@pytest.mark.parametrize("content", [b"", b"PK", b"\x80\x02K\x01.", b"\x89PNG", b"GIF89a" * 99])
def test_what_is_no_file_of_torch_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x.pt"
    path.write_bytes(content)
    assert "no file of torch.save" in refusal(path)


def test_a_missing_file_a_folder_and_one_too_large_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "no such file" in refusal(tmp_path / "nowhere.pt")
    assert "no such file" in refusal(tmp_path)
    path = saved(tmp_path / "x.pt", {"a": torch.zeros(9)})
    monkeypatch.setattr(files, "SIZE_MAXIMUM_BYTES", 100)
    assert "larger than" in refusal(path)


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    told = {"a": torch.arange(6.0).reshape(2, 3), "b": [torch.ones(3).half(), 7, "text"]}
    path = tmp_path_factory.mktemp("good") / "x.pt"
    return {name: saved(path, told, kind).read_bytes() for name, kind in FORMATS.items()}


@settings(max_examples=200, deadline=None)
@given(
    flips=st.lists(st.tuples(st.integers(0, 1 << 20), st.integers(0, 255)), min_size=1, max_size=6),
    kind=st.sampled_from(sorted(FORMATS)),
)
def test_damaged_bytes_are_read_or_refused_but_nothing_else(
    flips: list[tuple[int, int]],
    kind: str,
    good: dict[str, bytes],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    path = tmp_path_factory.getbasetemp() / "damaged.pt"
    content = bytearray(good[kind])
    for at, value in flips:
        content[at % len(content)] = value
    path.write_bytes(content)
    try:
        read(path)
    except ImporterError as error:
        assert str(path) in str(error)


def test_an_archive_in_memory_is_what_torch_reads(good: dict[str, bytes]) -> None:
    held = torch.load(io.BytesIO(good["archive"]), weights_only=True)
    assert held["a"].shape == (2, 3)
