"""The deck and the engine around it: one model goes over to another while it plays, smoothly."""

import gc
import logging
import os
import weakref
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from models.canvas import Canvas
from models.graph.choice import Choice
from models.graph.network import network_of
from models.graph.runtime import GraphRuntime
from models.networks import Generator, Widths
from models.runtime import Runtime
from performer.clock import ManualClock
from performer.deck import GOING_OVER_S, Deck
from performer.engine import Engine
from performer.events import Inbox, KeyEvent, ModelEvent, OscEvent
from performer.outputs.memory import MemoryDisplay
from performer.parameters import DIRECTIONS, TABLE
from performer.stage import Labels, Stage
from tests.tiny_model import TINY, still_patch

DT_S = 1 / 30
FRAMES = round(GOING_OVER_S / DT_S)
SMALL, LARGE, LARGER = Canvas(4, 8, 2), Canvas(4, 8, 3), Canvas(4, 8, 4)
CPU = torch.device("cpu")
VALUES = {parameter.name: parameter.default for parameter in TABLE}
STILL = VALUES | {"walk.speed": 0.0, "glide": 0.0, "direction.1": 2.0, "fine.2": -1.0}
MOVING = VALUES | {"walk.speed": 0.5, "walk.reach": 1.0}


def snapshot(moment: float = 0.0, canvas: Canvas = SMALL, widths: Widths = TINY) -> Runtime:
    """A model some way (0..1) through a training that changes its weights by about a tenth."""
    torch.manual_seed(3)
    generator = Generator(canvas, widths)
    random = torch.Generator().manual_seed(4)
    for name, parameter in generator.named_parameters():
        if name.endswith(("noise_strength", "conv0.bias", "conv1.bias")):
            torch.nn.init.normal_(parameter, std=0.3)
        change = torch.randn(parameter.shape, generator=random) * 0.1
        parameter.data += moment * change * (parameter.data.std(correction=0) + 0.1)
    w = generator.mapping(torch.randn(512, widths.z_dim, generator=random))
    generator.mapping.track_average(w, beta=0.0)
    return Runtime(generator, CPU)


def follow(playing: Deck, runtime: Runtime | GraphRuntime) -> None:
    playing.follow(runtime, runtime.directions(DIRECTIONS))


def pictures(playing: Deck, values: dict[str, float] = STILL) -> Iterator[Tensor]:
    """Its pictures, for ever, 30 in a second."""
    while True:
        yield playing.draw(values, DT_S).clone()


def take(count: int, source: Iterator[Tensor]) -> list[Tensor]:
    return [next(source) for _ in range(count)]


def enlarged(image: Tensor) -> Tensor:
    """The picture doubled until it is as large as the largest canvas."""
    while image.shape[2] < LARGER.height_px:
        image = F.interpolate(image, scale_factor=2.0, mode="bilinear")
    return image


def difference(a: Tensor, b: Tensor) -> float:
    return float((a - b).abs().mean())


def steps(shown: list[Tensor]) -> list[float]:
    return [difference(a, b) for a, b in zip(shown, shown[1:], strict=False)]


def test_the_picture_drifts_all_the_way_and_arrives_exactly() -> None:
    playing = Deck(snapshot(0.0))
    (before,) = take(1, pictures(playing))
    (after,) = take(1, pictures(Deck(snapshot(1.0))))
    follow(playing, snapshot(1.0))
    shown = [before, *take(FRAMES + 1, pictures(playing))]
    whole = difference(before, after)
    left = [difference(image, after) for image in shown]
    assert whole > 0.05
    assert all(b < a for a, b in zip(left[:FRAMES], left[1:], strict=False)), "ever nearer"
    assert max(steps(shown)) < 3 * whole / FRAMES, "no jump"
    assert torch.equal(shown[FRAMES], after), "and there after two seconds"
    assert torch.equal(shown[FRAMES + 1], after)


def test_a_moving_picture_goes_on_as_the_new_model_would_have_it() -> None:
    playing, old, new = Deck(snapshot(0.0)), Deck(snapshot(0.0)), Deck(snapshot(1.0))
    take(20, pictures(playing, MOVING))
    follow(playing, snapshot(1.0))
    shown = take(FRAMES, pictures(playing, MOVING))
    alone = [take(20 + FRAMES, pictures(each, MOVING))[20:] for each in (old, new)]
    there = Deck(snapshot(1.0), walk=playing.walk)
    assert torch.equal(shown[-1], there.draw(MOVING, 0.0))
    assert max(steps(shown)) < 1.5 * max(max(steps(each)) for each in alone)


