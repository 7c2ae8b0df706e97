"""An ONNX model played: by the graph engine, on the CPU, with the pictures of its generator."""

import logging
from pathlib import Path

import pytest
import tiny
import torch
from onnx_files import CLASSES, Z_DIM, Net
from torch.nn import functional as F

from models.contest import psnr_db
from models.directions import find_directions
from models.engines import describe_engine, runtime_for
from models.graph.choice import Choice, choose
from models.graph.compiled import has_bfloat16
from models.graph.library import Model
from models.graph.runtime import GraphRuntime
from models.onnx.design import ONNX, needs_of
from models.onnx.generator import Generator, Synthesis
from models.onnx.graph import read_graph, written
from models.onnx.network import canvas_of, network_of
from models.onnx.proof import as_tensor
from models.sampling import draw

CPU = torch.device("cpu")
PLAIN = Choice("graph", "float32", 1)


@pytest.fixture(autouse=True)
def quickly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is tried."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("models.onnx.proof._tried_elsewhere", lambda made: PLAIN)
    monkeypatch.setattr("models.graph.choice.choose", lambda made, network: PLAIN)


def generator(net: Net, design: ONNX = ONNX()) -> Generator:  # noqa: B008
    graph = read_graph(memoryview(written(net.graph())))
    widths = needs_of(graph).widths
    return Generator(as_tensor(written(graph)), canvas_of(graph), widths, design).eval()


def test_no_graph_is_compiled_here_before_its_proof_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []

    def tried(made: Generator) -> Choice:
        steps.append("tried elsewhere")
        return PLAIN

    def compiled(synthesis: Synthesis) -> Model:
        kept = list((tmp_path / "cache").rglob("*.json"))
        steps.append(f"read here with {len(kept)} kept")
        return network_of(synthesis)

    monkeypatch.setattr("models.onnx.proof._tried_elsewhere", tried)
    monkeypatch.setattr("models.onnx.network.network_of", compiled)
    for _ in range(2):
        runtime_for(generator(Net()), CPU)
    assert steps == ["tried elsewhere", "read here with 1 kept", "read here with 1 kept"]


def test_torch_does_not_contend(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.contest.ROUNDS_S", 0.0)
    monkeypatch.setattr("models.graph.choice.Runtime", None)
    made = generator(Net())
    assert choose(made, network_of(made.synthesis)).engine == "graph"


@pytest.mark.parametrize("told", ["", "shares", "number"])
def test_the_engine_draws_what_the_generator_draws(told: str) -> None:
    made = generator(Net(told=told))
    playing = runtime_for(made, CPU)
    assert isinstance(playing, GraphRuntime) and "OpenVINO fp32" in describe_engine(playing)
    assert (playing.height_px, playing.width_px, playing.num_ws) == (8, 10, 1)
    assert (playing.z_dim, playing.classes) == (Z_DIM, CLASSES if told else 0)
    w = playing.map(torch.randn(2, Z_DIM), torch.eye(CLASSES)[1:] if told else None)
    for each in w:
        expected = made.synthesis(each[None, None])
        assert torch.equal(playing.draw(each[None], 1.0), expected)
        assert torch.equal(playing.draw(each[None], 3.0), expected), "noise changes nothing"
    assert playing.w_avg.shape == w[0].shape and not playing.w_avg.any()
    assert playing.directions(5).shape == (5, Z_DIM + playing.classes)


def test_on_another_device_the_cpu_plays_it_and_says_so(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    playing = runtime_for(generator(Net()), torch.device("mps"), name="tides")
    assert playing.device == CPU
    assert "OpenVINO plays tides, an ONNX model, on the CPU, not on Apple GPU" in caplog.text


def test_it_goes_over_to_itself_only() -> None:
    playing = runtime_for(generator(Net()), CPU)
    assert playing.drift(runtime_for(generator(Net()), CPU)) is not None
    for other in (generator(Net(square=True)), tiny.generator()):
        assert playing.drift(runtime_for(other, CPU)) is None
    assert runtime_for(tiny.generator(), CPU).drift(playing) is None


def test_pictures_are_drawn_by_a_seed_and_by_their_range() -> None:
    found = draw(generator(Net(tail="Sigmoid"), ONNX(0.0, 1.0)), 4, seed=3)
    assert found.shape == (4, 3, 8, 10) and found.dtype == torch.uint8
    lower = draw(generator(Net(tail="Sigmoid"), ONNX(-1.0, 1.0)), 4, seed=3)
    assert (lower >= 127).all() and (found.float().mean() < lower.float().mean())


def test_the_axis_that_shows_most_is_found() -> None:
    net = Net(told="shares")
    net.weights["project"][2] *= 6.0
    found = find_directions(generator(net))
    assert abs(float(F.normalize(found.pushes[0], dim=0)[2])) > 0.9
    assert found.ratios[0] > 1.3 and not found.pushes[:, Z_DIM:].any()


@pytest.mark.parametrize("operator", ["RandomNormal", "RandomNormalLike"])
@pytest.mark.parametrize("half", [False, True])
def test_noise_of_its_own_stands_still_as_strong_as_is_asked(operator: str, half: bool) -> None:
    noisy = generator(Net(noise=operator, half=half))
    plain = generator(Net(half=half))
    playing = runtime_for(noisy, CPU)
    w = playing.map(torch.randn(1, Z_DIM))
    without, usual, more = (playing.draw(w, strength) for strength in (0.0, 1.0, 2.0))
    torch.testing.assert_close(without, plain.synthesis(w[None]), rtol=0, atol=1e-5)
    assert torch.equal(usual, playing.draw(w, 1.0)) and torch.equal(usual, noisy.synthesis(w[None]))
    assert 0.02 < float((usual - without).abs().mean()) < float((more - without).abs().mean())


@pytest.mark.skipif(not has_bfloat16(), reason="a processor without bfloat16")
def test_half_precision_draws_nearly_the_same() -> None:
    made = generator(Net())
    half = GraphRuntime(made, network_of(made.synthesis), Choice("graph", "bfloat16", 1))
    w = half.map(torch.randn(1, Z_DIM))
    assert 25.0 < psnr_db(half.draw(w, 1.0), made.synthesis(w[None])) < 90.0
