"""Directions: visible, each of its own, calibrated, and steady from snapshot to snapshot."""

import pytest
import torch
from tiny import generator
from torch.nn import functional as F

from models.canvas import canvas_of
from models.directions import (
    COUNT_MAXIMUM,
    EFFORTS,
    UNIT,
    Directions,
    Effort,
    align,
    effort_within,
    find_directions,
    most_different,
    principal_directions,
    usual_effort,
)
from models.networks import Generator, Widths
from models.visibility import Visibility

WIDTHS = Widths(channel_base=64, channel_max=16, z_dim=24, w_dim=24, mapping_layers=2)


def made(seed: int = 0) -> Generator:
    return generator(canvas_of(32, 16), WIDTHS, seed)


@pytest.fixture(scope="module")
def found() -> Directions:
    return find_directions(made())


def test_they_are_few_finite_stronger_than_chance_and_of_settled_sign(found: Directions) -> None:
    count = len(found.pushes)
    assert 4 <= count <= COUNT_MAXIMUM and found.pushes.shape == (count, 24)
    assert found.pushes.dtype == torch.float32 and found.pushes.isfinite().all()
    assert len(found.ratios) == len(found.origins) == count == len(set(found.origins))
    assert min(found.ratios) > 1.0
    largest = found.pushes.gather(1, found.pushes.abs().argmax(dim=1, keepdim=True))
    assert (largest > 0).all()


def test_they_are_the_same_each_time_and_use_up_no_randomness(found: Directions) -> None:
    same = made()
    torch.manual_seed(7)
    before = torch.get_rng_state()
    again = find_directions(same)
    assert torch.equal(again.pushes, found.pushes) and again.origins == found.origins
    assert torch.equal(torch.get_rng_state(), before)


def test_a_unit_of_each_changes_other_pictures_about_as_much(found: Directions) -> None:
    w = made().mapping(torch.randn(64, 24, generator=torch.Generator().manual_seed(9)))
    effects = Visibility(made(), w).changes(found.pushes, w[40:64]).norm(dim=1)
    assert effects.min() > 0.6 * UNIT and effects.max() < 1.6 * UNIT
    assert found.pushes.norm(dim=1).max() > 1.5 * found.pushes.norm(dim=1).min()


@pytest.mark.parametrize("effort", EFFORTS, ids=lambda effort: str(effort.pictures))
def test_no_search_draws_more_than_it_tells_and_a_short_one_is_roughly_right(
    effort: Effort,
) -> None:
    model, drawn = made(), []
    model.synthesis.register_forward_hook(lambda _, ws, image: drawn.append(len(image)))
    few = find_directions(model, effort)
    assert 0.7 * effort.pictures < sum(drawn) <= effort.pictures
    assert len(few.pushes) >= 4 and min(few.ratios) > 1.0
    w = made().mapping(torch.randn(64, 24, generator=torch.Generator().manual_seed(9)))
    effects = Visibility(made(), w).changes(few.pushes, w[40:64]).norm(dim=1)
    assert effects.min() > 0.4 * UNIT and effects.max() < 2.5 * UNIT


def test_the_effort_is_what_the_canvas_and_the_time_allow() -> None:
    small, large = canvas_of(64, 64), canvas_of(1024, 1024)
    assert usual_effort(small).pictures == 512 and usual_effort(canvas_of(512, 512)).latents == 2
    assert usual_effort(large) == effort_within(1e9, large) == effort_within(192, large)
    for pictures in (190, 100, 60, 30):
        effort = effort_within(pictures, small)
        assert effort is not None and effort == effort_within(pictures, large)
        assert pictures / 3 < effort.pictures <= pictures
    assert effort_within(29, small) is None and effort_within(0.1, large) is None
    assert [e.pictures for e in EFFORTS] == sorted((e.pictures for e in EFFORTS), reverse=True)


