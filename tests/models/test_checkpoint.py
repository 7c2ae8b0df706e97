"""Checkpoints: what is written is read again, and whatever is broken is one sentence."""

import json
import os
import pickle
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file
from tiny import WIDTHS, generator, manifest

from models import checkpoint
from models.canvas import Canvas
from models.checkpoint import (
    DIRECTIONS_KEY,
    METADATA_KEY,
    SIGHT_KEY,
    CheckpointError,
    Images,
    Likeness,
    SaveError,
    TaughtBy,
    load_checkpoint,
    load_tensors,
    save_checkpoint,
    save_tensors,
)
from models.networks import Widths
from models.sight import Sight, shapes_of


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """A good checkpoint."""
    path = tmp_path / "model.safetensors"
    save_checkpoint(path, generator(), manifest())
    return path


def refusal(path: Path) -> str:
    """The sentence with which a file is refused."""
    with pytest.raises(CheckpointError) as error:
        load_checkpoint(path)
    sentence = str(error.value)
    assert sentence.startswith(f"{path}: ") and "\n" not in sentence
    assert error.value.__cause__ is None
    return sentence


def write(path: Path, told: object, drop: str = "", **changes: torch.Tensor) -> None:
    """A checkpoint with another manifest, changed tensors, or one missing."""
    tensors = {name: t.clone().contiguous() for name, t in generator().state_dict().items()}
    tensors |= changes
    tensors.pop(drop, None)
    text = told if isinstance(told, str) else msgspec.json.encode(told).decode()
    save_file(tensors, path, metadata={METADATA_KEY: text})


@pytest.mark.parametrize("size", [(4, 4), (4, 8), (9, 4)])
def test_a_round_trip_keeps_everything(size: tuple[int, int], tmp_path: Path) -> None:
    canvas = Canvas(*size, 1)
    made, told = generator(canvas), manifest(canvas=canvas)
    path = tmp_path / "deep" / "er" / "model.safetensors"
    save_checkpoint(path, made, told)
    read, read_manifest, directions = load_checkpoint(path)
    assert read_manifest == told and directions is None
    assert read.canvas == canvas and read.widths == WIDTHS
    assert read.state_dict().keys() == made.state_dict().keys()
    for name, tensor in made.state_dict().items():
        assert torch.equal(read.state_dict()[name], tensor), name
    z = torch.randn(2, 16)
    assert torch.equal(read(z), made(z))
    assert not read.training and not any(p.requires_grad for p in read.parameters())


def test_directions_are_kept_beside_the_weights(tmp_path: Path) -> None:
    path, pushes = tmp_path / "model.safetensors", torch.randn(5, 16)
    for written, found in ((pushes, pushes), (pushes.half(), pushes.half().float())):
        save_checkpoint(path, generator(), manifest(), written)
        read = load_checkpoint(path)
        assert read.directions is not None and torch.equal(read.directions, found)
        assert read.generator.state_dict().keys() == generator().state_dict().keys()
    save_checkpoint(path, generator(), manifest(), torch.zeros(0, 16))
    none = load_checkpoint(path).directions
    assert none is not None and none.shape == (0, 16)


@pytest.mark.parametrize(
    ("directions", "reason"),
    [
        (torch.zeros(17, 16), "has the shape (17, 16) instead of (16, 16)"),
        (torch.zeros(3, 15), "has the shape (3, 15) instead of (3, 16)"),
        (torch.zeros(16), "has the shape (16,) instead of (16, 16)"),
        (torch.tensor(1.0), "has the shape () instead of (0, 16)"),
        (torch.zeros(2, 16, 1), "has the shape (2, 16, 1) instead of (2, 16)"),
        (torch.zeros(2, 16, dtype=torch.int32), "is of the type torch.int32"),
        (torch.full((2, 16), torch.nan), "holds NaN or infinite values"),
        (torch.full((2, 16), torch.inf), "holds NaN or infinite values"),
    ],
    ids=lambda case: case if isinstance(case, str) else "",
)
def test_directions_that_cannot_be_are_refused(
    directions: torch.Tensor, reason: str, saved: Path
) -> None:
    write(saved, manifest(), **{DIRECTIONS_KEY: directions})
    assert f"{DIRECTIONS_KEY} {reason}" in refusal(saved)


