"""The latent state: slerp, seeds, walk, glide, and which layers a knob reaches."""

import math

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from models.canvas import Canvas
from models.networks import Generator, Widths
from models.runtime import Runtime
from performer.latent import (
    SEEDS_KEPT,
    Glide,
    Latent,
    SeedTable,
    class_shares,
    mix,
    normalise,
    slerp,
)
from performer.parameters import TABLE

VECTORS = arrays(np.float32, 6, elements=st.floats(-8, 8, width=32))
SHARES = st.floats(0, 1)


def defaults(**changes: float) -> dict[str, float]:
    still = {"walk.reach": 0.0, "glide": 0.0}
    return {parameter.name: parameter.default for parameter in TABLE} | still | changes


@given(VECTORS, VECTORS, SHARES)
@example(np.float32([0, 1, 1, 1, 1, 1]), np.float32([0, -2, -2, -2, -2, -2]), 0.5)
@example(np.float32([8, 0, 0, 0, 0, 0]), np.float32([-8, 3e-4, 0, 0, 0, 0]), 0.5)
def test_slerp_keeps_ends_and_length(a: np.ndarray, b: np.ndarray, share: float) -> None:
    first, second = torch.from_numpy(a.copy()), torch.from_numpy(b.copy())
    assert torch.allclose(slerp(first, second, 0.0), first, atol=1e-3)
    assert torch.allclose(slerp(first, second, 1.0), second, atol=1e-3)
    between = slerp(first, second, share)
    lengths = sorted([float(first.norm()), float(second.norm())])
    assert torch.isfinite(between).all()
    assert float(between.norm()) <= lengths[1] + 1e-3
    if lengths[0] > 1e-3:
        assert float(between.norm()) >= lengths[0] - 2e-3


def test_slerp_keeps_the_length_between_directions_of_one_length() -> None:
    a, b = torch.tensor([2.0, 0.0, 0.0]), torch.tensor([0.0, 2.0, 0.0])
    for share in (0.1, 0.5, 0.9):
        assert float(slerp(a, b, share).norm()) == pytest.approx(2.0, abs=1e-5)
    assert torch.allclose(
        slerp(a, b, 0.5), torch.full((3,), math.sqrt(2)) * torch.tensor([1, 1, 0])
    )


@pytest.mark.parametrize("scale", [-1.0, -1.00001, 1.0, 1.00001, 0.0])
def test_slerp_between_opposite_equal_and_zero_vectors(scale: float) -> None:
    a = torch.randn(8, generator=torch.Generator().manual_seed(1))
    for share in (0.0, 0.25, 0.5, 1.0):
        way = slerp(a, a * scale, share)
        assert torch.isfinite(way).all() and torch.isfinite(mix(a, a * scale, share)).all()
        if scale:
            assert float(way.norm()) == pytest.approx(float(a.norm()), rel=1e-3)


@settings(deadline=None)
@given(st.floats(0, 999))
def test_seeds_are_continuous(seed: float) -> None:
    table = SeedTable(16)
    step = (table.at(seed) - table.at(seed + 1e-4)).norm()
    assert float(step) < 0.01


def test_seeds_are_the_same_always_and_memory_is_bounded() -> None:
    table, again = SeedTable(8), SeedTable(8)
    first = table.at(5).clone()
    for seed in range(3 * SEEDS_KEPT):
        table.whole(seed)
    assert torch.equal(table.at(5), first) and torch.equal(again.at(5), first)
    assert len(table._kept) == SEEDS_KEPT


def test_walk_has_no_corner() -> None:
    table = SeedTable(16)
    phases = torch.arange(0.0, 6.0, 0.01).tolist()
    path = torch.stack([table.walk(phase) for phase in phases])
    speed = path.diff(dim=0)
    turn = speed.diff(dim=0).norm(dim=1)
    assert float(turn.max()) < 0.12 * float(speed.norm(dim=1).max())
    assert torch.allclose(path.square().mean(dim=1), torch.ones(len(phases)), atol=1e-4)


@settings(deadline=None)
@given(st.floats(0.01, 5), st.floats(0, 1), st.floats(0, 1))
def test_glide_is_exact_at_any_frame_rate(glide_s: float, a_s: float, b_s: float) -> None:
    target = torch.tensor([3.0, -2.0])
    once, twice = Glide(), Glide()
    for glide in (once, twice):
        glide.follow(torch.zeros(2), glide_s, 0.0)
    twice.follow(target, glide_s, a_s)
    expected = once.follow(target, glide_s, a_s + b_s)
    assert torch.allclose(twice.follow(target, glide_s, b_s), expected, atol=1e-4)