def test_no_two_of_them_are_one(found: Directions) -> None:
    units = F.normalize(found.pushes, dim=1)
    assert float((units @ units.t()).fill_diagonal_(0).abs().max()) < 0.9


def test_what_the_layers_answer_to_most_comes_first() -> None:
    answering = made()
    axis = F.normalize(torch.randn(24, generator=torch.Generator().manual_seed(3)), dim=0)
    for name, module in answering.synthesis.named_modules():
        if name.endswith("affine"):
            answer = torch.randn(len(module.weight), generator=torch.Generator().manual_seed(4))
            module.weight.data += 8 * torch.outer(answer, axis)
    best = find_directions(answering)
    assert abs(float(F.normalize(best.pushes[0], dim=0) @ axis)) > 0.95
    assert best.ratios[0] == max(best.ratios) > 1.5


def test_a_model_whose_picture_never_changes_has_none() -> None:
    collapsed = made()
    for name, module in collapsed.synthesis.named_modules():
        if name.endswith("affine"):
            module.weight.data.zero_()
    none = find_directions(collapsed)
    assert none.pushes.shape == (0, 24) and none.ratios == none.origins == ()


def test_principal_directions_are_fewer_where_w_has_fewer_dimensions() -> None:
    assert principal_directions(made(), 5).shape == (5, 24)
    assert principal_directions(made(), 40).shape == (24, 24)


def test_the_one_that_adds_most_is_always_next() -> None:
    changes = torch.tensor(
        [[0.0, 2.0, 0.0], [3.0, 0.0, 0.0], [2.8, 0.0, 0.9], [2.0, 1.9, 0.0], [0.0, 0.0, 1.0]]
    )
    assert most_different(changes, 5) == [1, 0, 4], "2 is nearly 1, and 3 is 1 and 0 together"
    assert most_different(changes, 2) == [1, 0]
    assert most_different(torch.zeros(3, 4), 5) == most_different(torch.zeros(0, 4), 5) == []


def directions(pushes: torch.Tensor) -> Directions:
    names = tuple(f"number {i}" for i in range(len(pushes)))
    return Directions(pushes, tuple(float(i) for i in range(len(pushes))), names)


def random_pushes(count: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(count, 128, generator=torch.Generator().manual_seed(seed))


def test_a_shuffled_turned_and_slightly_moved_snapshot_finds_its_numbers_and_signs() -> None:
    before = random_pushes(16)
    order = torch.randperm(16, generator=torch.Generator().manual_seed(1))
    signs = torch.where(torch.arange(16) % 3 == 0, -1.0, 1.0)[:, None]
    aligned = align(directions((signs * before + 0.3 * random_pushes(16, 2))[order]), before)
    cosines = F.cosine_similarity(aligned.pushes, before)
    assert float(cosines.min()) > 0.8
    assert aligned.origins == tuple(f"number {int(i)}" for i in order.argsort())
    assert aligned.ratios == tuple(float(i) for i in order.argsort())


def test_what_is_new_fills_the_gaps_as_it_is() -> None:
    before, new = random_pushes(4), random_pushes(2, seed=5)
    aligned = align(directions(torch.cat([new[:1], -before[3:], new[1:], before[1:2]])), before)
    expected = torch.stack([new[0], before[1], new[1], before[3]])
    assert torch.equal(aligned.pushes, expected)
    assert aligned.origins == ("number 0", "number 3", "number 2", "number 1")


@pytest.mark.parametrize(("now", "then"), [(3, 0), (0, 3), (2, 5), (5, 2)])
def test_snapshots_may_have_more_or_fewer(now: int, then: int) -> None:
    pushes = random_pushes(5)
    aligned = align(directions(pushes[:now].flip(0)), pushes[:then])
    assert aligned.pushes.shape == (now, 128) and len(aligned.ratios) == now
    kept = min(now, then)
    assert torch.equal(aligned.pushes[:kept], pushes[:kept])
