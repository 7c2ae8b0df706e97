"""Damaged and hostile ONNX graphs: one sentence each, before anything else sees them."""

import re
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx_files import Z_DIM, Net, constant, ints
from safetensors.torch import save_file

from models import contest
from models.canvas import Canvas
from models.checkpoint import METADATA_KEY, CheckpointError, load_checkpoint, load_tensors
from models.importers.importing import convert
from models.importers.refusal import ImporterError
from models.onnx import wire
from models.onnx.design import needs_of
from models.onnx.graph import read_graph, written
from models.onnx.parts import AN_INT, Attribute, Graph, Node, Port
from models.onnx.tensors import Constant

GOOD = written(Net(told="number", tail="bytes").graph())
NUMBER = st.integers(0, len(GOOD) - 1)


@pytest.fixture(autouse=True)
def quickly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(contest, "ROUNDS_S", 0.0)


def refusal(data: bytes) -> str:
    """The sentence with which a graph is refused, by our own reader alone."""
    with pytest.raises(ImporterError) as error:
        needs_of(read_graph(memoryview(data)))
    assert "\n" not in str(error.value)
    return str(error.value)


def test_what_is_written_is_read_and_written_the_same() -> None:
    assert written(read_graph(memoryview(GOOD))) == GOOD


def test_every_truncation_is_refused() -> None:
    for length in range(0, len(GOOD), 23):
        refusal(GOOD[:length])


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(NUMBER, st.integers(0, 255)), min_size=1, max_size=8))
def test_damage_is_refused_or_harmless(changes: list[tuple[int, int]]) -> None:
    """Whatever is read can be written, and is then read the same."""
    data = bytearray(GOOD)
    for at, byte in changes:
        data[at] = byte
    try:
        graph = read_graph(memoryview(bytes(data)))
        needs_of(graph)
    except ImporterError:
        return
    again = written(graph)
    assert written(read_graph(memoryview(again))) == again


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_refused(data: bytes) -> None:
    refusal(b"\x08\x08" + data)


def test_what_is_not_known_is_not_handed_on() -> None:
    more = wire.text(6, "words") + wire.chunk(25, [b"\x0a\x03abc"]) + wire.text(14, "secret")
    graph = read_graph(memoryview(GOOD + b"".join(more)))
    assert written(graph) == GOOD


def added(*nodes: Node, constants: tuple[Constant, ...] = (), last: str = "") -> Graph:
    """A good graph with nodes before its others, which take `last` instead of z."""
    graph = Net().graph()
    for node in graph.nodes:
        node.inputs = [last if last and name == "z" else name for name in node.inputs]
    graph.nodes[:0] = nodes
    graph.constants += constants
    return graph


def with_inputs(*ports: Port) -> Graph:
    graph = Net().graph()
    graph.inputs = list(ports)
    return graph


def of_opset(version: int) -> Graph:
    graph = Net().graph()
    graph.opset = version
    return graph


def twice() -> Graph:
    return added(Node("Relu", ["z"], ["a"]), Node("Relu", ["z"], ["a"]))


def two_results() -> Graph:
    graph = Net().graph()
    graph.outputs *= 2
    return graph


LATENT = Port("z", 1, (1, Z_DIM))
GRAPHS: dict[str, tuple[Graph, str]] = {
    "a branch": (added(Node("If", ["z"], ["a"])), "needs the operator If"),
    "a loop": (added(Node("Loop", ["z"], ["a"])), "needs the operator Loop"),
    "random numbers": (added(Node("RandomUniform", [], ["a"])), "operator RandomUniform"),
    "strange noise": (added(Node("RandomNormal", [], ["a"])), "noise of a strange kind"),
    "an unknown one": (added(Node("Os\nSystem", ["z"], ["a"])), r"operator Os\\nSystem"),
    "a circle": (added(Node("Relu", ["x5"], ["a"])), "order in which they need each other"),
    "a name twice": (twice(), "a name twice"),
    "too small a tensor": (
        added(constants=(Constant("a", 1, (1 << 40, 1 << 40), b"1234"),)),
        "a is larger or smaller than its shape",
    ),
    "a negative side": (added(constants=(Constant("a", 1, (-1, -1), b"1234"),)), "strange shape"),
    "many sides": (added(constants=(Constant("a", 2, (1,) * 9, b"1"),)), "strange shape"),
    "text as a tensor": (added(constants=(Constant("a", 8, (1,), b"1"),)), "of a type"),
    "many nodes": (
        added(*[Node("Relu", ["z"], [f"a{i}"]) for i in range(20_001)]),
        "more than 20000 operators",
    ),
    "an old version": (of_opset(3), "of version 3"),
    "no input": (with_inputs(), "in the order"),
    "three inputs": (with_inputs(LATENT, LATENT, LATENT), "takes 3 inputs|a name twice"),
    "two results": (two_results(), "draws 2 results"),
    "text as input": (with_inputs(Port("z", 8, (1, Z_DIM))), "not of floats"),
    "a picture as input": (with_inputs(Port("z", 1, (1, 3, 64, 64))), r"shape \(1, 3, 64, 64\)"),
    "z left open": (with_inputs(Port("z", 1, (None, None))), r"shape \(\?, \?\)"),
    "many at once": (with_inputs(Port("z", 1, (8, Z_DIM))), "draws 8 pictures at once"),
    "a strange class": (with_inputs(LATENT, Port("c", 1, (1, 2, 3))), "second input is neither"),
    "classes untold": (with_inputs(LATENT, Port("c", 7, (1,))), "how many classes"),
}  # fmt: skip


