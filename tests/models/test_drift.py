"""Drift: on its way a runtime is at each moment the generator of the weights in between."""

import pytest
import tiny3
import torch
from tiny import CPU, WIDTHS, generator
from torch import Tensor

from models import drift
from models.canvas import Canvas, canvas_of
from models.networks import Generator, Widths
from models.runtime import Runtime
from models.stylegan3 import runtime as stylegan3_runtime

WIDE = canvas_of(16, 32)


def between(share: float, canvas: Canvas = WIDE) -> Generator:
    """A generator `share` of the way from one (0) to its kin (1), both with the same noise."""
    here, there = generator(canvas, seed=1), generator(canvas, seed=2)
    for (name, own), goal in zip(
        here.state_dict().items(), there.state_dict().values(), strict=True
    ):
        if not name.endswith("noise_const"):
            own.lerp_(goal, 0.4 * share)
    return here


def latents(runtime: Runtime) -> Tensor:
    """w of each layer, always the same."""
    random = torch.Generator().manual_seed(7)
    return torch.randn(runtime.num_ws, 16, generator=random)


def picture(runtime: Runtime) -> Tensor:
    return runtime.draw(latents(runtime), 1.0)


def begin(here: Runtime, there: Runtime) -> drift.Drift:
    found = here.drift(there)
    assert found is not None
    return found


@pytest.mark.parametrize("share", [0.25, 0.5, 0.9])
def test_on_the_way_it_is_the_generator_of_the_weights_in_between(share: float) -> None:
    playing = Runtime(between(0.0), CPU)
    assert not begin(playing, Runtime(between(1.0), CPU)).advance(share)
    expected = Runtime(between(share), CPU)
    torch.testing.assert_close(picture(playing), picture(expected), rtol=1e-4, atol=1e-5)
    z = torch.randn(3, 16)
    torch.testing.assert_close(playing.map(z), expected.map(z))
    torch.testing.assert_close(playing.w_avg, expected.w_avg)


def test_steps_add_up_and_the_end_is_the_goal_to_the_bit() -> None:
    playing, goal = Runtime(between(0.0), CPU), Runtime(between(1.0), CPU)
    expected = picture(goal).clone()
    way = begin(playing, goal)
    for step in range(1, 10):
        assert not way.advance(step / 10)
    torch.testing.assert_close(picture(playing), picture(Runtime(between(0.9), CPU)))
    assert way.advance(1.0)
    assert torch.equal(picture(playing), expected)
    assert torch.equal(picture(goal), expected), "the goal was left alone"
    z = torch.randn(3, 16)
    assert torch.equal(playing.map(z), goal.map(z)) and torch.equal(playing.w_avg, goal.w_avg)


def test_noise_comes_and_goes_with_its_strengths() -> None:
    def silent(made: Generator) -> Generator:
        for name, tensor in made.state_dict().items():
            if name.endswith("noise_strength"):
                tensor.zero_()
        return made

    for here, there in ((silent(between(0)), between(1)), (between(0), silent(between(1)))):
        playing, goal = Runtime(here, CPU), Runtime(there, CPU)
        assert begin(playing, goal).advance(1.0)
        assert torch.equal(picture(playing), picture(goal))


def test_it_can_turn_to_another_goal_on_the_way() -> None:
    playing, last = Runtime(between(0.0), CPU), Runtime(between(0.2), CPU)
    begin(playing, Runtime(between(1.0), CPU)).advance(0.6)
    before = picture(playing).clone()
    way = begin(playing, last)
    way.advance(0.0)
    torch.testing.assert_close(picture(playing), before)
    assert way.advance(1.0)
    assert torch.equal(picture(playing), picture(last))


def apart(here: Runtime, there: Runtime) -> list[bool]:
    """Of each layer, whether any of its weights differs."""
    return [
        any(not torch.equal(a, b) for a, b in zip(own.weights, goal.weights, strict=True))
        for own, goal in zip(here._layers(), there._layers(), strict=True)
    ]


def test_the_parts_of_a_large_network_take_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drift, "PART", 1000)
    playing, goal = Runtime(between(0.0), CPU), Runtime(between(1.0), CPU)
    start = Runtime(between(0.0), CPU)
    way = begin(playing, goal)
    whole, moved = sum(apart(start, goal)), []
    while sum(apart(start, playing)) < whole:
        way.advance(0.01)
        moved.append(sum(apart(start, playing)))
    assert len(moved) > 2 and moved == sorted(set(moved)), "some more layers in each frame"
    assert sum(apart(playing, goal)) == whole, "and none of them is there yet"
    for _ in moved[1:]:
        assert not way.advance(1.0)
    assert way.advance(1.0)
    assert not any(apart(playing, goal))
    assert torch.equal(picture(playing), picture(goal))


def test_no_way_leads_to_other_shapes() -> None:
    runtime = Runtime(generator(WIDE), CPU)
    wider = Widths(channel_base=128, channel_max=16, z_dim=16, w_dim=16, mapping_layers=2)
    others = [generator(canvas_of(8, 16)), generator(canvas_of(32, 16)), generator(WIDE, wider)]
    assert [runtime.drift(Runtime(other, CPU)) for other in others] == [None] * 3
    assert runtime.drift(generator(WIDE)) is None, "it is no runtime"
    square = stylegan3_runtime.Runtime(tiny3.generator(), CPU)
    assert runtime.drift(square) is square.drift(runtime) is square.drift(square) is None


def test_no_way_leads_to_a_stranger_of_the_same_shapes() -> None:
    runtime = Runtime(between(0.0), CPU)
    assert runtime.drift(Runtime(between(1.0), CPU)) is not None
    assert runtime.drift(Runtime(generator(WIDE, WIDTHS, seed=5), CPU)) is None
