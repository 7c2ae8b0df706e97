"""Takes: every event comes back, a cut file keeps what is whole, and nothing in one does harm."""

import math
import random
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.runtime import Runtime
from performer.engine import Engine
from performer.events import Event, KeyEvent, MidiEvent, ModelEvent, OscEvent, PatchEvent
from performer.parameters import TABLE
from performer.performance import Performance
from performer.replay import Step, as_played, at_rate
from performer.schema import Binding, Modulator, Patch, Scene
from performer.takes import KINDS, MAGIC, RECORD, Head, Moment, Packer, Take, TakeError
from tests.tiny_model import still_patch

HEAD = Head("a.toml", "version = 1", {}, "starter", "", False, None, True, "CPU", "0", "2")
Frames = list[tuple[float, tuple[Event, ...]]]

st.register_type_strategy(float, st.floats(allow_nan=False))
st.register_type_strategy(int, st.integers(-(2**63), 2**64 - 1))
st.register_type_strategy(
    PatchEvent,
    st.builds(PatchEvent, st.floats(allow_nan=False), st.text(), st.none(), st.text(), st.text()),
)
EVENTS = st.one_of(*(st.from_type(kind) for kind in KINDS.values() if kind is not ModelEvent))


def write(path: Path, frames: Frames, *, a_record: int = 30) -> bytes:
    packer = Packer()
    content = packer.head(HEAD)
    for first in range(0, len(frames), a_record):
        content += packer.frames(frames[first : first + a_record])[0]
    path.write_bytes(content)
    return content


def read(path: Path) -> list[Moment]:
    return list(Take(path).moments())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "show.take"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(EVENTS, max_size=4), min_size=1, max_size=9))
def test_every_kind_of_event_comes_back_as_it_was(path: Path, given: list[list[Event]]) -> None:
    frames: Frames = [(number / 7, tuple(events)) for number, events in enumerate(given)]
    write(path, frames)
    assert read(path) == frames
    assert Take(path).head == HEAD


def test_a_model_is_told_by_its_file(path: Path) -> None:
    event = ModelEvent(1.0, "tiny", object(), object(), "/runs/a.safetensors", "ab")
    write(path, [(1.0, (event,))])
    (found,) = read(path)[0].events
    assert isinstance(found, ModelEvent) and found.generator is found.directions is None
    assert (found.name, found.path, found.sha256) == ("tiny", "/runs/a.safetensors", "ab")


def test_an_event_that_cannot_be_written_leaves_the_others(path: Path) -> None:
    good, bad = OscEvent(0.0, "/psi", (0.5,)), OscEvent(0.0, "/psi", (10**100,))
    packer = Packer()
    head = packer.head(HEAD)
    record, left_out = packer.frames([(0.0, (good, bad)), (0.1, (good,))])
    path.write_bytes(head + record)
    assert left_out == 1
    assert read(path) == [(0.0, (good,)), (0.1, (good,))]


def test_a_flood_is_written_in_records_that_can_be_read(path: Path) -> None:
    sizes = (20_000_000, 20_000_000, 40_000_000)
    blobs = [OscEvent(0.0, "/blob", (bytes(size),)) for size in sizes]
    packer = Packer()
    head = packer.head(HEAD)
    records, left_out = packer.frames([(float(n), (blob,)) for n, blob in enumerate(blobs)])
    path.write_bytes(head + records)
    assert left_out == 1
    assert [len(moment.events) for moment in read(path)] == [1, 1, 0]


def test_a_file_cut_off_anywhere_keeps_the_records_before(path: Path) -> None:
    frames: Frames = [(n / 60, (KeyEvent(n / 60, "n", True),) * (n % 3)) for n in range(12)]
    content = write(path, frames, a_record=3)
    ends = _ends(content)
    for size in range(len(content)):
        path.write_bytes(content[:size])
        whole = sum(end <= size for end in ends) - 1
        if whole < 0:
            with pytest.raises(TakeError):
                Take(path)
        else:
            assert read(path) == frames[: 3 * whole]


