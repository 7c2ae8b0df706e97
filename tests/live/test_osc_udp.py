"""OSC over real UDP, from real senders: liblo's tools and raw sockets."""

import math
import socket
import struct
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from parts import free_udp_port, require, wait_until

from performer.clock import SystemClock
from performer.events import Event, Inbox, OscEvent, Refusal
from performer.inputs import InputError
from performer.inputs.osc import OscInput

pytestmark = pytest.mark.live

PSI = b"/psi\0\0\0\0,f\0\0" + struct.pack(">f", 0.5)
NTP_TO_UNIX_S = 2_208_988_800


class Bench:
    """An OSC input on a free port and all events it handed over."""

    def __init__(self) -> None:
        self.inbox, self.clock, self.events = Inbox(), SystemClock(), list[Event]()
        self.osc = OscInput(self.inbox, self.clock, port=0)
        self.port = self.osc.address[1]

    def wait_for(self, count: int, timeout_s: float = 5.0) -> list[Event]:
        def arrived() -> bool:
            self.events += self.inbox.drain()
            return len(self.events) >= count

        wait_until(arrived, timeout_s, f"{count} OSC events")
        return self.events

    def oscsend(self, *arguments: str) -> None:
        subprocess.run(
            [require("oscsend", "liblo-tools"), "127.0.0.1", str(self.port), *arguments], check=True
        )

    def send_paced(self, datagram: bytes, count: int, per_s: float) -> None:
        """Send `count` datagrams in batches of 5 ms."""
        batch, start_s = max(1, round(per_s / 200)), time.perf_counter()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            for done in range(0, count, batch):
                for _ in range(min(batch, count - done)):
                    sender.sendto(datagram, self.osc.address)
                self.clock.sleep_until(start_s + (done + batch) / per_s)


@pytest.fixture
def bench() -> Iterator[Bench]:
    bench = Bench()
    yield bench
    bench.osc.close()


def test_every_type_tag_of_oscsend(bench: Bench) -> None:
    bench.oscsend("/t", "TFNIishdfScm", *"7 hi 5 1.5 2.5 sym a 00904a7f".split())
    (event,) = bench.wait_for(1)
    assert isinstance(event, OscEvent) and event.address == "/t"
    assert event.args == (
        *(True, False, None, math.inf, 7, "hi", 5, 1.5, 2.5, "sym", "a"),
        b"\x00\x90\x4a\x7f",
    )
    assert 0.0 <= bench.clock.now() - event.time_s < 5.0


def test_a_pattern_arrives_as_it_was_sent(bench: Bench) -> None:
    bench.oscsend("/direction/{1,2}*/[!a-z]?", "f", "0.25")
    (event,) = bench.wait_for(1)
    assert isinstance(event, OscEvent)
    assert (event.address, event.args) == ("/direction/{1,2}*/[!a-z]?", (0.25,))


def test_a_recording_played_by_oscsendfile_keeps_its_times(bench: Bench, tmp_path: Path) -> None:
    start = f"{NTP_TO_UNIX_S + 1000:08x}"
    lines = [f"{start}.00000000 /first f 0.1", f"{start}.40000000 /second f 0.2"]
    (tmp_path / "show.osc").write_text("\n".join(lines) + "\n")
    tool = require("oscsendfile", "liblo-tools")
    subprocess.run(
        [tool, f"osc.udp://127.0.0.1:{bench.port}", str(tmp_path / "show.osc")],
        check=True,
        capture_output=True,
        timeout=10,
    )
    first, second = bench.wait_for(2)
    assert isinstance(first, OscEvent) and isinstance(second, OscEvent)
    assert (first.address, second.address) == ("/first", "/second")
    assert 0.15 < second.time_s - first.time_s < 0.6


def test_a_bundle_dated_in_the_future_is_on_time(bench: Bench) -> None:
    due_s = bench.clock.now() + 0.3
    timetag = struct.pack(">Q", round((time.time() + 0.3 + NTP_TO_UNIX_S) * 2**32))
    bundle = b"#bundle\0" + timetag + struct.pack(">i", len(PSI)) + PSI
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(bundle, bench.osc.address)
        sender.sendto(b"/now\0\0\0\0", bench.osc.address)
    now, later = bench.wait_for(2)
    assert isinstance(now, OscEvent) and now.address == "/now"
    assert isinstance(later, OscEvent) and later.address == "/psi"
    assert -0.002 <= later.time_s - due_s < 0.1


def test_a_program_is_told_at_the_port_it_spoke_from(bench: Bench) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as program:
        program.bind(("127.0.0.1", 0))
        program.settimeout(5.0)
        program.sendto(PSI, bench.osc.address)
        (event,) = bench.wait_for(1)
        assert isinstance(event, OscEvent) and event.peer == program.getsockname()
        bench.osc.tell(event.peer, {"/psi": 0.5})
        assert program.recvfrom(2048) == (PSI, bench.osc.address)
    bench.osc.tell(event.peer, {"/psi": 0.5})
    bench.osc.tell(("203.0.113.7", 9000), {f"/{i}": 1.0 for i in range(1000)})


def test_a_port_that_is_taken_is_a_sentence() -> None:
    port = free_udp_port()
    taken = f"OSC: port {port} on 127.0.0.1 is in use by another program; choose another with"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", port))
        with pytest.raises(InputError, match=taken):
            OscInput(Inbox(), SystemClock(), port=port)


def test_twenty_thousand_messages_at_5000_a_second_all_arrive(bench: Bench) -> None:
    bench.send_paced(PSI, 20_000, 5_000.0)
    assert len(bench.wait_for(20_000)) == 20_000
    assert (bench.osc.received, bench.osc.refused) == (20_000, 0)


def test_a_flood_of_garbage_does_no_harm(bench: Bench) -> None:
    bench.send_paced(b"\xff garbage\xfe\x00", 10_000, 10_000.0)
    wait_until(lambda: bench.osc.refused == 10_000, what="all garbage to be counted")
    bench.send_paced(PSI, 1, 1_000.0)
    wait_until(lambda: bench.osc.received == 10_001)
    *refusals, last = bench.wait_for(2)
    assert isinstance(last, OscEvent) and last.args == (0.5,)
    assert all(isinstance(refusal, Refusal) for refusal in refusals)
    assert len(refusals) < 200
