"""MIDI messages and port names, as pure functions."""

import mido
import pytest
from hypothesis import given
from hypothesis import strategies as st

from performer.events import (
    ClockEvent,
    ClockKind,
    Event,
    MidiEvent,
    MidiKind,
    Notice,
    PortEvent,
    Refusal,
)
from performer.inputs.midi_letter import decode_letter, encode_letter
from performer.inputs.midi_messages import (
    Reader,
    messages_in,
    normalise_7bit,
    normalise_14bit,
    normalise_bend,
    normalise_velocity,
)
from performer.inputs.midi_names import display_name, is_device, virtual_name
from performer.inputs.news import decode_news, encode_news


def test_ends_and_centres_are_exact() -> None:
    assert [normalise_7bit(v) for v in (0, 64, 127)] == [0.0, 0.5, 1.0]
    assert [normalise_14bit(v) for v in (0, 8192, 16383)] == [0.0, 0.5, 1.0]
    assert [normalise_bend(v) for v in (-8192, 0, 8191)] == [0.0, 0.5, 1.0]
    assert [normalise_velocity(v) for v in (0, 127)] == [0.0, 1.0]


def test_normalised_values_rise_with_every_step() -> None:
    for values in ([normalise_7bit(v) for v in range(128)], [*map(normalise_14bit, range(16384))]):
        assert all(a < b for a, b in zip(values, values[1:], strict=False))


MESSAGES: list[tuple[mido.Message, MidiKind, int, float]] = [
    (mido.Message("control_change", channel=0, control=7, value=64), "cc", 7, 0.5),
    (mido.Message("note_on", channel=0, note=36, velocity=127), "note", 36, 1.0),
    (mido.Message("note_on", channel=0, note=36, velocity=0), "note", 36, 0.0),
    (mido.Message("note_off", channel=0, note=36, velocity=90), "note", 36, 0.0),
    (mido.Message("pitchwheel", channel=0, pitch=0), "bend", 0, 0.5),
    (mido.Message("pitchwheel", channel=0, pitch=8191), "bend", 0, 1.0),
    (mido.Message("aftertouch", channel=0, value=127), "pressure", 0, 1.0),
    (mido.Message("polytouch", channel=0, note=40, value=127), "poly", 40, 1.0),
    (mido.Message("program_change", channel=0, program=12), "program", 12, 1.0),
]


@pytest.mark.parametrize(("message", "kind", "number", "value"), MESSAGES)
@pytest.mark.parametrize("channel", [0, 15])
def test_each_channel_message_becomes_one_event(
    message: mido.Message, kind: MidiKind, number: int, value: float, channel: int
) -> None:
    data = message.copy(channel=channel).bytes()
    expected = MidiEvent(3.0, "port", kind, channel + 1, number, value)
    assert Reader("port").read(data, 3.0) == [expected]


def kinds(reader: Reader, *controls: tuple[int, int, int]) -> list[tuple[str, int, float]]:
    """(kind, number, value) of control changes given as (channel, number, value)."""
    events = [e for c, n, v in controls for e in reader.read([0xB0 | c, n, v], 0.0)]
    return [(e.kind, e.number, e.value) for e in events if isinstance(e, MidiEvent)]


def test_fourteen_bits_come_with_the_lsb() -> None:
    assert kinds(Reader(""), (0, 1, 64), (0, 33, 0)) == [
        ("cc", 1, 0.5),
        ("cc", 33, 0.0),
        ("cc14", 1, 0.5),
    ]
    assert kinds(Reader(""), (0, 31, 127), (0, 63, 127))[-1] == ("cc14", 31, 1.0)


def test_an_lsb_alone_or_on_another_channel_makes_no_fourteen_bits() -> None:
    assert kinds(Reader(""), (0, 33, 5)) == [("cc", 33, 5 / 128)]
    assert [k for k, _, _ in kinds(Reader(""), (0, 1, 64), (1, 33, 0))] == ["cc", "cc"]
    assert [k for k, _, _ in kinds(Reader(""), (0, 64, 1), (0, 96, 1))] == ["cc", "cc"]


@pytest.mark.parametrize("data", [[0xFE], [0xF1, 3], [0xF0, 1, 2, 0xF7], [0xFF]])
def test_other_system_messages_are_left_out(data: list[int]) -> None:
    assert Reader("").read(data, 0.0) == []


