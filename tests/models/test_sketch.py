"""A sketch: about the same picture, in the same size, from every engine."""

import pytest
import torch
from test_graph import CASES, difference, graph
from tiny import CPU, generator

from models.canvas import Canvas
from models.contest import samples_of
from models.gpu.choice import Choice
from models.gpu.runtime import GpuRuntime
from models.networks import Generator, Widths
from models.runtime import Runtime
from models.sketch import Sketch


def sketch_of(playing: object) -> Sketch:
    playing.prepare_sketch()  # type: ignore[attr-defined]
    sketch: Sketch | None = playing.sketch  # type: ignore[attr-defined]
    assert sketch is not None
    return sketch


def muted(made: Generator) -> Generator:
    """The same, whose finest level adds nothing to the image."""
    finest = getattr(made.synthesis, f"b{4 << made.canvas.doublings}").torgb
    finest.weight.data.zero_()
    finest.bias.data.zero_()
    return made


@pytest.mark.parametrize(("canvas", "widths"), CASES, ids=lambda case: str(case)[:20])
def test_it_is_the_picture_without_what_the_finest_level_adds(
    canvas: Canvas, widths: Widths
) -> None:
    sketch = sketch_of(Runtime(generator(canvas, widths), CPU))
    without = Runtime(muted(generator(canvas, widths)), CPU)
    ws = torch.randn(without.num_ws, widths.w_dim)
    added = sketch.draw(ws, 1.0) - without.draw(ws, 1.0)
    assert torch.allclose(added, added.mean(dim=(2, 3), keepdim=True), atol=1e-5)


def test_it_is_as_light_as_the_picture_on_average() -> None:
    playing = Runtime(generator(*CASES[1]), CPU)
    sketch = sketch_of(playing)
    samples = samples_of(playing.generator)
    lacks = [(playing.draw(ws, 1.0) - sketch.draw(ws, 1.0)).mean(dim=(2, 3)) for ws in samples]
    assert float(torch.stack(lacks).mean(dim=0).abs().max()) < 1e-5


@pytest.mark.parametrize(("canvas", "widths"), CASES, ids=lambda case: str(case)[:20])
def test_the_graphs_sketch_equals_the_eager_runtimes(canvas: Canvas, widths: Widths) -> None:
    drawn = graph(generator(canvas, widths)), Runtime(generator(canvas, widths), CPU)
    ws = torch.randn(drawn[0].num_ws, widths.w_dim)
    found, expected = (sketch_of(playing).draw(ws, 0.7) for playing in drawn)
    assert found.shape == expected.shape and difference(found, expected) < 1e-5


def test_a_captured_sketch_equals_the_eager_runtimes() -> None:
    """On the CPU, where a stand-in takes the graph's place."""
    playing = GpuRuntime(generator(*CASES[1]), CPU, choice=Choice("float32", captured=True))
    ws = torch.randn(playing.num_ws, 8)
    expected = sketch_of(Runtime(generator(*CASES[1]), CPU)).draw(ws, 0.7)
    assert difference(sketch_of(playing).draw(ws, 0.7), expected) < 1e-5


def test_where_the_engine_fails_the_show_goes_on_without(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    playing = graph(generator(*CASES[0]))

    def fail(*_: object) -> None:
        raise RuntimeError("out of memory\nand more")

    monkeypatch.setattr("models.graph.runtime.Compiled", fail)
    playing.prepare_sketch()
    assert playing.sketch is None
    assert caplog.messages == ["the level of detail cannot be lowered: RuntimeError: out of memory"]
