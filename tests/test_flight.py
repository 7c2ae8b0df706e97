"""Frames in flight: the engine of smooth latency shows what that of low latency does, one later."""

import logging
import threading
from collections.abc import Iterator, Sequence

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from models.runtime import Runtime
from performer import engine as engines
from performer import painter as painters
from performer.arrival import HostLane, Slots
from performer.clock import ManualClock
from performer.engine import Engine, Frame
from performer.events import Event, Inbox, KeyEvent, OscEvent
from performer.flight import AtOnce, Beside, crew_for
from performer.outputs.memory import MemoryDisplay
from performer.stage import Labels, Stage
from tests.tiny_model import still_patch

DT_S = 1 / 60
MOVING = {"walk.speed": 2.0, "walk.reach": 1.0, "glide": 0.0}
ADDRESSES = [
    ("/hue", 90.0), ("/psi", 0.3), ("/trails", 2.0), ("/freeze", 1.0), ("/freeze", 0.0),
    ("/blackout", 1.0), ("/blackout", 0.0), ("/panic", 1.0), ("/next_seed", 1.0), ("/zoom", 2.0),
]  # fmt: skip


class Slow:
    """The tiny model, which fails when it is told to, and says in which thread it draws."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self.mode = "well"
        self.threads: set[str] = set()

    def __getattr__(self, name: str) -> object:
        return getattr(self._runtime, name)

    def draw(self, ws: Tensor, noise: float) -> Tensor:
        self.threads.add(threading.current_thread().name)
        if self.mode == "raise":
            raise RuntimeError("CUDA error: out of memory")
        image = self._runtime.draw(ws, noise)
        return image * torch.nan if self.mode == "nan" else image


@pytest.fixture(params=["beside", "card"])
def smooth(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Smooth latency as on a CPU, and as on a card: with slots, and launched at once."""
    if request.param == "card":
        monkeypatch.setattr(painters, "sender", lambda device: Slots(HostLane()).send)
        monkeypatch.setattr(engines, "crew_for", lambda latency, device: AtOnce())
    yield [request.param]


def play(
    engine: Engine, script: Sequence[Sequence[Event]]
) -> list[tuple[bytes, tuple[Event, ...]]]:
    """The frames of a script, and what each is the first to show."""
    frames = []
    for events in script:
        frame = engine.frame(0.0, DT_S, events)
        frames.append((frame.image.tobytes(), frame.shows))
    engine.close()
    return frames


@pytest.mark.usefixtures("smooth")
def test_smooth_is_low_one_frame_later(runtime: Runtime) -> None:
    random = np.random.default_rng(3)
    script: list[list[Event]] = []
    for _ in range(80):
        address, value = ADDRESSES[random.integers(len(ADDRESSES))]
        script.append([OscEvent(0.0, address, (value,))] if random.random() < 0.4 else [])
    patch = still_patch(start=MOVING)
    low = play(Engine(runtime, patch), script)
    late = play(Engine(runtime, patch, latency="smooth"), script)
    assert late[1:] == low[:-1]
    assert late[0][1] == () and not any(late[0][0]), "nothing is there yet: black"
    assert len({image for image, _ in low}) > 20


@settings(max_examples=15, deadline=None)
@given(
    script=st.lists(st.lists(st.sampled_from(ADDRESSES), max_size=2), min_size=1, max_size=12),
    faults=st.lists(st.sampled_from(["well", "well", "raise", "nan"]), min_size=12, max_size=12),
    latency=st.sampled_from(["low", "smooth"]),
)
def test_whatever_fails_every_event_is_shown_at_most_once_and_in_its_order(
    runtime: Runtime, script: list[list[tuple[str, float]]], faults: list[str], latency: str
) -> None:
    generator = Slow(runtime)
    engine = Engine(generator, still_patch(start=MOVING), latency=latency)  # type: ignore[arg-type]
    logging.getLogger("performer.engine").disabled = True
    sent: list[Event] = []
    shown: list[Event] = []
    for number, (addresses, mode) in enumerate(zip(script, faults, strict=False)):
        generator.mode = mode
        events = [OscEvent(number / 60, address, (value,)) for address, value in addresses]
        frame = engine.frame(number / 60, DT_S, events)
        sent += events
        shown += frame.shows
    generator.mode = "well"
    last = [engine.frame(1.0, DT_S, ()) for _ in range(4)][-1]
    engine.close()
    logging.getLogger("performer.engine").disabled = False
    assert shown == [event for event in sent if any(event is other for other in shown)]
    assert engine.message == "" and last.image.shape == (16, 32, 3)


