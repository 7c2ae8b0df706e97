"""The graph engine: the eager runtime's pictures, one for each call, of whatever network."""

from threading import Event, Thread, current_thread

import msgspec
import pytest
import torch
from tiny import CPU, generator

from models.canvas import Canvas, canvas_of
from models.graph.choice import Choice
from models.graph.compiled import Compiled
from models.graph.network import network_of
from models.graph.runtime import GraphRuntime
from models.networks import Generator, Widths
from models.runtime import Runtime

NARROW = Widths(channel_base=64, channel_max=16, z_dim=8, w_dim=16, mapping_layers=2)
WIDE = Widths(channel_base=256, channel_max=64, z_dim=16, w_dim=8, mapping_layers=3)
PLAIN = Choice("graph", "float32", 1)
CASES = [
    (canvas_of(8, 8), NARROW),
    (canvas_of(32, 16), WIDE),
    (Canvas(5, 7, 2), WIDE),
    (canvas_of(64, 32), NARROW),
]


def graph(made: Generator) -> GraphRuntime:
    return GraphRuntime(made, network_of(made), PLAIN)


def difference(found: torch.Tensor, expected: torch.Tensor) -> float:
    """The largest one, over the range of the picture."""
    return float((found - expected).abs().max() / (expected.max() - expected.min()))


@pytest.mark.parametrize("clamp", [0.0, 0.3])
@pytest.mark.parametrize(("canvas", "widths"), CASES, ids=lambda case: str(case)[:20])
def test_a_picture_equals_the_eager_runtimes(canvas: Canvas, widths: Widths, clamp: float) -> None:
    widths = msgspec.structs.replace(widths, clamp=clamp)
    playing = graph(generator(canvas, widths))
    eager = Runtime(generator(canvas, widths), CPU)
    ws = torch.randn(playing.num_ws, widths.w_dim)  # another one for each layer
    for noise in (1.0, 0.0, 2.5):
        expected = eager.draw(ws, noise)
        found = playing.draw(ws, noise)
        assert found.shape == expected.shape and found.dtype == torch.float32
        assert difference(found, expected) < 1e-5


def test_it_draws_a_generator_without_noise() -> None:
    made = generator(CASES[1][0], NARROW)
    for name, tensor in made.state_dict().items():
        if name.endswith("noise_strength"):
            tensor.zero_()
    ws = torch.randn(made.num_ws, 16)
    playing = graph(made)
    assert difference(playing.draw(ws, 3.0), Runtime(made, CPU).draw(ws, 1.0)) < 1e-5


def test_a_picture_that_is_held_stays_as_it_is() -> None:
    playing = graph(generator(*CASES[1]))
    first_ws, other_ws = torch.randn(2, playing.num_ws, 8)
    held = playing.draw(first_ws, 1.0)
    kept = held.clone()
    others = [playing.draw(other_ws, 1.0) for _ in range(3)]
    assert torch.equal(held, kept) and not torch.equal(others[0], kept)
    assert torch.equal(playing.draw(first_ws, 1.0), kept)
    with torch.inference_mode():  # as effects and trails may
        others[0].zero_()
    assert torch.equal(others[1], others[2]) and bool(others[1].any())


def test_what_it_is_given_is_left_alone_and_may_be_a_view() -> None:
    playing = graph(generator(*CASES[1]))
    w = torch.randn(8)
    spread = w.expand(playing.num_ws, -1)
    assert torch.equal(playing.draw(spread, 1.0), playing.draw(spread.contiguous(), 1.0))
    with torch.inference_mode():
        assert torch.equal(playing.draw(w.clone().expand(playing.num_ws, -1), 1.0),
                           playing.draw(spread, 1.0))  # fmt: skip


def test_it_tells_what_the_eager_runtime_tells() -> None:
    widths = msgspec.structs.replace(NARROW, classes=3)
    own = torch.randn(5, 16)
    made = generator(CASES[1][0], widths)
    playing = GraphRuntime(made, network_of(made), PLAIN, own)
    eager = Runtime(generator(CASES[1][0], widths), CPU, own)
    for name in ("device", "height_px", "width_px", "num_ws", "z_dim", "classes"):
        assert getattr(playing, name) == getattr(eager, name), name
    z, shares = torch.randn(3, 8), torch.eye(3)
    assert torch.equal(playing.map(z, shares), eager.map(z, shares))
    assert torch.equal(playing.map(z), eager.map(z))
    assert torch.equal(playing.w_avg, eager.w_avg)
    assert torch.equal(playing.directions(7), eager.directions(7))


def test_it_stays_where_the_goal_has_the_same_weights_and_else_finds_no_way() -> None:
    playing = graph(generator())
    way = playing.drift(Runtime(generator(), CPU))
    assert way is not None and [way.advance(share) for share in (0.0, 0.5, 1.0)] == [0, 0, 1]
    for other in (Runtime(generator(seed=1), CPU), graph(generator(canvas_of(16, 8))), "a word"):
        assert playing.drift(other) is None
    assert Runtime(generator(), CPU).drift(playing) is None


def test_what_takes_long_to_give_back_is_given_back_elsewhere() -> None:
    ended, ends = Event(), list[Thread]()

    class Request:
        def __del__(self) -> None:
            ends.append(current_thread())
            ended.set()

    compiled = Compiled.__new__(Compiled)
    compiled._request = Request()  # type: ignore[assignment]
    del compiled
    assert ended.wait(30.0) and ends != [current_thread()]
