"""Bending: nothing at 0, no step on the way, and numbers whatever is asked for."""

from typing import NamedTuple

import pytest
import tiny3
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny import CPU, generator
from torch import Tensor

from models.bending_operations import KINDS
from models.canvas import canvas_of
from models.channel_groups import GROUPS, groups_in
from models.gpu.choice import Choice
from models.gpu.runtime import GpuRuntime
from models.graph import choice as graph_choice
from models.graph.network import network_of
from models.graph.runtime import GraphRuntime
from models.runtime import Runtime
from models.stylegan3 import runtime as stylegan3_runtime

NUMBERS = range(len(KINDS))
NAMES = [kind.name for kind in KINDS]


class Asked(NamedTuple):
    kind: int
    amount: float
    layer: float = 0.5
    channels: int = 0


@pytest.fixture(scope="module")
def runtime() -> Runtime:
    return Runtime(generator(canvas_of(16, 32)), CPU)


def picture(runtime: Runtime, *bends: Asked) -> Tensor:
    """Always of the same latents."""
    random = torch.Generator().manual_seed(7)
    return runtime.draw(torch.randn(runtime.num_ws, 16, generator=random), 1.0, bends)


def difference(a: Tensor, b: Tensor) -> float:
    return float((a - b).abs().mean())


@pytest.mark.parametrize("kind", NUMBERS, ids=NAMES)
def test_at_nothing_it_is_the_picture_to_the_bit(runtime: Runtime, kind: int) -> None:
    assert torch.equal(picture(runtime, Asked(kind, 0.0)), picture(runtime))


@pytest.mark.parametrize("channels", [0, 1])
@pytest.mark.parametrize("kind", NUMBERS, ids=NAMES)
def test_it_is_seen_and_goes_on_without_a_step(runtime: Runtime, kind: int, channels: int) -> None:
    amounts = [step / 50 for step in range(-50, 51)]
    shown = [picture(runtime, Asked(kind, amount, 0.3, channels)) for amount in amounts]
    steps = [difference(a, b) for a, b in zip(shown, shown[1:], strict=False)]
    ends = [difference(shown[50], shown[0]), difference(shown[50], shown[100])]
    assert min(ends) > 0.01, "both ways"
    assert max(steps) < 0.4 * max(ends)


@pytest.mark.parametrize("kind", NUMBERS, ids=NAMES)
def test_between_two_layers_it_wanders_over(runtime: Runtime, kind: int) -> None:
    layers = [step / 100 for step in range(101)]
    shown = [picture(runtime, Asked(kind, 0.7, layer)) for layer in layers]
    steps = [difference(a, b) for a, b in zip(shown, shown[1:], strict=False)]
    apart = max(difference(shown[0], each) for each in shown)
    assert apart > 0.01 and max(steps) < 0.5 * apart


def test_the_same_is_drawn_again(runtime: Runtime) -> None:
    asked = Asked(NAMES.index("noise"), 0.8), Asked(NAMES.index("rotate"), 0.3, 0.1)
    other = Runtime(generator(canvas_of(16, 32)), CPU)
    assert torch.equal(picture(runtime, *asked), picture(runtime, *asked))
    assert torch.equal(picture(runtime, *asked), picture(other, *asked))


def test_only_the_groups_channels_are_bent(runtime: Runtime) -> None:
    bend = Asked(NAMES.index("ablate"), 1.0, 0.0, 2)
    x = torch.randn(1, 16, 8, 16)
    bent = runtime.bender.touch([bend])(0, x.clone())
    inside = (runtime.bender.groups[0] == 2)[None, :, None, None]
    assert torch.equal(bent, x * ~inside) and inside.any() and not inside.all()


def test_half_a_turn_is_the_features_turned(runtime: Runtime) -> None:
    bend = Asked(NAMES.index("rotate"), 1.0, 0.0)
    x = torch.randn(1, 16, 8, 16)
    turned = runtime.bender.touch([bend])(0, x)
    torch.testing.assert_close(turned, x.flip(2, 3), atol=1e-3, rtol=0)


bends = st.builds(
    Asked, st.sampled_from(NUMBERS), st.floats(-1, 1), st.floats(0, 1), st.integers(0, GROUPS)
)


@settings(max_examples=60, deadline=None)
@given(st.lists(bends, max_size=3))
def test_whatever_is_asked_for_is_a_picture(runtime: Runtime, asked: list[Asked]) -> None:
    assert torch.isfinite(picture(runtime, *asked)).all()


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
@pytest.mark.parametrize("kind", NUMBERS, ids=NAMES)
def test_in_half_precision_too(kind: int, precision: str) -> None:
    runtime = Runtime(generator(canvas_of(8, 8)), CPU, precision=precision)  # type: ignore[arg-type]
    whole = Runtime(generator(canvas_of(8, 8)), CPU)
    asked = Asked(kind, 0.6, 0.5, 1)
    apart = difference(picture(runtime, asked), picture(whole, asked))
    assert apart < 0.1 * float(picture(whole).std())


def test_channels_of_one_form_are_one_group() -> None:
    torch.manual_seed(2)
    forms = torch.randn(GROUPS, 3, 9, 9)
    members = torch.tensor([0, 1, 0, 2, 3, 0, 1, 0, 2, 1, 3, 0])
    loud = torch.rand(len(members)) + 0.5
    noisy = forms[members] * loud[:, None, None, None] + 0.1 * torch.randn(len(members), 3, 9, 9)
    found = groups_in(noisy.transpose(0, 1))
    for group in range(GROUPS):
        assert len(found[members == group].unique()) == 1
    assert found[members == 0].tolist() == [1] * 5, "the first is the largest"
    assert sorted(found.unique().tolist()) == [1, 2, 3, 4]


def test_a_layer_that_is_silent_has_groups_too() -> None:
    assert groups_in(torch.zeros(4, 6, 9, 9)).shape == (6,)
    assert groups_in(torch.randn(4, 2, 9, 9)).max() <= 2


def test_every_engine_of_stylegan2_has_a_pliant_one_and_stylegan3_has_none() -> None:
    made = generator(canvas_of(8, 8))
    packed = GraphRuntime(made, network_of(made), graph_choice.Choice("graph", "float32", 1))
    captured = GpuRuntime(made, CPU, choice=Choice("float32", captured=True))
    plain = Runtime(made, CPU)
    asked = Asked(8, 0.4, 0.5, 1), Asked(0, -0.5, 0.1)
    for engine in (plain, packed, captured):
        assert engine.pliant is not None and engine.pliant is engine.pliant
        assert torch.equal(picture(engine.pliant, *asked), picture(plain, *asked))
    assert stylegan3_runtime.Runtime(tiny3.generator(), CPU).pliant is None
    assert GpuRuntime(tiny3.generator(), CPU, choice=Choice()).pliant is None
