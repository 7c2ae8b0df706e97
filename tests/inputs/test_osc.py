"""The OSC input: what it hands over, when, and how it stands garbage."""

import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from performer.clock import ManualClock, SystemClock
from performer.events import Event, Inbox, OscEvent, Refusal
from performer.inputs import InputError
from performer.inputs.osc import LONGEST, MAX_WAITING, MOST_ARGS, OscInput

PSI = b"/psi\0\0\0\0,f\0\0" + struct.pack(">f", 0.5)
WALL_S = 1_000_000.0


def bundle(unix_s: float, *messages: bytes) -> bytes:
    head = b"#bundle\0" + struct.pack(">Q", round((unix_s + 2_208_988_800) * 2**32))
    return head + b"".join(struct.pack(">i", len(m)) + m for m in messages)


class Bench:
    """An OSC input on a free port with a clock that a test moves."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        self.inbox, self.clock = Inbox(), ManualClock(5.0)
        self.osc = OscInput(self.inbox, self.clock, host, 0, wall=self.wall)
        self.events: list[Event] = []

    def wall(self) -> float:
        return WALL_S + self.clock.now_s - 5.0

    def send(self, *datagrams: bytes) -> None:
        family = socket.AF_INET6 if ":" in self.osc.address[0] else socket.AF_INET
        with socket.socket(family, socket.SOCK_DGRAM) as sender:
            for datagram in datagrams:
                sender.sendto(datagram, self.osc.address)

    def until(self, done: Callable[[], bool]) -> list[Event]:
        deadline_s = time.monotonic() + 5.0
        while not done():
            assert time.monotonic() < deadline_s, self.events
            time.sleep(0.002)
            self.events += self.inbox.drain()
        self.events += self.inbox.drain()
        return self.events

    def until_events(self, count: int) -> list[Event]:
        return self.until(lambda: len(self.events) >= count)


@contextmanager
def opened(host: str = "127.0.0.1") -> Iterator[Bench]:
    bench = Bench(host)
    try:
        yield bench
    finally:
        bench.osc.close()


@pytest.fixture
def bench() -> Iterator[Bench]:
    with opened() as opened_bench:
        yield opened_bench


def test_a_message_arrives_with_the_time_of_its_arrival(bench: Bench) -> None:
    bench.send(PSI)
    assert bench.until_events(1) == [OscEvent(5.0, "/psi", (0.5,))]
    assert (bench.osc.received, bench.osc.refused) == (1, 0)


def test_a_past_bundle_arrives_at_once(bench: Bench) -> None:
    bench.send(bundle(WALL_S - 100.0, PSI, PSI))
    assert bench.until_events(2) == [OscEvent(5.0, "/psi", (0.5,))] * 2


def test_a_future_bundle_waits_for_its_time(bench: Bench) -> None:
    bench.send(bundle(WALL_S + 2.0, b"/later\0\0"), bundle(WALL_S + 1.0, b"/sooner\0"), PSI)
    bench.until_events(1)
    bench.clock.now_s = 6.5
    bench.until_events(2)
    bench.clock.now_s = 7.5
    assert bench.until_events(3) == [
        OscEvent(5.0, "/psi", (0.5,)),
        OscEvent(6.5, "/sooner", ()),
        OscEvent(7.5, "/later", ()),
    ]


def test_a_bundle_beyond_the_horizon_is_refused(bench: Bench) -> None:
    bench.send(bundle(WALL_S + 11.0, PSI))
    (refusal,) = bench.until_events(1)
    assert isinstance(refusal, Refusal) and "more than 10 s ahead" in refusal.reason


def test_no_more_than_a_bounded_number_waits(bench: Bench) -> None:
    bench.send(bundle(WALL_S + 1.0, *[PSI] * MAX_WAITING), bundle(WALL_S + 1.0, PSI))
    (refusal,) = bench.until_events(1)
    assert isinstance(refusal, Refusal) and "wait for their time" in refusal.reason
    bench.clock.now_s = 6.5
    assert len(bench.until_events(1 + MAX_WAITING)) == 1 + MAX_WAITING


def test_no_more_of_a_message_waits_than_is_read(bench: Bench) -> None:
    text, blob = b"t" * 999 + b"\0", struct.pack(">i", 20_000) + bytes(20_000)
    tags = b"," + b"sb" + b"f" * 5000
    tags += b"\0" * (4 - len(tags) % 4)
    bench.send(b"/x\0\0" + tags + text + blob + struct.pack(">f", 0.5) * 5000)
    (event,) = bench.until_events(1)
    assert event == OscEvent(5.0, "/x", ("t" * LONGEST, bytes(LONGEST), *[0.5] * (MOST_ARGS - 2)))
    bench.send(b"/" + b"a" * 1022 + b"\0" + PSI[8:])
    refusal = bench.until_events(2)[-1]
    assert isinstance(refusal, Refusal) and "more than 255 letters" in refusal.reason


def test_garbage_is_counted_exactly_and_told_seldom(bench: Bench) -> None:
    # Short batches, so that the kernel's buffer holds each.
    for done in range(100, 2001, 100):
        bench.send(*[b"garbage!"] * 100)
        bench.until(lambda done=done: bench.osc.received == done)  # type: ignore[misc]
    assert bench.osc.refused == 2000
    assert len(bench.events) == 1
    bench.clock.now_s += 1.0
    bench.send(b"garbage!", PSI)
    *_, refusal, event = bench.until_events(3)
    assert isinstance(refusal, Refusal) and refusal.reason.endswith("(and 1999 before it)")
    assert isinstance(event, OscEvent)


def test_an_error_in_the_thread_does_not_end_it(bench: Bench) -> None:
    def broken() -> float:
        raise RuntimeError("no time")

    working, bench.osc._wall = bench.osc._wall, broken
    bench.send(PSI)
    (refusal,) = bench.until_events(1)
    assert isinstance(refusal, Refusal) and "no time" in refusal.reason
    bench.osc._wall = working
    bench.send(PSI)
    bench.until_events(2)


def test_ipv6_works_where_the_computer_has_it() -> None:
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
            probe.bind(("::1", 0))
    except OSError:
        pytest.skip("no IPv6 here")
    with opened("::1") as bench:
        bench.send(PSI)
        bench.until_events(1)


def test_closing_is_quick_and_frees_the_port() -> None:
    osc = OscInput(Inbox(), SystemClock(), port=0)
    host, port = osc.address
    start_s = time.monotonic()
    osc.close()
    assert time.monotonic() - start_s < 0.5
    OscInput(Inbox(), SystemClock(), host, port).close()


@pytest.mark.parametrize(
    ("host", "port", "sentence"),
    [
        ("203.0.113.7", 9000, "is not an address of this computer"),
        ("no.such.host.invalid", 9000, "OSC: port 9000 on no.such.host.invalid"),
        ("127.0.0.1", 70_000, "OSC: port 70000 on 127.0.0.1"),
    ],
)
def test_an_address_that_cannot_be_bound_is_a_sentence(host: str, port: int, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        OscInput(Inbox(), SystemClock(), host, port)


def test_a_patient_one_waits_for_a_port_that_is_taken() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        port = other.getsockname()[1]
        with pytest.raises(InputError, match="in use"):
            OscInput(Inbox(), ManualClock(0.0), port=port)
        inbox = Inbox()
        osc = OscInput(inbox, SystemClock(), port=port, patient=True)
        osc.tell(("127.0.0.1", 9), {"/psi": 0.5})
        assert osc.address == ("127.0.0.1", port)
    events: list[Event] = []
    deadline_s = time.monotonic() + 10.0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        while not events and time.monotonic() < deadline_s:
            sender.sendto(PSI, ("127.0.0.1", port))
            time.sleep(0.02)
            events += inbox.drain()
    osc.close()
    assert isinstance(events[0], OscEvent)
