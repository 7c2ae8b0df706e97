"""JACK's ports without its server: limits, dates and connections, cycle by cycle."""

from collections.abc import Iterator

import pytest

from performer.inputs.midi_backend import QUEUE
from performer.inputs.midi_jack_ports import LONGEST, MOST_AT_ONCE, OUT_QUEUE, JackInput, JackOutput

RATE_HZ = 1000.0


class Source:
    """The part of a `jack.OwnMidiPort` that an input uses: the events of one cycle."""

    def __init__(self) -> None:
        self.events: list[tuple[int, bytes]] = []
        self.number_of_connections = 1

    def incoming_midi_events(self) -> Iterator[tuple[int, bytes]]:
        yield from self.events


class Bench:
    def __init__(self) -> None:
        self.source = Source()
        self.closed: list[JackInput] = []
        self.input = JackInput(self.source, "pads:out", RATE_HZ, self.closed.append)

    def cycle(self, begin_s: float, *events: tuple[int, bytes]) -> bool:
        self.source.events = list(events)
        return self.input.take(begin_s, 100)


def test_messages_are_dated_to_the_frame_one_cycle_back() -> None:
    bench = Bench()
    assert not bench.cycle(4.9)
    assert bench.cycle(5.0, (0, b"\xf8"), (60, b"\xb0\x01\x02"))
    assert bench.cycle(5.1, (99, b"\xf8"))
    assert bench.input.read() == [
        (b"\xf8", pytest.approx(4.9)),
        (b"\xb0\x01\x02", pytest.approx(4.96)),
        (b"\xf8", pytest.approx(5.099)),
    ]
    assert bench.input.read() == []


def test_times_never_step_back() -> None:
    bench = Bench()
    bench.cycle(5.0, (50, b"\xf8"))
    bench.cycle(4.0, (50, b"\xf8"))
    assert [time_s for _, time_s in bench.input.read()] == pytest.approx([4.95, 4.95])


def test_what_the_instrument_does_not_use_stays_out() -> None:
    bench = Bench()
    longest, longer = b"\xb0" * LONGEST, b"\xb0" * (LONGEST + 1)
    left_out = [(0, b"\xf0\x01\xf7"), (0, b"\xfe"), (0, longer)]
    assert not bench.cycle(1.0, *left_out)
    assert bench.cycle(2.0, *left_out, (0, longest), (0, b""))
    assert [message for message, _ in bench.input.read()] == [longest, b""]


def test_a_full_queue_drops_the_oldest_and_counts_them() -> None:
    bench = Bench()
    bench.cycle(1.0, *[(0, i.to_bytes(2)) for i in range(QUEUE)])
    assert bench.input.dropped == 0
    bench.cycle(2.0, *[(0, i.to_bytes(2)) for i in range(QUEUE, QUEUE + 5)])
    assert bench.input.dropped == 5
    first = bench.input.read()
    assert len(first) == MOST_AT_ONCE and first[0][0] == (5).to_bytes(2)
    rest = [message for _ in range(QUEUE) for message, _ in bench.input.read()]
    assert len(rest) == QUEUE - MOST_AT_ONCE and rest[-1] == (QUEUE + 4).to_bytes(2)


def test_a_connection_is_lost_when_its_device_came_anew() -> None:
    bench = Bench()
    bench.input.registered("pads:out")
    assert not bench.input.lost, "it is still connected"
    bench.input.registered("keys:out")
    bench.source.number_of_connections = 0
    assert bench.input.lost


def test_a_connection_that_a_player_ended_stays_so() -> None:
    bench = Bench()
    bench.source.number_of_connections = 0
    bench.input.registered("keys:out")
    assert not bench.input.lost, "another device came"


class Target:
    """The part of a `jack.OwnMidiPort` that an output uses, with room for some bytes a cycle."""

    def __init__(self, room: int) -> None:
        self.room, self.max_event_size = room, 0
        self.cycle: list[bytes] = []

    def clear_buffer(self) -> None:
        self.cycle, self.max_event_size = [], self.room

    def write_midi_event(self, offset: int, message: bytes) -> None:
        assert offset == 0 and len(message) <= self.max_event_size
        self.max_event_size -= len(message)
        self.cycle.append(message)


def test_a_cycle_takes_what_it_has_room_for_in_order() -> None:
    target = Target(room=6)
    out = JackOutput(target, lambda port: None)
    for i in range(5):
        out.send([0xB0, 1, i])
    cycles = []
    for _ in range(4):
        out.write()
        cycles.append([message[2] for message in target.cycle])
    assert cycles == [[0, 1], [2, 3], [4], []]


def test_what_waits_for_a_server_is_bounded() -> None:
    target = Target(room=10**6)
    out = JackOutput(target, lambda port: None)
    for i in range(OUT_QUEUE + 3):
        out.send(list(i.to_bytes(2)))
    out.write()
    assert len(target.cycle) == OUT_QUEUE and target.cycle[0] == (3).to_bytes(2)


def test_closing_is_the_clients() -> None:
    bench = Bench()
    bench.input.close()
    assert bench.closed == [bench.input]
    closed: list[JackOutput] = []
    out = JackOutput(Target(0), closed.append)
    out.close()
    assert closed == [out]