def test_a_sight_is_kept(saved: Path) -> None:
    made, random = generator(), torch.Generator().manual_seed(1)
    assert load_checkpoint(saved).generator.sight is None, "older files have none"
    shapes = shapes_of(made.widths.w_dim)
    made.sight = Sight(tuple((torch.randn(s, generator=random), torch.zeros(s[0])) for s in shapes))
    save_checkpoint(saved, made, manifest())
    found = load_checkpoint(saved).generator.sight
    assert found is not None
    w = torch.randn(3, made.widths.w_dim, generator=random)
    assert torch.allclose(found(w), made.sight(w), rtol=1e-2, atol=0.1 * float(found(w).std()))


@pytest.mark.parametrize(
    ("part", "tensor", "reason"),
    [
        ("0.weight", torch.zeros(256, 15), "has the shape (256, 15) instead of (256, 16)"),
        ("1.bias", torch.full((256,), torch.nan), "holds NaN or infinite values"),
        ("2.weight", None, "its table of walking speeds lacks performer.sight.2.weight"),
        ("3.weight", torch.zeros(1), "it has an unknown performer.sight.3.weight"),
    ],
)
def test_a_sight_that_cannot_be_is_refused(
    part: str, tensor: torch.Tensor | None, reason: str, saved: Path
) -> None:
    tensors = {
        f"{SIGHT_KEY}.{i}.{name}": torch.zeros(shape[:dims])
        for i, shape in enumerate(shapes_of(16))
        for name, dims in (("weight", 2), ("bias", 1))
    }
    tensors.pop(f"{SIGHT_KEY}.{part}", None)
    if tensor is not None:
        tensors[f"{SIGHT_KEY}.{part}"] = tensor
    write(saved, manifest(), **tensors)
    assert reason in refusal(saved)


def test_half_precision_is_read_as_float(tmp_path: Path) -> None:
    path = tmp_path / "half.safetensors"
    made = generator().half()
    save_tensors(path, made.state_dict(), {METADATA_KEY: msgspec.json.encode(manifest()).decode()})
    read = load_checkpoint(path).generator
    assert {tensor.dtype for tensor in read.state_dict().values()} == {torch.float32}


def test_a_model_may_be_read_by_whoever_may_read_its_folder(saved: Path) -> None:
    mask = os.umask(0)
    os.umask(mask)
    assert saved.stat().st_mode & 0o777 == 0o666 & ~mask


@pytest.mark.parametrize("length", [0, 4, 8, 100, 3000, -1])
def test_a_file_cut_short_is_refused(length: int, saved: Path) -> None:
    saved.write_bytes(saved.read_bytes()[:length])
    assert "damaged, cut short" in refusal(saved)


@pytest.mark.parametrize(
    "content",
    [b"\xff" * 64, b"hello, I am a text\n" * 10, bytes(200), b"\x89PNG\r\n\x1a\n" + bytes(99)],
)
def test_what_is_no_safetensors_file_is_refused(content: bytes, saved: Path) -> None:
    saved.write_bytes(content)
    assert "no .safetensors file" in refusal(saved)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    assert "no such file" in refusal(tmp_path / "nowhere.safetensors")


def test_a_folder_is_refused(tmp_path: Path) -> None:
    refusal(tmp_path)


def test_a_header_that_promises_too_much_is_refused(saved: Path) -> None:
    saved.write_bytes(struct.pack("<Q", 1 << 62) + b"{}")
    refusal(saved)
    header = json.dumps({"x": {"dtype": "F32", "shape": [1 << 40], "data_offsets": [0, 1 << 42]}})
    saved.write_bytes(struct.pack("<Q", len(header)) + header.encode() + bytes(64))
    refusal(saved)


