"""How pictures come to the host: each its own, into memory that is used again."""

import numpy as np
import pytest
import torch
from torch import Tensor

from performer.arrival import CudaLane, Here, HostLane, Slots, sender

YES, NO = torch.tensor(True), torch.tensor(False)


def picture(value: int, height: int = 4) -> Tensor:
    return torch.full((height, 6, 3), value, dtype=torch.uint8)


def test_pictures_arrive_whole_and_are_left_alone_until_released() -> None:
    slots = Slots(HostLane())
    held = slots.send(picture(1), YES)
    shown = held.image()
    assert shown.dtype == np.uint8 and shown.shape == (4, 6, 3) and shown.flags.c_contiguous
    for value in range(2, 9):
        other = slots.send(picture(value), YES)
        assert (other.image() == value).all() and (shown == 1).all()
        other.release()
    held.release()
    assert len(slots.free) == 2


@pytest.mark.parametrize("under_way", [1, 2, 3])
def test_no_more_memory_is_taken_than_pictures_are_under_way(under_way: int) -> None:
    taken: list[int] = []

    class Counting(HostLane):
        def memory(self, like: Tensor) -> Tensor:
            taken.append(like.numel())
            return super().memory(like)

    slots, arrivals = Slots(Counting()), []
    for value in range(50):
        arrivals.append(slots.send(picture(value), YES))
        if len(arrivals) == under_way:
            arrivals.pop(0).release()
    assert len(taken) == 2 * under_way, "the picture, and whether it is sound"


def test_a_release_counts_once() -> None:
    slots = Slots(HostLane())
    first = slots.send(picture(1), YES)
    first.release()
    second = slots.send(picture(2), YES)
    first.release()
    third = slots.send(picture(3), YES)
    assert (second.image() == 2).all() and (third.image() == 3).all()


def test_another_canvas_takes_other_memory() -> None:
    slots = Slots(HostLane())
    small = slots.send(picture(1), YES)
    large = slots.send(picture(2, height=8), YES)
    assert large.image().shape == (8, 6, 3) and (small.image() == 1).all()
    small.release()
    assert slots.send(picture(3, height=8), YES).image().shape == (8, 6, 3)


@pytest.mark.parametrize("send", [Here, Slots(HostLane()).send], ids=["here", "slots"])
def test_what_is_no_numbers_is_refused_on_arrival(send: object) -> None:
    arrival = send(picture(1), NO)  # type: ignore[operator]
    with pytest.raises(ArithmeticError, match="NaN or infinite"):
        arrival.image()


def test_on_a_cpu_nothing_is_copied() -> None:
    drawn = picture(1)
    arrival = sender(torch.device("cpu"))(drawn, YES)
    assert np.shares_memory(arrival.image(), drawn.numpy())


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_a_card_makes_the_next_picture_while_one_is_copied() -> None:
    card = torch.device("cuda")
    slots = Slots(CudaLane(card))
    large = torch.randn(2048, 2048, device=card)
    before = None
    for value in range(100):
        made = (large @ large)[:1, :1].mul(0).add(value).to(torch.uint8).expand(512, 512)
        arrival = slots.send(made[..., None].expand(-1, -1, 3).contiguous(), YES.to(card))
        if before is not None:
            assert (before.image() == value - 1).all()
            before.release()
        before = arrival
    assert len(slots.free) <= 2
