"""`performer import` of an ONNX file, and the show that is played with it."""

import io
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from rich.console import Console

from models import contest
from models.graph.runtime import GraphRuntime
from models.onnx.graph import written
from models.onnx.parts import AN_INT, Attribute, Graph, Node, Port
from models.onnx.tensors import FLOAT, INT64, Constant
from performer.clock import ManualClock
from performer.commands import check as checking
from performer.commands.import_ import import_
from performer.commands.instrument import load_instrument
from performer.commands.preparing import Preparer
from performer.engine import Engine
from performer.events import Inbox, ModelEvent, OscEvent
from tests.tiny_model import still_patch

Z_DIM, CLASSES = 8, 3
DT_S = 1 / 60


def onnx_file(path: Path) -> Path:
    """A generator with classes of 12x8 pixels."""
    weight = torch.randn(Z_DIM + CLASSES, 3, 8, 12, generator=torch.Generator().manual_seed(0)) / 2
    shape = np.array([1, Z_DIM + CLASSES, 1, 1], dtype=np.int64)
    constants = [
        Constant("weight", FLOAT, tuple(weight.shape), weight.numpy().tobytes()),
        Constant("shape", INT64, (4,), shape.tobytes()),
    ]
    nodes = [
        Node("Concat", ["z", "c"], ["joined"], [Attribute("axis", AN_INT, 1)]),
        Node("Reshape", ["joined", "shape"], ["x"]),
        Node("ConvTranspose", ["x", "weight"], ["y"]),
        Node("Tanh", ["y"], ["image"]),
    ]
    inputs = [Port("z", FLOAT, (1, Z_DIM)), Port("c", FLOAT, (1, CLASSES))]
    outputs = [Port("image", FLOAT, ())]
    path.write_bytes(written(Graph(17, nodes, constants, inputs, outputs, "an [old] program")))
    return path


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Such a file, imported."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(contest, "ROUNDS_S", 0.0)
    monkeypatch.setattr("models.importers.contained._is_contained", True)
    console = Console(file=io.StringIO(), width=200)
    import_(onnx_file(tmp_path / "my [gan].onnx"), None, "CC0", console)
    words = console.file.getvalue()  # type: ignore[attr-defined]
    for part in ("my [gan].onnx", "12x8", "3, chosen by /class", "/middle and /fine do nothing"):
        assert part in words, words
    return tmp_path / "my [gan].safetensors"


def settle(engine: Engine, address: str, value: float) -> NDArray[np.int64]:
    image = engine.frame(0.0, DT_S, (OscEvent(0.0, address, (value,)),)).image
    for _ in range(60):
        image = engine.frame(0.0, DT_S, ()).image
    return image.astype(int)


def test_it_plays_with_all_that_applies(model: Path) -> None:
    engine = load_instrument("drift", model, "cpu").engine()
    runtime = load_instrument("drift", model, "cpu").runtime
    frames = [engine.frame(i * DT_S, DT_S, ()).image.copy() for i in range(60)]
    assert frames[0].shape == (8, 12, 3) and engine.errors == 0
    assert (frames[0] != frames[59]).any(), "it moves by itself"
    moving = {"/seed": 3.0, "/seed_mix": 1.0, "/psi": 0.2, "/class": 1.0, "/class/": 1.5,
              "/direction/1": 3.0, "/coarse/1": 3.0, "/hue": 90.0}  # fmt: skip
    for address, value in moving.items():
        still = Engine(runtime, still_patch())
        before = settle(still, "/blackout", 0.0)
        after = settle(still, address.rstrip("/"), value)
        assert np.abs(after - before).mean() > 1.0, address
    for address in ("/noise", "/middle/1", "/fine/1"):
        still = Engine(runtime, still_patch())
        before = settle(still, "/blackout", 0.0)
        assert (settle(still, address, 2.0) == before).all(), address


def test_psi_zero_is_one_picture_and_a_style_is_blended_in(model: Path) -> None:
    runtime = load_instrument("drift", model, "cpu").runtime
    average = Engine(runtime, still_patch())
    settle(average, "/psi", 0.0)
    assert (settle(average, "/seed", 5.0) == settle(average, "/seed", 77.5)).all()
    styled = Engine(runtime, still_patch())
    settle(styled, "/style/mix", 1.0)
    one = settle(styled, "/seed", 5.0)
    assert (settle(styled, "/seed", 9.0) == one).all(), "all of it is the style picture's"
    assert (settle(styled, "/style/seed", 9.0) != one).any()


def test_beside_the_show_it_comes_as_it_was_tried_when_it_was_read(
    model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object) -> None:
        raise AssertionError("a process more")

    monkeypatch.setattr("performer.commands.preparing.find_choice", never)
    inbox = Inbox()
    preparer = Preparer(torch.device("cpu"), inbox, ManualClock())
    preparer.prepare(model)
    while not (events := inbox.drain()):
        time.sleep(0.01)
    preparer.close()
    assert isinstance(events[0], ModelEvent) and isinstance(events[0].generator, GraphRuntime)


def test_check_says_what_does_nothing(model: Path) -> None:
    told = checking._instrument("drift", model, "cpu")
    assert "imported from my [gan].onnx" in told and "OpenVINO" in told
    assert "/middle and /fine do nothing" in told
