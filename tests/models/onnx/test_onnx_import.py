"""ONNX files of every allowed shape become models that draw what torch draws."""

import struct
from pathlib import Path

import numpy as np
import pytest
import torch
from onnx_files import CLASSES, Z_DIM, Net
from PIL import Image
from torch import Tensor

from models import contest
from models.ancestor import read_ancestor
from models.canvas import Canvas
from models.checkpoint import CheckpointError, Model, load_checkpoint
from models.directions import find_directions
from models.distil.teacher import read_teacher
from models.importers.finishing import finish
from models.importers.importing import convert, import_model
from models.importers.onnx import range_of
from models.importers.refusal import ImporterError
from models.onnx import wire
from models.onnx.design import ONNX
from models.onnx.graph import written
from models.onnx.parts import Port
from models.onnx.tensors import Constant

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def quickly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache of the test's own; nothing is timed for long; this process counts as contained."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(contest, "ROUNDS_S", 0.0)
    monkeypatch.setattr("models.importers.contained._is_contained", True)


def imported(path: Path) -> Model:
    out = path.with_suffix(".safetensors")
    convert(path, out, "CC0")
    return load_checkpoint(out)


def shown(net: Net, z: Tensor, shares: Tensor | None = None) -> Tensor:
    """What torch draws, as it is to be played: (N, 3, H, W) within -1..1."""
    z = z * (z.square().mean(dim=1, keepdim=True) + 1e-8).rsqrt()
    image = net(z, shares)
    image = image.permute(0, 3, 1, 2) if net.pixels else image
    image = image.expand(-1, 3, -1, -1)
    return {"Tanh": image, "Sigmoid": image * 2 - 1, "bytes": image / 127.5 - 1}[net.tail]


NETS = {
    "plain": Net(),
    "one at a time": Net(batch=1),
    "a vector of planes": Net(square=True),
    "0 to 1": Net(tail="Sigmoid"),
    "0 to 255, channels last": Net(tail="bytes", pixels=True),
    "grey": Net(channels=1),
    "grey, channels last": Net(channels=1, pixels=True, square=True),
    "shares of classes": Net(told="shares"),
    "number of a class": Net(told="number"),
    "number, one at a time": Net(told="number", batch=1),
}


@pytest.mark.parametrize("net", NETS.values(), ids=list(NETS))
def test_the_picture_is_torchs(net: Net, tmp_path: Path) -> None:
    generator, manifest, _ = imported(net.write(tmp_path / "gan.onnx"))
    classes = CLASSES if net.told else 0
    assert manifest.canvas == Canvas(8, 10, 0) and str(manifest.canvas) == "10x8"
    assert (manifest.widths.z_dim, manifest.widths.w_dim) == (Z_DIM, Z_DIM + classes)
    assert manifest.widths.classes == classes and generator.num_ws == 1
    z = torch.randn(3, Z_DIM, generator=torch.Generator().manual_seed(1))
    shares = torch.eye(CLASSES) if classes else None
    found, expected = generator(z, shares), shown(net, z, shares)
    assert found.shape == (3, 3, 8, 10)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-4)
    assert float((found[0] - found[1]).abs().max()) > 0.01


def test_half_precision_is_taken(tmp_path: Path) -> None:
    net = Net(half=True)
    generator = imported(net.write(tmp_path / "gan.onnx")).generator
    z = torch.randn(2, Z_DIM)
    torch.testing.assert_close(generator(z), shown(net, z), rtol=0, atol=0.01)


def test_classes_mix_where_shares_are_taken_and_truncation_keeps_them(tmp_path: Path) -> None:
    net = Net(told="shares")
    generator = imported(net.write(tmp_path / "gan.onnx")).generator
    z, halves = torch.randn(1, Z_DIM), torch.tensor([[0.5, 0.5, 0.0]])
    torch.testing.assert_close(generator(z, halves), shown(net, z, halves), rtol=0, atol=1e-4)
    unit = z * z.square().mean().rsqrt()
    shorter = generator(z, torch.eye(3)[1:2], psi=0.5)
    torch.testing.assert_close(shorter, net(unit * 0.5, torch.eye(3)[1:2]), rtol=0, atol=1e-4)
    assert torch.equal(generator(z, psi=0.0), generator(-z, psi=0.0)), "one picture for all seeds"


