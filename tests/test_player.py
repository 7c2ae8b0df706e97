"""The player: engines that differ a little take turns, and nobody sees it."""

from collections.abc import Sequence

import pytest
import torch
from torch import Tensor

from models.runtime import Runtime
from performer.bends import Bend
from performer.player import FADE_S, HOLD_S, Player

DT_S = 1 / 60
TURN = (Bend(kind=8, amount=0.3, layer=0.2, channels=0),)


class Rounded:
    """A fast engine whose pictures are a little off; it cannot bend, but knows one that can."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime, self.drawn = runtime, 0
        self.pliant = Counting(runtime)

    def __getattr__(self, name: str) -> object:
        return getattr(self._runtime, name)

    def draw(self, ws: Tensor, noise: float) -> Tensor:
        self.drawn += 1
        return self._runtime.draw(ws, noise) + 0.05


class Counting:
    """A pliant engine that counts its pictures."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime, self.drawn = runtime, 0

    def draw(self, ws: Tensor, noise: float, bends: Sequence[Bend] = ()) -> Tensor:
        self.drawn += 1
        return self._runtime.draw(ws, noise, bends)

    def blend(self, other: object) -> None:
        """With nobody."""


@pytest.fixture
def rounded(runtime: Runtime) -> Rounded:
    return Rounded(runtime)


def ws_of(runtime: object, seed: int = 1) -> Tensor:
    return torch.randn(6, 8, generator=torch.Generator().manual_seed(seed))


def draw(player: Player, rounded: Rounded, bends: tuple[Bend, ...] = ()) -> Tensor:
    return player.draw(rounded, ws_of(rounded), 1.0, DT_S, bends)  # type: ignore[arg-type]


def test_unbent_it_is_the_fast_engine_alone(rounded: Rounded) -> None:
    player = Player()
    shown = [draw(player, rounded) for _ in range(5)]
    assert torch.equal(shown[-1], rounded.draw(ws_of(rounded), 1.0))
    assert rounded.pliant.drawn == 0


def test_going_over_and_back_is_no_step(rounded: Rounded, runtime: Runtime) -> None:
    player = Player()
    tiny = (Bend(kind=0, amount=1e-4, layer=0.0, channels=1),)
    shown = [draw(player, rounded) for _ in range(3)]
    shown += [draw(player, rounded, tiny) for _ in range(60)]
    assert torch.equal(shown[-1], runtime.draw(ws_of(rounded), 1.0, tiny)), "all of it is bent"
    shown += [draw(player, rounded) for _ in range(round((HOLD_S + 2 * FADE_S) / DT_S))]
    assert torch.equal(shown[-1], shown[0])
    steps = [float((a - b).abs().max()) for a, b in zip(shown, shown[1:], strict=False)]
    assert max(steps) < 0.05 / (FADE_S / DT_S) * 1.5


def test_one_picture_alone_is_drawn_twice_each_way(rounded: Rounded) -> None:
    player = Player()
    for _ in range(10):
        draw(player, rounded)
    for _ in range(20):
        draw(player, rounded, TURN)
    assert (rounded.drawn, rounded.pliant.drawn) == (11, 20)


def test_a_bend_that_swings_through_nothing_keeps_its_engine(rounded: Rounded) -> None:
    player = Player()
    draw(player, rounded)
    for number in range(60):
        draw(player, rounded, () if number % 10 == 9 else TURN)
    assert rounded.drawn == 2


def test_another_model_begins_in_the_engine_that_it_needs(
    rounded: Rounded, runtime: Runtime
) -> None:
    player = Player()
    draw(player, Rounded(runtime))
    shown = draw(player, rounded, TURN)
    assert torch.equal(shown, runtime.draw(ws_of(runtime), 1.0, TURN))
    assert rounded.drawn == 0


def test_a_model_that_cannot_be_bent_is_drawn_as_it_is(rounded: Rounded) -> None:
    rounded.pliant = None  # type: ignore[assignment]
    assert torch.equal(draw(Player(), rounded, TURN), draw(Player(), rounded))
