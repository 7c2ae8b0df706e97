"""Ableton Link with a second, real peer: found, followed, and left again."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from parts import running, wait_until

from performer.clock import SystemClock
from performer.events import Inbox, LinkEvent
from performer.tempo import OWN, Tempo

pytestmark = pytest.mark.live
PEER = str(Path(__file__).with_name("link_peer.py"))

if not os.environ.get("CI"):
    pytest.importorskip("aalink", reason="aalink is missing; the extra [link] has it")

from performer.inputs.link import LinkInput  # noqa: E402


class Bench:
    """A tempo that follows Link, in frames of about 5 ms."""

    def __init__(self) -> None:
        self.clock, self.inbox, self.tempo = SystemClock(), Inbox(), Tempo()
        self.before_s = self.clock.now()

    def frame(self) -> None:
        now_s = self.clock.now()
        for event in self.inbox.drain():
            assert isinstance(event, LinkEvent)
            self.tempo.take(event)
        dt_s, self.before_s = now_s - self.before_s, now_s
        self.tempo.advance(now_s, dt_s, bpm=self.tempo.told_bpm)
        self.now_s = now_s

    def play(self, seconds: float) -> None:
        end_s = time.monotonic() + seconds
        while time.monotonic() < end_s:
            self.frame()
            time.sleep(0.005)

    def wait_for(self, source: str, bpm: float) -> None:
        def found() -> bool:
            self.frame()
            return self.tempo.source == source and abs(self.tempo.told_bpm - bpm) < 0.1

        wait_until(found, 10.0, f"{source} at {bpm:g}")


def ask(peer: "subprocess.Popen[str]", line: str = "") -> list[float]:
    assert peer.stdin and peer.stdout
    peer.stdin.write(line + "\n")
    peer.stdin.flush()
    return [float(word) for word in peer.stdout.readline().split()]


def test_a_peers_beat_and_tempo_are_followed() -> None:
    bench = Bench()
    link = LinkInput(bench.inbox, bench.clock)
    try:
        with running(sys.executable, PEER) as peer:
            assert peer.stdout and peer.stdout.readline().strip() == "ready"
            for bpm in (97.3, 174.0):
                wait_until(lambda: ask(peer)[3] > 0, 10.0, "the session")  # noqa: B023
                ask(peer, str(bpm))
                bench.wait_for("Link", bpm)
                bench.play(0.5)
                time_s, beat, _, _ = ask(peer)
                bench.frame()
                ours = bench.tempo.beat - (bench.now_s - time_s) * bpm / 60
                error_ms = ((ours - beat + 2) % 4 - 2) * 60_000 / bpm
                print(f"Link at {bpm:g} bpm: {error_ms:+.2f} ms")
                assert abs(error_ms) < 20.0
            print("end", file=peer.stdin, flush=True)
            bench.wait_for(OWN, 174.0)
    finally:
        link.close()
