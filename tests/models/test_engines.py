"""Which engine plays: the graph engine where it can, torch where it must, and why it says."""

import logging
import subprocess
import sys
from pathlib import Path

import pytest
import tiny3
import torch
from tiny import CPU, generator

from models.canvas import canvas_of
from models.engines import describe_engine, runtime_for
from models.graph.choice import Choice
from models.graph.runtime import GraphRuntime
from models.runtime import Runtime


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is tried; what torch is told about threads is taken back."""
    plain = Choice("graph", "float32", 1)
    monkeypatch.setattr("models.graph.choice.choose", lambda made, network: plain)


@pytest.fixture
def no_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """An installation without OpenVINO."""
    for name in [name for name in sys.modules if name.startswith("models.graph.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "openvino", None)


def test_the_graph_engine_plays_on_a_cpu(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    playing = runtime_for(generator(), CPU, name="tides")
    assert isinstance(playing, GraphRuntime) and torch.get_num_threads() == 1
    assert "Preparing tides for this processor, once" in caplog.text
    assert describe_engine(playing) == "CPU, 1 thread, OpenVINO fp32"


def test_torch_plays_on_a_cpu_where_it_is_faster(monkeypatch: pytest.MonkeyPatch) -> None:
    eager = Choice("torch", "bfloat16", 2)
    monkeypatch.setattr("models.graph.choice.choose", lambda made, network: eager)
    monkeypatch.setattr(Choice, "suits", True)
    playing = runtime_for(generator(canvas_of(16, 16)), CPU)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    assert isinstance(playing, Runtime) and threads == 2
    assert describe_engine(playing) == "CPU, 1 threads, torch bf16"


def test_what_moves_is_played_by_torch() -> None:
    playing = runtime_for(generator(), CPU, moves=True)
    assert isinstance(playing, Runtime) and describe_engine(playing).endswith("torch")
    goal = runtime_for(generator(), CPU, moves=True)
    assert isinstance(goal, Runtime) and playing.drift(goal) is not None


def test_stylegan3_is_played_by_torch() -> None:
    assert describe_engine(runtime_for(tiny3.generator(), CPU)).endswith("torch")


def test_without_the_library_torch_plays_and_says_so(
    no_library: None, caplog: pytest.LogCaptureFixture
) -> None:
    torch.set_num_threads(2)
    playing = runtime_for(generator(), CPU, name="tides")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    assert isinstance(playing, Runtime) and threads == 2
    assert [record.message for record in caplog.records] == [
        "torch plays tides: OpenVINO, which is faster, is not installed"
    ]


def test_when_the_engine_fails_torch_plays_and_says_so(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("no such primitive\nand more")

    monkeypatch.setattr("models.graph.runtime.Compiled", fail)
    playing = runtime_for(generator(), CPU, name="tides")
    assert isinstance(playing, Runtime)
    assert [record.message for record in caplog.records] == [
        "torch plays tides: OpenVINO failed: RuntimeError: no such primitive"
    ]


def test_nobody_is_told_that_the_library_is_used() -> None:
    """Its converter would report each import to its makers."""
    code = "import sys, models.graph.library; print(*sys.modules)"
    root = Path(__file__).parents[2]
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True
    )
    modules = ended.stdout.split()
    assert "openvino" in modules and "openvino.tools.ovc" not in modules
    assert not [name for name in modules if "telemetry" in name]