def settle(engine: Engine, *events: Event, frames: int = 20) -> Frame:
    frame = engine.frame(0.0, DT_S, events)
    for _ in range(frames):
        frame = engine.frame(0.0, DT_S, ())
    return Frame(frame.image.copy(), frame.shows)


@pytest.mark.usefixtures("smooth")
@pytest.mark.parametrize("mode", ["raise", "nan"])
def test_an_error_that_arrives_later_leaves_the_last_good_frame(
    runtime: Runtime, mode: str, caplog: pytest.LogCaptureFixture
) -> None:
    generator = Slow(runtime)
    start = MOVING | {"trails": 3.0}
    engine = Engine(generator, still_patch(start=start), latency="smooth")  # type: ignore[arg-type]
    settle(engine)
    generator.mode = mode
    good = engine.frame(1.0, DT_S, ()).image.copy()  # was begun before it failed
    with caplog.at_level(logging.WARNING):
        for _ in range(50):
            frame = engine.frame(1.0, DT_S, (OscEvent(1.0, "/hue", (9.0,)),))
            assert np.array_equal(frame.image, good) and frame.shows == ()
    assert engine.errors >= 25 and engine.message and len(caplog.records) == 1
    generator.mode = "well"
    after = settle(engine, frames=3)
    assert engine.message == "" and not np.array_equal(after.image, good)
    assert after.image.std() > 5, "and nothing of it lingers in the trails"
    engine.close()


@pytest.mark.usefixtures("smooth")
def test_a_frame_says_what_it_shows_when_it_shows_it(runtime: Runtime) -> None:
    engine = Engine(runtime, still_patch(), latency="smooth")
    before = settle(engine)
    moved = OscEvent(0.0, "/brightness", (0.5,))
    frame = engine.frame(0.0, DT_S, (moved,))
    assert frame.shows == () and np.array_equal(frame.image, before.image)
    frame = engine.frame(0.0, DT_S, ())
    assert frame.shows == (moved,) and not np.array_equal(frame.image, before.image)
    engine.close()


def test_the_latency_that_is_measured_is_that_of_the_frame_shown(runtime: Runtime) -> None:
    def latency_ms(latency: str) -> float:
        clock, inbox = ManualClock(10.0), Inbox()
        engine = Engine(runtime, still_patch(), latency=latency)  # type: ignore[arg-type]
        stage = Stage(
            engine,
            MemoryDisplay(clock, refresh_hz=50.0),
            inbox,
            clock,
            Labels("", "", "", tuple, ""),
        )
        inbox.put(OscEvent(9.99, "/hue", (50.0,)))
        stage.play(frames=3)
        engine.close()
        return stage.statistics()["latency_ms"]["osc"]["max"]  # type: ignore[index]

    assert latency_ms("low") == pytest.approx(10.0)
    assert latency_ms("smooth") == pytest.approx(30.0), "one frame of 20 ms more"


def test_frozen_frames_are_sent_once(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    sends: list[bool] = []
    slots = Slots(HostLane())

    def send(pixels: Tensor, sound: Tensor) -> object:
        sends.append(True)
        return slots.send(pixels, sound)

    monkeypatch.setattr(painters, "sender", lambda device: send)
    engine = Engine(runtime, still_patch(start=MOVING))
    frozen = engine.frame(0.0, DT_S, (KeyEvent(0.0, "space", True),)).image.copy()
    for _ in range(9):
        assert np.array_equal(engine.frame(0.0, DT_S, ()).image, frozen)
    assert len(sends) == 1


def test_frames_are_made_beside_only_where_that_helps(runtime: Runtime) -> None:
    cpu, card = torch.device("cpu"), torch.device("cuda")
    assert isinstance(crew_for("low", cpu), AtOnce)
    assert isinstance(crew_for("smooth", card), AtOnce), "a card computes beside us by itself"
    beside = crew_for("smooth", cpu)
    assert isinstance(beside, Beside)
    beside.close()
    generator = Slow(runtime)
    engine = Engine(generator, still_patch(), latency="smooth")  # type: ignore[arg-type]
    settle(engine)
    engine.close()
    assert generator.threads == {"frames_0"}
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("frames")]
