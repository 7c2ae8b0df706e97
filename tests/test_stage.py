"""The stage: the production loop with a manual clock, scripted keys and the memory display."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest

from performer.clock import ManualClock
from performer.engine import Engine
from performer.events import (
    ClockEvent,
    Event,
    Inbox,
    LinkEvent,
    MidiEvent,
    OscEvent,
    PatchEvent,
    PortEvent,
    Refusal,
)
from performer.outputs.base import Image
from performer.outputs.memory import MemoryDisplay
from performer.schema import Cue
from performer.stage import Labels, Stage, describe
from tests.test_quantise import SlowDisplay
from tests.tiny_model import still_patch

LABELS = Labels("CPU", "tiny", "still", lambda: ("nano",), "127.0.0.1:9000")
MakeEngine = Callable[..., Engine]
Keys = list[tuple[float, str, bool]]


class Show:
    """A stage and everything around it."""

    def __init__(self, engine: Engine, keys: Keys | None = None) -> None:
        self.clock, self.inbox = ManualClock(), Inbox()
        self.display = MemoryDisplay(self.clock, refresh_hz=60.0, keys=keys or [])
        self.stage = Stage(engine, self.display, self.inbox, self.clock, LABELS)


@pytest.fixture
def show(make_engine: Callable[..., Engine]) -> Callable[..., Show]:
    return lambda keys=None: Show(make_engine(), keys)


def test_frames_and_seconds_bound_the_show(show: Callable[..., Show]) -> None:
    first = show()
    first.stage.play(frames=7)
    assert first.display.frames == 7
    second = show()
    second.stage.play(seconds=2.0)
    assert second.display.frames == pytest.approx(120, abs=2)


def test_keys_quit_and_stop_ends(show: Callable[..., Show]) -> None:
    quitting = show([(0.5, "q", True)])
    quitting.stage.play(seconds=5.0)
    assert quitting.clock.now_s == pytest.approx(0.5, abs=0.05)
    stopped = show()
    stopped.stage.play(stopped=lambda: True)
    assert stopped.display.frames == 0


class Tape:
    """A recorder that remembers what it was given."""

    parameter, lamp, trouble = None, "", ""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.images: list[Image] = []

    def frame(self, on: bool, now_s: float, events: Sequence[Event], image: Image) -> None:
        self.events += events
        self.images.append(image.copy())

    def close(self) -> None: ...


def test_in_fullscreen_the_second_stroke_ends_and_no_recording_knows_of_either(
    make_engine: Callable[..., Engine],
) -> None:
    keys = [(time_s, key, down) for time_s, key in ((0.5, "escape"), (3.0, "q"), (4.5, "escape"))
            for down in (True, False)]  # fmt: skip
    clock, tape = ManualClock(), Tape()
    display = MemoryDisplay(clock, keys=keys)
    display.switches.fullscreen = True
    stage = Stage(make_engine(), display, Inbox(), clock, LABELS, recorders=[tape])
    stage.play(seconds=9.0)
    assert clock.now_s == pytest.approx(4.5, abs=0.05)
    assert not [event for event in tape.events if event.source == "key"]
    assert all((image == tape.images[0]).all() for image in tape.images)


def test_an_events_latency_is_measured_to_its_first_frame(show: Callable[..., Show]) -> None:
    playing = show()
    playing.clock.now_s = 10.0
    playing.inbox.put(OscEvent(9.99, "/hue", (50.0,)))
    playing.stage.play(frames=1)
    assert playing.stage.statistics()["latency_ms"]["osc"]["max"] == pytest.approx(10.0)  # type: ignore[index]


def test_the_delay_to_the_screen_is_told_to_the_engine_once(
    make_engine: Callable[..., Engine],
) -> None:
    clock, engine = ManualClock(), make_engine()
    stage = Stage(engine, SlowDisplay(clock, 0.03, []), Inbox(), clock, LABELS)
    stage.play(frames=300)
    assert stage.statistics()["events_received"] == {"latency": 1}
    # The beat of 120 bpm when that frame was seen.
    assert engine.performance.tempo.beat == pytest.approx(2 * clock.now_s, abs=0.01)


def test_statistics_count_what_came_and_what_was_refused(show: Callable[..., Show]) -> None:
    playing = show()
    for event in (
        OscEvent(0.0, "/psi", (0.5,)),
        OscEvent(0.0, "/psi", (float("nan"),)),
        MidiEvent(0.0, "a", "cc", 1, 1, 0.5),
        Refusal(0.0, "OSC from 127.0.0.1:1", "cut short"),
    ):
        playing.inbox.put(event)
    playing.stage.play(frames=2)
    statistics = playing.stage.statistics()
    assert statistics["events_received"] == {"osc": 2, "midi": 1, "refusal": 1}
    assert statistics["events_refused"] == {"osc": 1, "refusal": 1}
    assert statistics["frames"] == 2 and statistics["errors"] == 0


def test_status_tells_the_hud_how_things_stand(show: Callable[..., Show]) -> None:
    playing = show([(0.0, "h", True), (0.1, "b", True)])
    playing.inbox.put(PortEvent(0.0, "nano", True))
    playing.inbox.put(OscEvent(0.0, "/hue", (50.0,)))
    playing.stage.play(seconds=1.0)
    status = playing.display.last_status
    assert status is not None and status.fps == pytest.approx(60, rel=0.05)
    assert status.midi_ports == ("nano",) and status.blackout and not status.frozen
    assert status.last_events[0] == "key b down" and "/hue" in status.last_events[1]
    assert "nano" in status.message


class Recording:
    """A recorder that counts, and has something to say."""

    parameter = "record"
    lamp, trouble = "TAKE 0:00", "the disk is full"

    def __init__(self) -> None:
        self.given: list[tuple[bool, float, int]] = []

    def frame(self, on: bool, now_s: float, events: Sequence[Event], image: Image) -> None:
        self.given.append((on, now_s, len(events)))

    def close(self) -> None:
        """Nothing is open."""


def test_recorders_get_every_frame_and_what_it_was_given(make_engine: MakeEngine) -> None:
    clock, inbox, recording = ManualClock(), Inbox(), Recording()
    display = MemoryDisplay(clock, keys=[(0.0, "r", True), (0.0, "o", True)])
    stage = Stage(make_engine(), display, inbox, clock, LABELS, recorders=[recording])
    inbox.put(OscEvent(0.0, "/hue", (50.0,)))
    stage.one_frame(0.0)
    stage.one_frame(0.1)
    assert recording.given == [(True, 0.0, 3), (True, 0.1, 0)]
    status = stage.status()
    assert status.lamps == ("TAKE 0:00",) and status.message == "the disk is full"
    assert status.loop == "LOOP 4 REC"
    inbox.put(OscEvent(0.0, "/loop/record", (0.0,)))
    stage.one_frame(0.2)
    assert stage.status().loop == "LOOP 1"
    inbox.put(OscEvent(0.0, "/loop/play", (0.0,)))
    stage.one_frame(0.3)
    assert stage.status().loop == "LOOP OFF"


def test_a_flood_of_refusals_is_one_log_line(
    show: Callable[..., Show], caplog: pytest.LogCaptureFixture
) -> None:
    playing = show()
    with caplog.at_level(logging.WARNING):
        for _ in range(500):
            playing.inbox.put(Refusal(1.0, "OSC", "cut short"))
        playing.stage.play(frames=3)
    assert len(caplog.records) == 1


def test_what_an_onlooker_makes_of_it_ends_no_show(
    make_engine: MakeEngine, caplog: pytest.LogCaptureFixture
) -> None:
    class Onlooker:
        def look(self, *told: object) -> None:
            raise ValueError("it is blind")

    clock = ManualClock()
    display = MemoryDisplay(clock, refresh_hz=60.0)
    Stage(make_engine(), display, Inbox(), clock, LABELS, onlookers=[Onlooker()]).play(frames=9)
    assert display.frames == 9
    assert [record.getMessage() for record in caplog.records] == ["Onlooker: it is blind"]


def test_the_inbox_keeps_the_newest_when_nobody_drains() -> None:
    inbox = Inbox(capacity=10)
    for number in range(100):
        inbox.put(OscEvent(float(number), "/psi", ()))
    assert [event.time_s for event in inbox.drain()] == list(range(90, 100))
    assert inbox.drain() == []


@pytest.mark.parametrize(
    "event, words",
    [
        (MidiEvent(0.0, "a", "cc", 2, 16, 0.5), "cc 16 ch 2  0.500"),
        (OscEvent(0.0, "/psi", (0.25, "x")), "/psi  0.250 x"),
        (PortEvent(0.0, "nano", False), "nano out"),
        (ClockEvent(0.0, "nano", "start"), "clock start"),
        (LinkEvent(0.0, 3.5, 128.0, 2), "Link 128.0 bpm, 2 peers"),
        (Refusal(0.0, "OSC", "bad"), "refused OSC: bad"),
    ],
)
def test_events_in_words(event: OscEvent, words: str) -> None:
    assert describe(event) == words


def test_the_picture_shown_is_the_engines(show: Callable[..., Show]) -> None:
    playing = show()
    playing.stage.play(frames=1)
    assert playing.display.last is not None
    assert playing.display.last.shape == (16, 32, 3) and np.ptp(playing.display.last) > 20


def test_a_wrong_patch_is_told_until_it_is_mended(
    make_engine: Callable[..., Engine], caplog: pytest.LogCaptureFixture
) -> None:
    playing = Show(make_engine(), [(0.0, "h", True)])
    wrong = "live.toml:4: hue: 999 is not allowed; use -180 to 180"
    playing.inbox.put(PatchEvent(0.0, "live.toml", None, error=wrong))
    playing.inbox.put(Refusal(0.0, "osc", "later, and less"))
    with caplog.at_level(logging.INFO):
        playing.stage.play(seconds=30.0)
        assert playing.display.last_status.message == wrong  # type: ignore[union-attr]
        mended = PatchEvent(0.0, "live.toml", still_patch(name="Mended"))
        playing.inbox.put(mended)
        playing.stage.play(seconds=1.0)
    status = playing.display.last_status
    assert status is not None and (status.patch, status.message) == ("Mended", "took live.toml")
    assert [r.message for r in caplog.records if "live" in r.message] == [wrong, "took live.toml"]
    assert describe(mended) == "patch live.toml"


class Slow(ManualClock):
    """A clock of a machine on which each look at it takes its time."""

    def __init__(self, look_s: float) -> None:
        super().__init__()
        self._look_s = look_s

    def now(self) -> float:
        self.now_s += self._look_s
        return self.now_s


@pytest.mark.parametrize(
    ("look_s", "keys", "is_made"),
    [(0.0, [], True), (0.01, [], False), (0.01, [(0.1, "space", True)], True)],
    ids=["idle", "busy", "frozen"],
)
def test_a_cues_picture_is_drawn_only_where_no_frame_is_late(
    make_engine: Callable[..., Engine], look_s: float, keys: Keys, is_made: bool
) -> None:
    engine = make_engine(cues=(Cue("In", values={"hue": 50.0}),))
    clock = Slow(look_s)
    display = MemoryDisplay(clock, keys=[*keys, (0.0, "h", True)])
    Stage(engine, display, Inbox(), clock, LABELS).play(seconds=2.0)
    assert display.last_status is not None and display.last_status.cues == ("", "1 In")
    assert (display.last_status.preview is not None) == is_made


def test_of_two_models_the_names_are_told() -> None:
    one = replace(LABELS, model="sea at 139.6 kimg")
    assert one.models == "sea at 139.6 kimg"
    assert replace(one, model_b="fire at 2.0 kimg").models == "sea | fire"
