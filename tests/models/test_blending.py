"""Blending: each end is one of the two to the bit, and only what moved is computed anew."""

import gc
import weakref

import pytest
import torch
from tiny import CPU, generator
from torch import Tensor

from models.blending import Blend
from models.canvas import canvas_of
from models.networks import Generator
from models.runtime import Runtime

WIDE = canvas_of(16, 32)
LAYERS = 2 * len(WIDE.levels)
PRECISIONS = ["float32", "bfloat16"]


def two(precision: str = "float32") -> tuple[Runtime, Runtime]:
    here, there = generator(WIDE, seed=1), generator(WIDE, seed=2)
    here.synthesis.b4.conv1.noise_strength.zero_()
    a, b = (Runtime(each, CPU, precision=precision) for each in (here, there))  # type: ignore[arg-type]
    return a, b


def picture(runtime: Runtime) -> Tensor:
    random = torch.Generator().manual_seed(7)
    return runtime.draw(torch.randn(runtime.num_ws, 16, generator=random), 1.0)


def blend_of(a: Runtime, b: Runtime) -> Blend:
    blend = a.blend(b)
    assert blend is not None
    return blend


@pytest.mark.parametrize("precision", PRECISIONS)
def test_each_end_is_one_of_the_two_to_the_bit(precision: str) -> None:
    a, b = two(precision)
    blend, before = blend_of(a, b), picture(a)
    for share, expected in ((1.0, b), (0.4, None), (0.0, a), (0.7, None), (1.0, b)):
        found = picture(blend.at([share] * LAYERS))
        if expected is not None:
            assert torch.equal(found, picture(expected))
    assert torch.equal(picture(a), before), "neither of them notices"


def test_on_the_way_it_is_the_generator_of_the_weights_in_between() -> None:
    a, b = two()
    middle = generator(WIDE, seed=1)
    middle.synthesis.b4.conv1.noise_strength.zero_()
    for (name, own), goal in zip(
        middle.state_dict().items(), b.generator.state_dict().values(), strict=True
    ):
        if not name.endswith(("noise_const", "noise_strength")):
            own.lerp_(goal, 0.3)
    silent = [Runtime(each, CPU) for each in (a.generator, b.generator, middle)]
    found, expected = silent[0].blend(silent[1]), silent[2]
    assert found is not None
    ws = torch.randn(LAYERS, 16)
    torch.testing.assert_close(
        found.at([0.3] * LAYERS).draw(ws, 0.0), expected.draw(ws, 0.0), rtol=1e-4, atol=1e-5
    )


def test_each_layer_has_its_own_share() -> None:
    a, b = two()
    blend = blend_of(a, b)
    shares = [float(index >= LAYERS // 2) for index in range(LAYERS)]
    mixed = blend.at(shares)
    for (index, own), (_, first), (_, second) in zip(
        mixed.layers(), a.layers(), b.layers(), strict=True
    ):
        origin = second if shares[index] else first
        assert all(map(torch.equal, own.weights, origin.weights))


def test_only_what_moved_is_computed_anew() -> None:
    a, b = two()
    blend = blend_of(a, b)
    shares = [0.5] * LAYERS
    mixed = blend.at(shares)
    before = [layer.moves for _, layer in mixed.layers()]
    blend.at(shares)
    assert [layer.moves for _, layer in mixed.layers()] == before
    shares[3] = 0.6
    blend.at(shares)
    moved = {
        index
        for (index, layer), count in zip(mixed.layers(), before, strict=True)
        if layer.weights and layer.moves != count
    }
    assert moved <= {3}


def test_a_model_that_is_on_its_way_is_followed() -> None:
    a, b = two()
    goal = Runtime(nudged(a.generator), CPU)
    blend = blend_of(a, b)
    blend.at([0.5] * LAYERS)
    way = a.drift(goal)
    assert way is not None
    way.advance(1.0)
    assert torch.equal(picture(blend.at([0.0] * LAYERS)), picture(goal))


def nudged(generator_: Generator) -> Generator:
    other = generator(WIDE, seed=1)
    other.load_state_dict(generator_.state_dict())
    for parameter in other.parameters():
        parameter.add_(0.1)
    return other


def test_other_shapes_cannot_be_blended() -> None:
    a, _ = two()
    assert a.blend(Runtime(generator(canvas_of(32, 16)), CPU)) is None
    assert a.blend(generator(WIDE)) is None


def test_nothing_of_it_is_left() -> None:
    a, b = two()
    blend = blend_of(a, b)
    mixed = weakref.ref(blend.at([0.5] * LAYERS))
    del blend
    gc.collect()
    assert mixed() is None