def _ends(content: bytes) -> list[int]:
    """Where each record ends."""
    ends, at = [], len(MAGIC)
    while at < len(content):
        at += RECORD.size + RECORD.unpack_from(content, at)[0]
        ends.append(at)
    return ends


def test_zeros_after_a_power_cut_and_torn_bytes_end_it(path: Path) -> None:
    frames: Frames = [(n / 60, ()) for n in range(9)]
    content = write(path, frames, a_record=3)
    path.write_bytes(content + bytes(4096))
    assert read(path) == frames
    torn = bytearray(content)
    torn[-1] ^= 1
    path.write_bytes(torn)
    assert read(path) == frames[:6]


def record(plain: bytes) -> bytes:
    """What a hostile writer would write: whole, with the right sum."""
    deflate = zlib.compressobj(wbits=-15)
    packed = deflate.compress(plain) + deflate.flush(zlib.Z_SYNC_FLUSH)
    return RECORD.pack(len(packed), zlib.crc32(packed)) + packed


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200), st.booleans(), st.booleans())
def test_arbitrary_bytes_are_one_sentence(
    path: Path, content: bytes, with_magic: bool, as_record: bool
) -> None:
    body = record(content) if as_record else content
    path.write_bytes(MAGIC * with_magic + body)
    with pytest.raises(TakeError, match="show.take") as raised:
        Take(path)
    assert len(str(raised.value).splitlines()) == 1


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(min_size=1, max_size=100))
def test_arbitrary_frames_are_one_sentence_or_frames(path: Path, content: bytes) -> None:
    packer = Packer()
    head = packer.head(HEAD)
    path.write_bytes(head + packer._record(content))
    try:
        moments = read(path)
    except TakeError as error:
        assert "show.take" in str(error)
    else:
        assert all(math.isfinite(moment.now_s) for moment in moments)


@pytest.mark.parametrize(
    "frames, words",
    [
        ([(1.0, []), (0.5, [])], "order of time"),
        ([(float("nan"), [])], "order of time"),
        ([(0.0, []), (1e9, [])], "order of time"),
        ([(1e300, [])], "order of time"),
        ([(0.0, [("Exec", {})])], "newer Performer"),
        ([(0.0, [("KeyEvent", {"time_s": 0.0, "key": "a"})])], "wrong fields"),
        ([(0.0, [("KeyEvent", {"time_s": 0.0, "key": 1, "pressed": True})])], "int"),
        ([(0.0, [("OscEvent", {"time_s": 0.0, "address": "/", "args": [{}]})])], "dict"),
    ],
)
def test_frames_that_cannot_be_are_refused(path: Path, frames: list, words: str) -> None:
    packer = Packer()
    path.write_bytes(packer.head(HEAD) + packer._record(packer._encoder.encode(frames)))
    with pytest.raises(TakeError, match=words):
        read(path)


def test_a_bomb_takes_no_memory(path: Path) -> None:
    packer = Packer()
    path.write_bytes(packer.head(HEAD) + packer._record(bytes(100_000_000)))
    with pytest.raises(TakeError, match="too large"):
        read(path)


def performance() -> Frames:
    """Five minutes at an uneven 60 frames a second, and 20,000 events of hands and machines."""
    chance = random.Random(5)
    names = [p for p in TABLE if p.name != "panic"]
    frames: Frames = []
    now_s, made = 5000.0, 0
    for number in range(300 * 60):
        now_s += max(1 / 60 + chance.gauss(0, 5e-4), 1e-3)
        due = 20_000 * (number + 1) // 18_000 - made
        made += due
        events = [_event(chance, names, now_s - chance.random() / 60) for _ in range(due)]
        frames.append((now_s, tuple(events)))
    return frames