class Bomb:
    """Unpickling it leaves a file behind."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return open, (str(self.path), "w")


@pytest.mark.parametrize("dump", [pickle.dump, torch.save])
def test_a_pickle_is_refused_and_never_executed(
    dump: Callable[[Any, Any], None], tmp_path: Path
) -> None:
    path, trace = tmp_path / "model.safetensors", tmp_path / "executed"
    with path.open("wb") as file:
        dump(Bomb(trace), file)
    refusal(path)
    assert not trace.exists()


def test_a_foreign_safetensors_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.safetensors"
    save_file({"weight": torch.zeros(3)}, path)
    assert "not one of Performer's models" in refusal(path)
    save_file({"weight": torch.zeros(3)}, path, metadata={"format": "pt"})
    assert "not one of Performer's models" in refusal(path)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "7",
        '"text"',
        "null",
        "{}",
        '{"format": 1}',
        '{"format": "new"}',
        "[" * 5000,
        '{"a":' * 5000,
    ],
    ids=lambda text: text[:20],
)
def test_a_damaged_manifest_is_refused(text: str, saved: Path) -> None:
    write(saved, text)
    assert "manifest is damaged" in refusal(saved)


def test_its_texts_do_nothing_to_a_terminal(saved: Path) -> None:
    write(saved, manifest(name="a\x1b[2Jb\x9bc", images=Images(3, "ab", "CC\nBY", "\x07pics")))
    told = load_checkpoint(saved).manifest
    assert told.name == "a?[2Jb?c" and told.images == Images(3, "ab", "CC\nBY", "?pics")


def test_a_newer_format_asks_for_an_update(saved: Path) -> None:
    write(saved, '{"format": 2, "what": "ever"}')
    assert "newer Performer (format 2, this one reads 1); update" in refusal(saved)


@pytest.mark.parametrize(
    "changes",
    [
        {"canvas": Canvas(4, 4, 60)},
        {"canvas": Canvas(4, 4, -1)},
        {"canvas": Canvas(4, 4, 0)},
        {"canvas": Canvas(1 << 40, 4, 1)},
        {"canvas": Canvas(0, 4, 1)},
        {"widths": Widths(channel_base=1 << 60)},
        {"widths": Widths(channel_max=1 << 40, channel_base=1 << 19)},
        {"widths": Widths(z_dim=1 << 50)},
        {"widths": Widths(w_dim=0)},
        {"widths": Widths(w_dim=-5)},
        {"widths": Widths(mapping_layers=1 << 30)},
        {"widths": Widths(classes=1 << 40)},
        {"widths": Widths(own_channels=(8, 1 << 40))},
        {"widths": Widths(own_channels=(8, 0))},
        {"widths": Widths(own_channels=(8,) * 9)},
        {"widths": Widths(clamp=-1.0)},
        {"teacher": TaughtBy("a", "b", "c", Canvas(4, 4, 1 << 60), Likeness(0.0, 9.0, 0.0))},
    ],
    ids=str,
)
def test_absurd_sizes_are_refused_before_memory_is_taken(
    changes: dict[str, Any], saved: Path
) -> None:
    write(saved, manifest(**changes))
    assert "out of range" in refusal(saved)


def test_the_largest_sizes_in_range_take_no_memory_either(saved: Path) -> None:
    widths = Widths(
        channel_base=1 << 20, channel_max=4096, z_dim=4096, w_dim=4096, mapping_layers=16
    )
    write(saved, manifest(canvas=Canvas(32, 32, 9), widths=widths))
    assert "instead of (4096,)" in refusal(saved)


def test_a_manifest_of_another_canvas_is_refused(saved: Path) -> None:
    write(saved, manifest(canvas=Canvas(4, 4, 2)))
    assert "lacks synthesis.b16" in refusal(saved)
    write(saved, manifest(canvas=Canvas(4, 5, 1)))
    assert "instead of" in refusal(saved)


def test_a_missing_an_unknown_and_a_misshapen_tensor_are_named(saved: Path) -> None:
    name = "synthesis.b8.conv0.weight"
    write(saved, manifest(), drop=name)
    assert f"lacks {name}" in refusal(saved)
    write(saved, manifest(), surplus=torch.zeros(2))
    assert "has an unknown surplus" in refusal(saved)
    write(saved, manifest(), **{name: torch.zeros(1, 2, 3, 3)})
    assert f"{name} has the shape (1, 2, 3, 3) instead of" in refusal(saved)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_a_value_that_is_no_number_is_named(value: float, saved: Path) -> None:
    name = "synthesis.b4.torgb.bias"
    write(saved, manifest(), **{name: torch.tensor([0.0, value, 0.0])})
    assert f"{name} holds NaN or infinite values" in refusal(saved)


@pytest.mark.parametrize("fails", ["save_file", "replace"])
def test_a_crash_while_saving_leaves_the_old_file(
    fails: str, saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = saved.read_bytes()

    def crash(*_: object, **__: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(checkpoint if fails == "save_file" else os, fails, crash)
    with pytest.raises(SaveError, match=r"model\.safetensors cannot be written: no space left"):
        save_checkpoint(saved, generator(seed=1), manifest(seed=4))
    assert saved.read_bytes() == before
    assert list(saved.parent.iterdir()) == [saved], "and no half-written one beside it"


def test_a_save_replaces_the_old_file(saved: Path) -> None:
    save_checkpoint(saved, generator(seed=1), manifest(seed=4))
    read, told, _ = load_checkpoint(saved)
    assert told.seed == 4
    assert torch.equal(read.synthesis.b4.const, generator(seed=1).synthesis.b4.const)
    assert list(saved.parent.iterdir()) == [saved]


def test_tensors_of_any_layout_and_kind_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "state.safetensors"
    tensors = {
        "turned": torch.randn(2, 3, 4, 5).contiguous(memory_format=torch.channels_last),
        "step": torch.tensor(7),
        "grad": torch.randn(3, requires_grad=True),
    }
    save_tensors(path, tensors, {"a": "b"})
    read, metadata = load_tensors(path)
    assert metadata == {"a": "b"} and read.keys() == tensors.keys()
    for name, tensor in tensors.items():
        assert torch.equal(read[name], tensor) and read[name].dtype == tensor.dtype


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The bytes of a good checkpoint."""
    path = tmp_path_factory.mktemp("good") / "model.safetensors"
    save_checkpoint(path, generator(), manifest(), torch.randn(3, 16))
    return path.read_bytes()


