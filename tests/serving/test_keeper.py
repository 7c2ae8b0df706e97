"""The keeper: a pulse for each good frame, a picture and a state now and then."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from models.runtime import Runtime
from performer.engine import Engine
from performer.events import Event, OscEvent, PatchEvent
from performer.serving.keeper import Keeper
from performer.serving.mirror import Mirror, make_mirror
from performer.serving.state import StateWriter, read_state
from tests.tiny_model import still_patch

DT_S = 1 / 60
MakeEngine = Callable[..., Engine]


class Failing(Runtime):
    """A model on a card that can be lost."""

    is_lost = False

    def draw(self, ws: torch.Tensor, noise: float) -> torch.Tensor:
        if self.is_lost:
            raise RuntimeError("CUDA error: unspecified launch failure")
        return super().draw(ws, noise)


class Watched:
    """An engine, its keeper, and what the watch sees."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self.engine, self.mirror = engine, make_mirror()
        self.path = folder / "a.state"
        self.forward = 0
        writer = StateWriter(self.path)
        self.keeper = Keeper(self.mirror, writer, "a.toml", "version = 1", self._come)
        self._now_s = 0.0

    def _come(self) -> None:
        self.forward += 1

    def play(self, frames: int, *events: Event) -> None:
        for _ in range(frames):
            self.engine.frame(self._now_s, DT_S, events)
            self.keeper.follow(self._now_s, events, self.engine)
            self._now_s += DT_S
            events = ()


@pytest.fixture
def watch(tmp_path: Path) -> Iterator[Callable[[Engine], Watched]]:
    mirrors: list[Mirror] = []

    def make(engine: Engine) -> Watched:
        watched = Watched(engine, tmp_path)
        mirrors.append(watched.mirror)
        return watched

    yield make
    for mirror in mirrors:
        mirror.path.unlink()


def test_each_frame_is_a_beat_and_its_picture_is_seen(
    make_engine: MakeEngine, watch: Callable[[Engine], Watched]
) -> None:
    watched = watch(make_engine())
    watched.play(30)
    assert watched.mirror.pulse == 30
    assert watched.mirror.writes == 2 * 2  # two pictures in half a second
    picture = watched.mirror.picture()
    assert picture is not None and np.array_equal(picture, watched.engine.image)


def test_an_engine_whose_every_frame_fails_is_silent(
    runtime: Runtime, watch: Callable[[Engine], Watched]
) -> None:
    model = Failing.__new__(Failing)
    model.__dict__ = dict(runtime.__dict__)
    watched = watch(Engine(model, still_patch(start={"walk.speed": 1.0})))
    watched.play(10)
    model.is_lost = True
    watched.play(50)
    assert watched.mirror.pulse == 10
    model.is_lost = False
    watched.play(5)
    assert watched.mirror.pulse == 15


def test_a_new_curtain_is_no_reason_to_hide(
    make_engine: MakeEngine, watch: Callable[[Engine], Watched]
) -> None:
    watched = watch(make_engine())
    watched.mirror.tell_curtain()
    watched.play(60)
    assert watched.forward == 1  # it may have opened while the window did
    watched.mirror.tell_curtain()
    watched.play(60)
    assert watched.forward == 2


def test_the_state_is_that_of_the_last_second_and_of_the_newest_patch(
    make_engine: MakeEngine, watch: Callable[[Engine], Watched]
) -> None:
    watched = watch(make_engine())
    patch = still_patch()
    watched.play(30, OscEvent(0.0, "/hue", (77.0,)))
    watched.play(60, PatchEvent(0.0, "a.toml", patch, "version = 1 # new"))
    watched.play(1, PatchEvent(0.0, "a.toml", None, "broken", "it is broken"))
    watched.play(60)
    watched.keeper.close()
    state = read_state(watched.path)
    assert state is not None
    assert (state.patch_file, state.patch) == ("a.toml", "version = 1 # new")
    assert ("hue", 77.0) in [(name, target) for name, _, target in state.stands.values]