def test_a_range_is_told_by_what_was_drawn() -> None:
    ramp = torch.linspace(0, 1, 12).reshape(1, 3, 2, 2)
    assert range_of(ramp * 2 - 1) == ONNX(-1, 1) == range_of(ramp * 5 - 2)
    assert range_of(ramp * 0.02 - 0.01) == ONNX(-1, 1), "pale"
    assert range_of(ramp) == ONNX(0, 1) == range_of(ramp * 0.3) == range_of(ramp * 1.05 - 0.05)
    assert range_of(ramp * 255) == ONNX(0, 255) == range_of(ramp * 300 - 20)
    with pytest.raises(ImporterError, match="NaN or infinite"):
        range_of(ramp / 0)


def outside(net: Net, path: Path, location: str, cut: int = 0) -> Path:
    """The file with all weights in another one beside it, as exporters do by default."""
    graph, weights = net.graph(), b""
    plain = [each for each in graph.constants if each.name != "shape"]
    parts: wire.Parts = []
    for each in plain:
        entries = {"location": location, "offset": str(len(weights)), "length": str(len(each.data))}
        weights += bytes(each.data)
        tensor = wire.number(2, each.kind) + wire.text(8, each.name) + wire.number(14, 1)
        for side in each.dims:
            tensor += wire.number(1, side)
        for key, value in entries.items():
            tensor += wire.chunk(13, wire.text(1, key) + wire.text(2, value))
        parts += wire.chunk(5, tensor)
    graph.constants = [each for each in graph.constants if each.name == "shape"]
    inner = bytes(written(graph))
    # A message that comes twice is not merged here: the body is put together by hand.
    body = next(bytes(v) for n, v in fields(inner) if n == 7)
    opset = next(bytes(v) for n, v in fields(inner) if n == 8)
    whole = wire.number(1, 8) + wire.chunk(7, [body, *parts]) + wire.chunk(8, [opset])
    path.write_bytes(b"".join(whole))
    path.with_name(path.name + ".data").write_bytes(weights[: len(weights) - cut])
    return path


def fields(data: bytes) -> list[tuple[int, memoryview]]:
    from models.importers.budget import Budget

    found = wire.fields(memoryview(data), Budget(len(data)))
    return [(number, value) for number, value in found if isinstance(value, memoryview)]


@pytest.mark.parametrize("location", ["gan.onnx.data", "before it was renamed", "/etc/passwd"])
def test_weights_beside_the_file_are_taken_in(location: str, tmp_path: Path) -> None:
    net = Net()
    path = outside(net, tmp_path / "gan.onnx", location)
    model = imported(path)
    path.with_name("gan.onnx.data").unlink()
    z = torch.randn(2, Z_DIM)
    torch.testing.assert_close(model.generator(z), shown(net, z), rtol=0, atol=1e-4)


@pytest.mark.parametrize("location", ["../gan.onnx.data", "other.data", ""])
def test_no_other_file_is_read(location: str, tmp_path: Path) -> None:
    path = outside(Net(), tmp_path / "gan.onnx", location)
    path.with_name("gan.onnx.data").rename(tmp_path / "other.data")
    with pytest.raises(ImporterError, match="gan.onnx: its weights are in another file"):
        convert(path, tmp_path / "out.safetensors", "")


def test_weights_cut_short_are_refused(tmp_path: Path) -> None:
    path = outside(Net(), tmp_path / "gan.onnx", "gan.onnx.data", cut=1)
    with pytest.raises(ImporterError, match="weights is cut short"):
        convert(path, tmp_path / "out.safetensors", "")


