"""Random numbers that do not depend on how a batch is divided."""

import torch
from tiny import CPU, draws

from models.draws import Draws


def numbers(of: Draws) -> list[torch.Tensor]:
    return [of.normal(2, 3), of.uniform(), of.integers(0, 100, 5), of.normal()]


def test_parts_of_a_batch_draw_what_the_whole_draws() -> None:
    whole = numbers(draws(8, seed=3))
    for rows in (slice(0, 4), slice(4, 8), slice(7, 8), slice(2, 8, 2)):
        part = Draws(3, 8, rows, CPU)
        assert len(part) == len(range(8)[rows])
        for all_rows, own in zip(whole, numbers(part), strict=True):
            assert torch.equal(all_rows[rows], own)


def test_a_seed_is_always_the_same_and_leaves_other_numbers_alone() -> None:
    torch.manual_seed(0)
    before = torch.get_rng_state()
    first = numbers(draws(4, seed=1))
    assert all(map(torch.equal, first, numbers(draws(4, seed=1))))
    assert not torch.equal(first[0], numbers(draws(4, seed=2))[0])
    assert torch.equal(torch.get_rng_state(), before)


def test_numbers_are_spread_as_they_should() -> None:
    many = draws(4000)
    assert abs(float(many.normal().std()) - 1) < 0.05
    uniform, whole = many.uniform(), many.integers(2, 5)
    assert 0 <= float(uniform.min()) and float(uniform.max()) < 1
    assert set(whole.tolist()) == {2, 3, 4} and whole.dtype == torch.int64