@pytest.mark.parametrize(
    ("data", "kind", "value"),
    [
        ([0xF8], "tick", 0.0),
        ([0xFA], "start", 0.0),
        ([0xFB], "continue", 0.0),
        ([0xFC], "stop", 0.0),
        ([0xF2, 5, 0], "position", 1.25),
        ([0xF2, 127, 127], "position", 16383 / 4),
    ],
)
def test_the_clock_becomes_events(data: list[int], kind: ClockKind, value: float) -> None:
    assert Reader("port").read(data, 3.0) == [ClockEvent(3.0, "port", kind, value)]


@pytest.mark.parametrize(
    "data",
    [[0xF2, 1], [0xF2, 200, 1], [], [0x40], [0xB0], [0xB0, 1], [0xB0, 1, 200], [0x90, 1, 2, 3]],
)
def test_broken_messages_are_refused(data: list[int]) -> None:
    with pytest.raises(ValueError, match=".+"):
        Reader("").read(data, 0.0)


@pytest.mark.parametrize(
    ("packet", "messages"),
    [
        ([0xB0, 16, 1], [[0xB0, 16, 1]]),
        ([0xB0, 16, 1, 0xB0, 16, 2, 0xB1, 7, 3], [[0xB0, 16, 1], [0xB0, 16, 2], [0xB1, 7, 3]]),
        ([0x90, 36, 127, 0xF8, 0xC0, 5], [[0x90, 36, 127], [0xF8], [0xC0, 5]]),
        ([0x40, 0xB0, 16, 1], [[0x40], [0xB0, 16, 1]]),
        ([], [[]]),
    ],
)
def test_a_packet_may_hold_several_messages(packet: list[int], messages: list[list[int]]) -> None:
    assert messages_in(packet) == messages


@given(st.lists(st.lists(st.integers(0, 255), max_size=4), max_size=20))
def test_arbitrary_bytes_give_values_in_range_or_a_value_error(stream: list[list[int]]) -> None:
    reader = Reader("")
    for data in stream:
        try:
            events = reader.read(data, 0.0)
        except ValueError:
            continue
        for event in events:
            if isinstance(event, ClockEvent):
                assert 0.0 <= event.value < 4096.0
                continue
            assert 0.0 <= event.value <= 1.0 and 0 <= event.number <= 127
            assert 1 <= event.channel <= 16


@pytest.mark.parametrize(
    ("api", "raw", "name"),
    [
        ("alsa", "nanoKONTROL2:nanoKONTROL2 MIDI 1 20:0", "nanoKONTROL2 MIDI 1"),
        ("alsa", "MPD218:Port A 24:0", "MPD218:Port A"),
        ("winmm", "nanoKONTROL2 1", "nanoKONTROL2"),
        ("core", "MIDI Mix", "MIDI Mix"),
        ("jack", "system:midi_capture_1", "system:midi_capture_1"),
    ],
)
def test_names_lose_the_numbers_that_change(api: str, raw: str, name: str) -> None:
    assert display_name(raw, api) == name


def test_our_virtual_port_is_called_performer_in_everywhere() -> None:
    assert [virtual_name(system) for system in ("alsa", "jack")] == ["in", "in"]
    assert virtual_name("core") == "performer in", "macOS shows no name of a program"


def test_our_own_ports_and_the_loop_back_are_no_devices() -> None:
    assert not any(map(is_device, ["performer:out", "performer-01:x", "", "Midi Through:0 14:0"]))
    assert is_device("performers drum:out") and is_device("nanoKONTROL2 MIDI 1")


def test_news_and_letters_go_between_processes_and_back() -> None:
    events: list[Event] = [
        MidiEvent(1.5, "pads:out", "cc14", 16, 31, 0.25),
        ClockEvent(2.0, "pads:out", "position", 12.5),
        PortEvent(2.5, "pads:out", False),
        Refusal(3.0, "MIDI", "half a message"),
        Notice(3.5, "MIDI: the JACK server has gone; waiting for it"),
    ]
    assert decode_news(encode_news("well", ("a", "b"), events)) == ("well", ("a", "b"), events)
    assert decode_letter(encode_letter("pads:out", 0x90, 127, 0)) == ("pads:out", 0x90, 127, 0)