@pytest.mark.parametrize(("graph", "sentence"), GRAPHS.values(), ids=list(GRAPHS))
def test_what_no_generator_needs_is_refused(graph: Graph, sentence: str) -> None:
    assert re.search(sentence, refusal(written(graph)))


def in_body(*parts: bytes) -> bytes:
    """A file of this body."""
    opset = wire.text(1, "") + wire.number(2, 13)
    whole = wire.number(1, 8) + wire.chunk(7, parts) + wire.chunk(8, opset)
    return b"".join(whole)


def joined(parts: wire.Parts) -> bytes:
    return b"".join(parts)


A_GRAPH = wire.text(1, "body") + wire.number(20, 5) + wire.chunk(6, [])
DAMAGED = "cut short or damaged"
BYTES = {
    "a graph within a node": (
        in_body(joined(wire.chunk(1, wire.text(4, "Relu") + wire.chunk(5, A_GRAPH)))),
        "attribute body holds more than numbers and text",
    ),
    "an operator of one's own": (
        in_body(joined(wire.chunk(1, wire.text(7, "evil.domain") + wire.text(4, "Relu")))),
        "needs evil.domain.Relu, which is no standard operator",
    ),
    "weights elsewhere": (
        in_body(
            joined(
                wire.chunk(
                    5,
                    wire.number(2, 1) + wire.number(14, 1)
                    + wire.chunk(13, wire.text(1, "location") + wire.text(2, "/etc/passwd")),
                )
            )
        ),
        'weights are in another file, "/etc/passwd"',
    ),
    "sparse tensors": (in_body(joined(wire.chunk(15, []))), "sparse"),
    "segments": (in_body(joined(wire.chunk(5, wire.chunk(3, [])))), "segments"),
    "no text": (in_body(joined(wire.chunk(1, wire.chunk(4, [b"\xff\xfe"])))), DAMAGED),
    "an endless number": (b"\x08" + b"\xff" * 30, DAMAGED),
    "a length beyond": (b"\x3a\xff\xff\xff\xff\xff\xff\xff\xff\x7f", DAMAGED),
    "an old group": (b"\x0b\x0c", DAMAGED),
    "a number for a graph": (b"\x38\x01", DAMAGED),
    "many fields": (b"\x08\x01" * 500_001, "more steps to read than any model"),
}  # fmt: skip


@pytest.mark.parametrize(("data", "sentence"), BYTES.values(), ids=list(BYTES))
def test_hostile_bytes_are_refused(data: bytes, sentence: str) -> None:
    start_s = time.perf_counter()
    assert sentence in refusal(data)
    assert time.perf_counter() - start_s < 10.0


ONE, SHAPE = torch.ones(1), torch.tensor([1 << 17, 1 << 17])
LARGEST = [Attribute("keepdims", AN_INT, 0)]
DOUBLINGS = 60


def with_strides(*strides: int) -> Graph:
    graph = Net().graph()
    for node in graph.nodes:
        if node.operator == "Conv":
            node.attributes.append(ints("strides", *strides))
    return graph


BOMBS: dict[str, Callable[[], Graph]] = {
    "a large tensor out of a small one": lambda: added(
        Node("Expand", ["one", "large"], ["a"]),
        Node("ReduceMax", ["a"], ["b"], LARGEST),
        Node("Mul", ["z", "b"], ["c"]),
        constants=(constant("one", ONE), constant("large", SHAPE)),
        last="c",
    ),
    "doubled again and again": lambda: added(
        *[
            Node("Concat", [name] * 2, [f"a{i}"], [Attribute("axis", AN_INT, 0)])
            for i, name in enumerate(["z", *[f"a{j}" for j in range(DOUBLINGS - 1)]])
        ],
        Node("ReduceMax", [f"a{DOUBLINGS - 1}"], ["b"], [ints("axes", 0)]),
        last="b",
    ),
    "strange strides": lambda: with_strides(0, -(1 << 60)),
    "a picture of five channels": lambda: Net(channels=5).graph(),
}