def test_glide_starts_softly_arrives_and_zero_is_at_once() -> None:
    glide = Glide()
    glide.follow(torch.zeros(1), 1.0, 0.0)
    target = torch.ones(1)
    assert float(glide.follow(target, 1.0, 1 / 60)) < 0.01
    for _ in range(60):
        position = float(glide.follow(target, 1.0, 1 / 60))
    assert 0.97 < position <= 1.0
    assert float(glide.follow(torch.zeros(1), 0.0, 1 / 60)) == 0.0


def test_a_glide_that_has_arrived_is_its_target_and_leaves_it_softly() -> None:
    glide, here, there = Glide(), torch.zeros(1), torch.ones(1)
    glide.follow(here, 0.5, 0.0)
    steps = [float(glide.follow(there, 0.5, 1 / 60)) for _ in range(121)]
    assert glide.follow(there, 0.5, 1 / 60) is there
    assert max(abs(b - a) for a, b in zip(steps[60:], steps[61:], strict=False)) < 1e-4
    assert float(glide.follow(here, 0.5, 1 / 60)) > 0.97


def test_groups_reach_their_layers_only(runtime: Runtime) -> None:
    plain = Latent(runtime).advance(defaults(), 0.0)
    third = runtime.num_ws // 3
    for group, layers in (
        ("coarse", slice(0, third)),
        ("middle", slice(third, 2 * third)),
        ("fine", slice(2 * third, None)),
    ):
        moved = Latent(runtime).advance(defaults(**{f"{group}.2": 2.0}), 0.0) - plain
        assert (moved[layers].norm(dim=1) > 0.01).all()
        moved[layers] = 0.0
        assert float(moved.abs().max()) == 0.0


def test_a_direction_is_counted_in_the_models_own_steps(runtime: Runtime) -> None:
    pushes = runtime.directions(16)
    plain = Latent(runtime).advance(defaults(), 0.0)
    moved = Latent(runtime).advance(defaults(**{"direction.3": 2.0}), 0.0)
    assert torch.allclose(moved - plain, (2.0 * pushes[2]).expand_as(plain), atol=1e-5)


def test_style_takes_its_layer_range_alone(runtime: Runtime) -> None:
    plain = Latent(runtime).advance(defaults(), 0.0)
    style = {"style.mix": 1.0, "style.low": 1.0, "style.high": 1.0, "style.seed": 50.0}
    moved = (Latent(runtime).advance(defaults(**style), 0.0) - plain).norm(dim=1)
    assert float(moved[-1]) > 0.01 and float(moved[:-1].max()) == 0.0
    whole = {"style.mix": 1.0, "style.low": 0.0, "style.seed": 50.0}
    other = Latent(runtime).advance(defaults(seed=50.0), 0.0)
    assert torch.allclose(Latent(runtime).advance(defaults(**whole), 0.0), other, atol=1e-5)


def test_normalise_leaves_zero_finite() -> None:
    assert torch.equal(normalise(torch.zeros(4)), torch.zeros(4))


@pytest.mark.parametrize(
    ("number", "shares"),
    [
        (0, [1, 0, 0]),
        (2, [0, 0, 1]),
        (0.25, [0.75, 0.25, 0]),
        (1.5, [0, 0.5, 0.5]),
        (99, [0, 0, 1]),
    ],
)
def test_a_class_is_whole_or_between_two(number: float, shares: list[float]) -> None:
    assert class_shares(number, 3).tolist() == shares


def test_a_class_moves_w_and_glides_straight_from_one_to_the_next() -> None:
    torch.manual_seed(1)
    widths = Widths(64, 16, z_dim=8, w_dim=8, mapping_layers=2, classes=5)
    latent = Latent(Runtime(Generator(Canvas(4, 4, 1), widths), torch.device("cpu")))
    first = latent.advance(defaults(), 0.0)
    assert torch.equal(latent.advance(defaults(**{"class": 0.0}), 0.1), first)
    between = latent.advance(defaults(**{"class": 4.0, "glide": 1.0}), 0.2)
    shares = latent._voice.class_glide.position
    assert shares is not None and 0 < float(shares[4]) < 1 and shares[1:4].eq(0).all()
    last = latent.advance(defaults(**{"class": 4.0}), 0.1)
    assert len({tuple(ws[0].tolist()) for ws in (first, between, last)}) == 3


def test_a_model_without_classes_ignores_the_class(runtime: Runtime) -> None:
    latent = Latent(runtime)
    first = latent.advance(defaults(), 0.0)
    assert torch.equal(latent.advance(defaults(**{"class": 4.0}), 0.1), first)