def _event(chance: random.Random, names: list, time_s: float) -> Event:
    kind = chance.random()
    if kind < 0.6:
        number = chance.randrange(16, 24)
        return MidiEvent(
            time_s, "nanoKONTROL2 MIDI 1", "cc", 1, number, chance.randrange(128) / 127
        )
    if kind < 0.65:
        return KeyEvent(time_s, chance.choice("nb123oiur"), True)
    parameter = chance.choice(names)
    value = parameter.value_at(chance.random())
    return OscEvent(time_s, parameter.address, (float(np.float32(value)),))


BUSY = {
    "bindings": tuple(
        Binding(source=f"cc {16 + i}", parameter=f"direction.{i + 1}") for i in range(8)
    ),
    "modulators": (Modulator(shape="noise", parameter="hue", rate_hz=0.3, depth=0.2),),
    "scenes": {str(n): Scene(morph_s=n, values={"psi": n / 5, "zoom": 1.0 + n}) for n in (1, 2, 3)},
}


def test_five_minutes_with_20_000_events_come_back_to_the_last_bit(path: Path) -> None:
    """Of all that is played; what is drawn of it is a function of that."""
    frames = performance()
    assert sum(len(events) for _, events in frames) == 20_000

    def trace(steps: list[Step]) -> bytes:
        played, values = Performance(still_patch(**BUSY), (), None, lambda: 0.0), []
        for now_s, dt_s, events in steps:
            for event in events:
                played.take(event)
            played.advance(now_s, dt_s)
            values.append(played.values)
        return np.array(values).tobytes()

    shown = trace(list(as_played(Moment(*frame) for frame in frames)))
    content = write(path, frames)
    assert len(content) < 700_000
    assert trace(list(as_played(Take(path).moments()))) == shown


def test_pictures_come_back_to_the_last_bit(runtime: Runtime, path: Path) -> None:
    frames = [(n, e) for n, e in performance()[:120]]
    patch: Patch = still_patch(**BUSY, start={"walk.speed": 1.0, "trails": 0.5})
    write(path, frames)

    def pictures(steps: list[Step]) -> list[bytes]:
        engine = Engine(runtime, patch)
        return [engine.frame(*step).image.tobytes() for step in steps]

    shown = pictures(list(as_played(Moment(*frame) for frame in frames)))
    assert pictures(list(as_played(Take(path).moments()))) == shown
    steady = [pictures(list(at_rate(Take(path).moments(), 25))) for _ in range(2)]
    assert steady[0] == steady[1] and len(set(steady[0])) > 25


@pytest.mark.parametrize("fps", [7, 25, 60, 144])
def test_at_a_steady_rate_each_event_acts_in_the_first_frame_after_it(fps: int) -> None:
    frames = performance()[:600]
    steps = list(at_rate((Moment(*frame) for frame in frames), fps))
    assert [e for s in steps for e in s.events] == [e for _, events in frames for e in events]
    begin_s, seconds = frames[0][0], frames[-1][0] - frames[0][0]
    assert abs(len(steps) - (seconds * fps + 1)) <= 1
    assert steps[0].dt_s == 0.0 and {step.dt_s for step in steps[1:]} == {1 / fps}
    for number, step in enumerate(steps):
        assert step.now_s == pytest.approx(begin_s + number / fps)
        for event in step.events:
            assert event.time_s <= step.now_s
    # Their order is kept, so one waits for another: but never longer than a frame of the show.
    waits = [s.now_s - e.time_s for s in steps[1:] for e in s.events]
    assert max(waits) < 1 / fps + 2 / 60


def test_events_of_strange_times_act_when_they_were_taken() -> None:
    strange = [replace(KeyEvent(0.0, "n", True), time_s=t) for t in (math.nan, math.inf, -math.inf)]
    moments = [Moment(0.0, ()), Moment(1.0, tuple(strange)), Moment(2.0, ())]
    steps = list(at_rate(moments, 2))
    assert [len(step.events) for step in steps] == [0, 0, 3, 0, 0]
    for step in (*steps, *as_played(moments)):
        assert all(event.time_s == 1.0 for event in step.events)
    assert list(at_rate([], 60)) == [] == list(as_played([]))