@settings(max_examples=200, deadline=None)
@example(flips=[(9, 0)], in_header=True)
@given(
    flips=st.lists(st.tuples(st.integers(0, 1 << 20), st.integers(0, 255)), min_size=1, max_size=6),
    in_header=st.booleans(),
)
def test_damaged_bytes_are_loaded_or_refused_but_nothing_else(
    flips: list[tuple[int, int]],
    in_header: bool,
    good: bytes,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    path = tmp_path_factory.getbasetemp() / "damaged.safetensors"
    content = bytearray(good)
    end = 8 + struct.unpack_from("<Q", good)[0] if in_header else len(good)
    for at, value in flips:
        content[at % end] = value
    path.write_bytes(content)
    try:
        load_checkpoint(path)
    except CheckpointError as error:
        assert str(path) in str(error)


@pytest.mark.parametrize("dtype", ["I32", "U32", "I16", "F8_E4M3", "F8_E5M2", "BOOL"])
def test_a_tensor_of_another_type_is_refused_by_name(dtype: str, saved: Path) -> None:
    """One tensor of a good file is told to be of another type, its bytes cut to fit."""
    content = saved.read_bytes()
    length = struct.unpack_from("<Q", content)[0]
    header = json.loads(content[8 : 8 + length])
    sizes = {"I32": 4, "U32": 4, "I16": 2}
    name = "mapping.w_avg"
    start, stop = header[name]["data_offsets"]
    header[name] |= {"dtype": dtype, "shape": [16]}
    data = bytearray(content[8 + length :])
    moved = stop - start - 16 * sizes.get(dtype, 1)
    del data[stop - moved : stop]
    for other in header.values():
        if "data_offsets" in other:
            other["data_offsets"] = [
                at - moved if at >= stop else at for at in other["data_offsets"]
            ]
    text = json.dumps(header).encode()
    saved.write_bytes(struct.pack("<Q", len(text)) + text + bytes(data))
    assert f"{name} is of the type" in refusal(saved)