@pytest.mark.parametrize("bomb", list(BOMBS))
def test_what_takes_too_much_to_draw_is_refused(
    bomb: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.importers.contained._is_contained", True)
    path, out = tmp_path / "gan.onnx", tmp_path / "out.safetensors"
    path.write_bytes(written(BOMBS[bomb]()))
    with pytest.raises(ImporterError) as error:
        convert(path, out, "")
    sentence = str(error.value)
    assert sentence.startswith(f"{path}: ") and "\n" not in sentence and not out.exists()


def checkpoint(path: Path, net: Net, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A good model; where it is loaded next, it is not proven yet."""
    with monkeypatch.context() as patched:
        patched.setattr("models.importers.contained._is_contained", True)
        patched.setenv("XDG_CACHE_HOME", str(path / "other cache"))
        convert(net.write(path / "gan.onnx"), path / "gan.safetensors", "")
    return path / "gan.safetensors"


def rewritten(path: Path, graph: bytes | None = None, **changes: object) -> str:
    """The sentence with which a model with another graph or manifest is refused."""
    tensors, metadata = load_tensors(path)
    if graph is not None:
        tensors["synthesis.graph"] = torch.frombuffer(bytearray(graph), dtype=torch.uint8)
    told = msgspec.json.decode(metadata[METADATA_KEY]) | changes
    save_file(tensors, path, metadata={METADATA_KEY: msgspec.json.encode(told).decode()})
    with pytest.raises(CheckpointError) as error:
        load_checkpoint(path)
    sentence = str(error.value)
    assert sentence.startswith(f"{path}: ") and "\n" not in sentence
    return sentence


def test_a_hostile_checkpoint_is_refused_before_it_is_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = checkpoint(tmp_path, Net(), monkeypatch)

    def never(*_: object, **__: object) -> bytes:
        raise AssertionError("tried")

    monkeypatch.setattr("models.onnx.proof.contained", never)
    whole = {"base_h": 8, "base_w": 10, "doublings": 0}
    for canvas in ({"doublings": 1}, {"base_w": 1 << 20}, {"base_h": 0}):
        assert "sizes out of range" in rewritten(path, canvas=whole | canvas)
    assert "out of range" in rewritten(path, canvas=whole, widths={"z_dim": 9, "w_dim": 8})
    plain = {"z_dim": Z_DIM, "w_dim": Z_DIM}
    for told in ({"black": 1.0, "white": 1.0}, {"black": 0.0, "white": 1e30}):
        assert "range" in rewritten(path, widths=plain, architecture={"type": "onnx", **told})
    onnx = {"type": "onnx"}
    assert "another file" in rewritten(path, BYTES["weights elsewhere"][0], architecture=onnx)
    assert "operator If" in rewritten(path, written(GRAPHS["a branch"][0]))
    assert "cut short" in rewritten(path, GOOD[:-40])


def test_other_tensors_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = checkpoint(tmp_path, Net(), monkeypatch)
    tensors, metadata = load_tensors(path)
    graph = tensors["synthesis.graph"]
    for others in ({}, {"synthesis.graph": graph.float()}, {"synthesis.graph": graph[None]},
                   {"synthesis.graph": graph, "more": graph + 0}):  # fmt: skip
        save_file(others, path, metadata=metadata)
        with pytest.raises(CheckpointError, match="holds synthesis.graph and nothing else"):
            load_checkpoint(path)


def test_a_graph_never_tried_here_is_tried_in_a_process_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a shape that OpenVINO would compute out of 128 GiB while it reads."""
    path = checkpoint(tmp_path, Net(), monkeypatch)
    bomb = added(
        Node("Expand", ["one", "large"], ["a"]),
        Node("ReduceMax", ["a"], ["b"], LARGEST),
        Node("Reshape", ["b", "single"], ["c"]),
        Node("Concat", ["c", "rest"], ["d"], [Attribute("axis", AN_INT, 0)]),
        Node("Reshape", ["z", "d"], ["e"]),
        constants=(
            constant("one", torch.ones(1, dtype=torch.int64)),
            constant("large", SHAPE),
            constant("single", torch.tensor([1])),
            constant("rest", torch.tensor([Z_DIM])),
        ),
        last="e",
    )
    monkeypatch.setattr("models.onnx.proof.SPARE_BYTES", 2 << 30)
    assert "OpenVINO cannot read it" in rewritten(path, written(bomb))
    assert not list((tmp_path / "cache").rglob("*.json")), "what failed is not proven"


def test_a_manifest_of_another_graph_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = checkpoint(tmp_path, Net(), monkeypatch)
    monkeypatch.setattr("models.importers.contained._is_contained", True)
    classed = written(Net(told="shares").graph())
    assert "tells of another graph" in rewritten(path, classed)
    wide = msgspec.to_builtins(Canvas(8, 12, 0))
    assert "tells of another graph" in rewritten(path, written(Net().graph()), canvas=wide)
