"""What learn takes a control for, by the bytes that controllers of each kind send."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from performer.events import MidiEvent
from performer.inputs.midi_messages import Reader
from performer.recognition import HELD_S, Recogniser, guess


@pytest.mark.parametrize(
    ("raws", "encoding"),
    [
        ([1, 1, 1], "twos"),
        ([127, 127, 127], "twos"),
        ([1, 127, 1], "twos"),
        ([1, 2, 4, 2, 1, 1], "twos"),
        ([65, 65, 65], "offset"),
        ([65, 65, 63], "offset"),
        ([66, 66, 62], "offset"),
        ([63, 63, 63], "offset"),
        ([17, 17, 15], "offset16"),
        ([15, 15, 15], "offset16"),
        ([1, 1, 65], "signed"),
        ([65, 65, 1], "signed2"),
        ([65, 67, 1, 1], "signed2"),
        # Knobs with ends.
        ([64, 65, 66], None),
        ([0, 1, 2], None),
        ([3, 2, 1, 0, 0], None),
        ([127, 125, 120], None),
        ([63, 65, 66], None),
        ([15, 16, 17], None),
        ([40, 40, 40], None),
        ([0, 127, 0], None),
    ],
)
def test_an_encoding_is_guessed_from_a_few_bytes(raws: list[int], encoding: str | None) -> None:
    assert guess(raws) == encoding


@given(st.integers(0, 127), st.sampled_from([-1, 1]), st.integers(3, 60))
def test_a_knob_swept_step_by_step_is_never_an_encoder(start: int, way: int, count: int) -> None:
    raws = [start + way * i for i in range(count) if 0 <= start + way * i <= 127]
    assert len(raws) < 2 or guess(raws) is None


def played(*messages: tuple[float, list[int]]) -> Iterator[MidiEvent]:
    """The events that the instrument makes of timed messages."""
    reader = Reader("Pad")
    for time_s, data in messages:
        yield from reader.read(data, time_s)


def stream(*messages: list[int], pause_s: float = 0.01) -> list[MidiEvent]:
    return list(played(*((i * pause_s, data) for i, data in enumerate(messages))))


def pair(msb: int, lsb: int) -> list[list[int]]:
    return [[0xB0, 1, msb], [0xB0, 33, lsb]]


KNOB = [[0xB0, 21, raw] for raw in (40, 41, 43)]

# The parameter's kind, what arrives, and the source, encoding and latching it is taken for.
CASES = [
    ("value", stream(*KNOB), "cc 21", None, False),
    ("value", stream(*KNOB[:2]), None, None, False),
    ("value", stream(*[[0xB0, 21, 1]] * 3), "cc 21", "twos", False),
    ("value", stream(*[[0xB0, 21, 65]] * 3, *[[0xB0, 21, 1]] * 3), "cc 21", "signed2", False),
    ("value", stream(*pair(64, 0), *pair(64, 9), *pair(64, 20)), "cc14 1", None, False),
    ("value", stream([0xB0, 33, 127], [0xB0, 33, 0]), "cc 33", None, False),
    ("value", stream([0xB0, 21, 127], [0xB0, 21, 0]), "cc 21", None, False),
    ("trigger", stream([0xB0, 41, 127]), "cc 41", None, False),
    ("trigger", stream([0xB0, 41, 0]), None, None, False),
    ("toggle", stream(KNOB[0]), "cc 21", None, False),
    ("toggle", stream([0xB0, 41, 127], [0xB0, 41, 0], pause_s=3.0), "cc 41", None, True),
    ("toggle", stream([0x90, 36, 100]), "note 36", None, False),
    ("toggle", stream([0x90, 36, 100], [0x80, 36, 0]), "note 36", None, False),
    ("toggle", stream([0x90, 36, 100], [0x90, 36, 0], pause_s=3.0), "note 36", None, True),
    ("toggle", stream([0x80, 36, 0]), None, None, False),
    ("value", stream([0x90, 36, 100], *[[0xD0, v] for v in (9, 8, 7)]), "note 36", None, False),
    ("value", stream(*[[0xD0, v] for v in (9, 20, 40)]), "pressure", None, False),
    ("value", stream(*[[0xA0, 36, v] for v in (9, 20, 40)]), "poly 36", None, False),
    ("value", stream(*[[0xE0, 0, v] for v in (64, 66, 70)]), "bend", None, False),
    ("value", stream([0xC0, 5]), "program", None, False),
    ("trigger", stream([0xC0, 5]), "program 5", None, False),
    ("value", stream(KNOB[0], [0x90, 36, 100], *KNOB), "note 36", None, False),
]


@pytest.mark.parametrize(("kind", "events", "source", "relative", "latching"), CASES)
def test_a_control_is_recognised(kind, events, source, relative, latching) -> None:
    recogniser = Recogniser(kind)
    found = None
    for event in events:
        found = recogniser.hear(event)
    if source is None:
        assert found is None
    else:
        assert found is not None
        assert (found.source, found.relative, found.latching) == (source, relative, latching)


@pytest.mark.parametrize("press", [[0x90, 36, 100], [0xB0, 41, 127]])
def test_a_button_that_stays_down_keeps_its_state(press: list[int]) -> None:
    recogniser = Recogniser("toggle")
    for event in played((10.0, press)):
        recogniser.hear(event)
    early, late = recogniser.wait(10.0 + HELD_S), recogniser.wait(10.1 + HELD_S)
    assert early is not None and not early.latching
    assert late is not None and late.latching


def test_a_quick_press_takes_it_back() -> None:
    recogniser = Recogniser("toggle")
    press, release = [0x90, 36, 100], [0x80, 36, 0]
    for event in played((0.0, press), (9.0, release), (10.0, press), (10.1, release)):
        found = recogniser.hear(event)
    assert found is not None and not found.latching


@given(st.lists(st.tuples(st.integers(0x80, 0xEF), st.integers(0, 127), st.integers(0, 127))))
def test_no_stream_of_messages_raises(messages) -> None:
    recogniser, reader = Recogniser("value"), Reader("Pad")
    for i, data in enumerate(messages):
        size = 2 if data[0] >> 4 in (0xC, 0xD) else 3
        for event in reader.read(data[:size], i * 0.01):
            recogniser.hear(event)
            recogniser.wait(i * 0.01)