def test_another_canvas_begins_at_once_and_the_last_picture_dissolves_into_it() -> None:
    playing, grown = Deck(snapshot(0.0)), Deck(snapshot(0.5, LARGE))
    (before,) = take(1, pictures(playing))
    before = F.interpolate(before, scale_factor=2, mode="bilinear")
    (after,) = take(1, pictures(grown))
    follow(playing, snapshot(0.5, LARGE))
    shown = take(FRAMES + 1, pictures(playing))
    assert shown[0].shape == (1, 3, 32, 64)
    assert (playing.generator.height_px, playing.generator.width_px) == (32, 64)
    expected = difference(before, after) / FRAMES
    assert difference(before, shown[0]) == pytest.approx(expected, rel=1e-3)
    assert steps(shown[:FRAMES]) == pytest.approx([expected] * (FRAMES - 1), rel=1e-3)
    assert torch.equal(shown[FRAMES], after)


def test_a_run_that_grows_goes_on_at_the_same_latents() -> None:
    playing = Deck(snapshot(0.0))
    mine = pictures(playing, MOVING)
    take(37, mine)
    others = pictures(Deck(snapshot(0.5, LARGE), walk=playing.walk), MOVING)
    follow(playing, snapshot(0.5, LARGE))
    assert torch.equal(take(FRAMES, mine)[-1], take(FRAMES, others)[-1])