def test_numbers_written_one_by_one_are_read(tmp_path: Path) -> None:
    """Older programs write floats and integers as lists of their own."""
    net, graph = Net(), Net().graph()
    inner = written(graph)
    parts: wire.Parts = []
    for each in graph.constants:
        values = np.frombuffer(each.data, np.int64 if each.kind == 7 else np.float32)
        tensor = wire.number(2, each.kind) + wire.text(8, each.name)
        tensor += wire.chunk(1, [bytes(each.dims)])  # packed; all below 128
        if each.kind == 7:
            for value in values.tolist():
                tensor += wire.number(7, value)
        else:
            tensor += wire.chunk(4, [struct.pack(f"<{len(values)}f", *values.tolist())])
        parts += wire.chunk(5, tensor)
    graph.constants = []
    body = next(bytes(v) for n, v in fields(written(graph)) if n == 7)
    opset = next(bytes(v) for n, v in fields(inner) if n == 8)
    told = wire.text(2, "an [old] program") + wire.text(3, "0.1")
    path = tmp_path / "gan.onnx"
    path.write_bytes(
        b"".join(wire.number(1, 3) + told + wire.chunk(7, [body, *parts]) + wire.chunk(8, [opset]))
    )
    generator, manifest, _ = imported(path)
    z = torch.randn(2, Z_DIM)
    torch.testing.assert_close(generator(z), shown(net, z), rtol=0, atol=1e-4)
    assert manifest.origin is not None and manifest.origin.program == "ONNX, an [old] program 0.1"


def test_it_is_finished_like_any_model(tmp_path: Path) -> None:
    out = tmp_path / "gan.safetensors"
    convert(Net(told="shares").write(tmp_path / "gan.onnx"), out, "CC0")
    said: list[str] = []
    finish(out, CPU, said.append)
    model = load_checkpoint(out)
    found = find_directions(model.generator)
    assert model.directions is not None and torch.equal(model.directions, found.pushes)
    assert 1 <= len(found.pushes) <= Z_DIM and not found.pushes[:, Z_DIM:].any()
    card = out.with_suffix(".md").read_text()
    weights = sum(w.numel() for w in Net(told="shares").weights.values())
    for part in ("ONNX", f"{weights:,} parameters", "Jacobian 1", "10x8 pixels", "/middle", "CC0"):
        assert part in card, part
    with Image.open(out.with_suffix(".png")) as sheet:
        assert sheet.size == (80, 40)


def test_it_is_neither_trained_on_nor_distilled(tmp_path: Path) -> None:
    imported(Net().write(tmp_path / "gan.onnx"))
    with pytest.raises(CheckpointError, match="ONNX models can be played, but not trained here"):
        read_ancestor(tmp_path / "gan.safetensors")
    with pytest.raises(CheckpointError, match="gan.safetensors: ONNX models .* cannot be distill"):
        read_teacher(tmp_path / "gan.safetensors", CPU)


def test_import_runs_in_a_process_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.importers.contained._is_contained", False)
    path = Net().write(tmp_path / "gan.onnx")
    told = import_model(path, tmp_path / "out.safetensors", "CC0")
    assert told.manifest.architecture == ONNX(-1, 1) and told.discriminator == ""
    assert list((tmp_path / "cache").rglob("*.json")), "and its proof is kept"
    load_checkpoint(tmp_path / "out.safetensors")
    bad = tmp_path / "bad.onnx"
    graph = Net().graph()
    graph.outputs = [Port("nowhere", 1, ())]
    bad.write_bytes(written(graph))
    with pytest.raises(ImporterError) as error:
        import_model(bad, tmp_path / "bad.safetensors", "")
    assert str(error.value).startswith(f"{bad}: ") and "\n" not in str(error.value)


def test_constants_know_their_size() -> None:
    assert Constant("x", 1, (2, 3), b"").count == 6 and Constant("x", 1, (), b"").count == 1
