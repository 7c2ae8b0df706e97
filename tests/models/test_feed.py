"""What a step sees: the order of images, and images made smaller."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tiny import CPU, images

from models.feed import Feed, batch_indices, shrink


@given(st.integers(2, 40), st.integers(1, 50), st.integers(0, 2**31))
def test_each_epoch_shows_every_image_once(count: int, batch: int, seed: int) -> None:
    steps = -(-3 * count // batch)
    seen = torch.cat([batch_indices(step, batch, count, seed) for step in range(steps)])
    assert seen.dtype == torch.int64
    for epoch in range(3):
        order = seen[epoch * count : (epoch + 1) * count]
        assert order.sort().values.tolist() == list(range(count))


def test_orders_differ_between_epochs_and_seeds_but_not_between_calls() -> None:
    first, second = batch_indices(0, 30, 30, 1), batch_indices(1, 30, 30, 1)
    assert not torch.equal(first, second)
    assert not torch.equal(first, batch_indices(0, 30, 30, 2))
    torch.manual_seed(99)
    assert torch.equal(first, batch_indices(0, 30, 30, 1))
    state = torch.get_rng_state()
    batch_indices(3, 7, 30, 1)
    assert torch.equal(torch.get_rng_state(), state), "it draws from nobody's generator"


def test_a_process_sees_its_rows_of_the_batch() -> None:
    all_of_them = images(count=12)
    whole = Feed(all_of_them, CPU, batch=6, rows=slice(0, 6), seed=1)
    half = Feed(all_of_them, CPU, batch=6, rows=slice(3, 6), seed=1)
    for step in (0, 1, 5, 1):
        assert torch.equal(whole.at(step), all_of_them[batch_indices(step, 6, 12, 1)])
        assert torch.equal(half.at(step), whole.at(step)[3:])


def test_fetching_ahead_shows_the_same_images(monkeypatch: pytest.MonkeyPatch) -> None:
    """The way to a GPU that has no room for all of them; `meta` stands for its memory."""
    all_of_them = images(count=12)
    ahead = Feed(all_of_them, torch.device("meta"), batch=4, rows=slice(0, 4), seed=1)
    fetched = []
    fetch = ahead._fetch

    def note(step: int) -> torch.Tensor:
        fetched.append(step)
        return fetch(step)

    monkeypatch.setattr(ahead, "_fetch", note)
    shapes = [tuple(ahead.at(step).shape) for step in (0, 1, 1, 2, 7)]
    assert shapes == [(4, 3, 8, 8)] * 5
    ahead._pool.shutdown()
    assert sorted(fetched) == [0, 1, 2, 3, 7, 8], "what was fetched ahead is not fetched again"


def test_smaller_images_are_the_means_of_squares() -> None:
    whole = images(count=70)
    half = shrink(whole, 1)
    assert half.shape == (70, 3, 4, 4) and half.dtype == torch.uint8
    corner = whole[65, 2, :2, 2:4].float().mean()
    assert abs(float(half[65, 2, 0, 1]) - float(corner)) <= 0.5
    assert shrink(whole, 0) is whole