@pytest.mark.parametrize(
    "canvases",
    [(SMALL, SMALL), (SMALL, LARGE), (LARGE, LARGE), (LARGE, LARGER)],
    ids=["drift, drift", "drift, dissolve", "dissolve, drift", "dissolve, dissolve"],
)
def test_a_newer_one_on_the_way_is_no_jump_either(canvases: tuple[Canvas, Canvas]) -> None:
    playing = Deck(snapshot(0.0))
    shown = take(1, pictures(playing))
    for moment, canvas in zip((1.0, 0.5), canvases, strict=True):
        follow(playing, snapshot(moment, canvas))
        shown += take(FRAMES // 2, pictures(playing))
    shown += take(FRAMES, pictures(playing))
    (after,) = take(1, pictures(Deck(snapshot(0.5, canvases[1]))))
    assert torch.equal(shown[-1], after)
    large = [enlarged(image) for image in shown]
    assert max(steps(large)) < 0.05 < 0.2 < max(difference(large[0], image) for image in large)


def test_only_the_newest_of_several_is_taken() -> None:
    playing = Deck(snapshot(0.0))
    for moment in (0.3, 1.0, 0.6):
        follow(playing, snapshot(moment))
    (after,) = take(1, pictures(Deck(snapshot(0.6))))
    assert torch.equal(take(FRAMES, pictures(playing))[-1], after)


def test_a_large_network_takes_a_little_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.drift.PART", 500)
    playing = Deck(snapshot(0.0))
    (before,) = take(1, pictures(playing))
    (after,) = take(1, pictures(Deck(snapshot(1.0))))
    follow(playing, snapshot(1.0))
    shown = [before, *take(FRAMES, pictures(playing))]
    assert not torch.equal(shown[-1], after)
    shown += take(20, pictures(playing))
    assert torch.equal(shown[-1], after)
    assert max(steps(shown)) < difference(before, after) / 4


def test_a_model_with_other_latents_plays_too() -> None:
    widths = Widths(channel_base=64, channel_max=16, z_dim=5, w_dim=12, mapping_layers=1)
    playing = Deck(snapshot(0.0))
    shown = take(9, pictures(playing, MOVING))
    follow(playing, snapshot(0.0, LARGE, widths))
    shown = [*shown[-1:], *take(FRAMES + 9, pictures(playing, MOVING))]
    assert shown[-1].shape == (1, 3, 32, 64) and torch.isfinite(shown[-1]).all()


def test_nothing_of_the_models_before_is_kept() -> None:
    first = snapshot(0.0)
    playing, goal, grown = Deck(first), snapshot(1.0), snapshot(0.0, LARGE)
    ends = [weakref.ref(first), weakref.ref(goal)]
    follow(playing, goal)
    take(FRAMES, pictures(playing))
    del goal
    gc.collect()
    assert ends[0]() is not None and ends[1]() is None, "its weights have the old one's place"
    follow(playing, grown)
    take(FRAMES, pictures(playing))
    del first
    gc.collect()
    assert ends[0]() is None


def ready(runtime: Runtime, name: str = "tides at 12.5 kimg") -> ModelEvent:
    return ModelEvent(0.0, name, runtime, runtime.directions(DIRECTIONS))


def test_an_event_brings_the_model_and_its_first_frame_shows_it() -> None:
    engine, event = Engine(snapshot(0.0), still_patch()), ready(snapshot(1.0, LARGE))
    assert engine.canvas == (16, 32)
    engine.frame(0.0, DT_S, ())
    frame = engine.frame(0.0, DT_S, (event,))
    assert frame.shows == (event,) and frame.image.shape == (32, 64, 3)
    assert frame.image.flags.c_contiguous and engine.canvas == (32, 64)
    assert engine.errors == 0 and not engine.controls.refused


def test_a_frozen_frame_stays_and_the_drift_waits() -> None:
    engine = Engine(snapshot(0.0), still_patch(start={"glide": 0.0, "walk.reach": 0.0}))
    engine.frame(0.0, DT_S, ())
    space = KeyEvent(0.0, "space", True)
    frozen = engine.frame(0.0, DT_S, (space, ready(snapshot(1.0)))).image.astype(int)
    for _ in range(FRAMES):
        assert np.array_equal(engine.frame(0.0, DT_S, ()).image, frozen)
    going = engine.frame(0.0, DT_S, (space,)).image
    assert 0 < np.abs(going - frozen).mean() < 2
    for _ in range(FRAMES):
        there = engine.frame(0.0, DT_S, ()).image
    assert np.abs(there - frozen).mean() > 10


@pytest.mark.parametrize("canvas", [SMALL, LARGE], ids=str)
def test_what_lingers_goes_on(canvas: Canvas) -> None:
    start = {"walk.speed": 0.0, "walk.reach": 0.0, "trails": 5.0, "zoom": 1.5, "mirror": 3.0}
    engine = Engine(snapshot(0.0), still_patch(start=start))
    for _ in range(30):
        engine.frame(0.0, DT_S, (OscEvent(0.0, "/brightness", (0.5,)),))
    bright = [engine.frame(0.0, DT_S, (OscEvent(0.0, "/brightness", (-0.5,)),))]
    bright.append(engine.frame(0.0, DT_S, (ready(snapshot(1.0, canvas)),)))
    bright += [engine.frame(0.0, DT_S, ()) for _ in range(20)]
    levels = [frame.image.mean() for frame in bright]
    assert bright[-1].image.shape[0] == canvas.height_px
    assert min(np.diff(levels)) > -6 and levels[-1] < levels[0] and engine.errors == 0


class Broken(Runtime):
    """A model whose way to another always fails."""

    def drift(self, goal: object) -> None:
        raise RuntimeError("CUDA error: out of memory")


def test_a_way_that_fails_costs_one_frame_and_the_old_model_goes_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    engine = Engine(Broken(snapshot(0.0).generator, CPU), still_patch())
    before = engine.frame(0.0, DT_S, ())
    with caplog.at_level(logging.WARNING):
        frame = engine.frame(0.0, DT_S, (ready(snapshot(1.0)),))
    assert engine.errors == 1 and np.array_equal(frame.image, before.image)
    assert len(caplog.records) == 1
    engine.frame(0.0, DT_S, ())
    assert engine.errors == 1 and engine.message == ""


def test_the_player_is_told_and_the_statistics_count(caplog: pytest.LogCaptureFixture) -> None:
    clock, inbox = ManualClock(), Inbox()
    display = MemoryDisplay(clock, refresh_hz=30.0, keys=[(0.0, "h", True)])
    labels = Labels("CPU", "tides at 10.0 kimg", "still", tuple, "off")
    playing = Stage(Engine(snapshot(0.0), still_patch()), display, inbox, clock, labels)
    playing.play(seconds=0.5)
    assert display.last_status is not None
    assert display.last_status.model == "tides at 10.0 kimg"
    assert display.last_status.canvas == (16, 32)
    with caplog.at_level(logging.INFO):
        for moment, canvas in ((1.0, SMALL), (0.5, LARGE)):
            inbox.put(ready(snapshot(moment, canvas), f"tides at {moment + 12} kimg"))
            playing.play(seconds=1.0)
    assert [record.message for record in caplog.records] == [
        "took tides at 13.0 kimg",
        "took tides at 12.5 kimg",
    ]
    status = display.last_status
    assert status.model == "tides at 12.5 kimg" and status.canvas == (32, 64)
    assert status.message == "took tides at 12.5 kimg"
    assert status.last_events[0] == "model tides at 12.5 kimg"
    statistics = playing.statistics()
    assert statistics["events_received"] == {"model": 2} and statistics["events_refused"] == {}
    assert statistics["latency_ms"]["model"]["count"] == 2  # type: ignore[index]


def resident_mb() -> float:
    """The memory that this process has taken."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="no /proc on this system")
def test_one_prepared_model_after_the_other_leaves_no_memory_behind() -> None:
    def swap(number: int) -> None:
        generator = snapshot(number / 100).generator
        network = network_of(generator)
        prepared = GraphRuntime(generator, network, Choice("graph", "float32", 1))
        playing.follow(prepared, torch.zeros(DIRECTIONS, TINY.w_dim))
        take(2, pictures(playing))

    playing = Deck(snapshot(0.0))
    for number in range(8):
        swap(number)
    before = resident_mb()
    for number in range(25):
        swap(number)
    assert resident_mb() - before < 20.0, "each one has more than 5"
