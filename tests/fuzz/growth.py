"""Whether a show's memory grows: a million mutated messages of each kind through one performance.

    python tests/fuzz/growth.py

They are mutations of the corpus and the seeds of `osc`, `page` and `midi-bytes`, a hundred a frame.
The memory in use is told when a tenth of them has come, and at the end.
"""

import argparse
import random
import resource
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent.parent)]

from live_targets import TARGETS  # noqa: E402
from target import HERE as PEER  # noqa: E402
from target import advance, performance  # noqa: E402

from performer.clock import ManualClock  # noqa: E402
from performer.events import Event, Inbox, OscEvent, PageEvent  # noqa: E402
from performer.inputs.midi_messages import Reader  # noqa: E402
from performer.inputs.osc_packet import MalformedPacket, decode  # noqa: E402
from performer.inputs.refusals import Refusals  # noqa: E402
from performer.osc_replies import OscReplies, Replies  # noqa: E402
from performer.panel.commands import CommandError  # noqa: E402
from performer.panel.commands import decode as decode_command  # noqa: E402

A_FRAME = 100
MOST_MB = 8.0


class Show:
    """One long-lived performance, its decoders, and who is told."""

    def __init__(self) -> None:
        self.clock, self.inbox = ManualClock(1.0), Inbox()
        self.played, self.replies = performance(), OscReplies(Replies())
        self.refusals, self.reader = Refusals(self.inbox, self.clock), Reader("nano")

    def osc(self, data: bytes) -> Sequence[Event]:
        now_s = self.clock.now()
        events = [OscEvent(now_s, m.address, m.args, PEER) for m in decode(data)]
        for event in events:
            self.replies.hear(event, self.played.controls)
        return events

    def page(self, data: bytes) -> Sequence[Event]:
        told, now_s = decode_command(data), self.clock.now()
        values = [PageEvent(now_s, name, value) for name, value in told.set.items()]
        return [*values, *(PageEvent(now_s, name, None) for name in told.press)]

    def midi(self, data: bytes) -> Sequence[Event]:
        return self.reader.read(list(data[:4]), self.clock.now())

    def hear(self, read: Callable[[bytes], Sequence[Event]], data: bytes) -> None:
        """One message, from the bytes to the parameters."""
        try:
            events = read(data)
        except (MalformedPacket, CommandError, ValueError) as error:
            self.refusals.add("a stranger", str(error))
            events = self.inbox.drain()
        for event in events:
            self.played.take(event)

    def frame(self) -> None:
        self.clock.now_s += 1 / 30
        advance(self.played, self.clock.now_s)
        self.replies.messages(self.clock.now_s, self.played.controls)


def inputs(name: str) -> list[bytes]:
    """What is mutated."""
    kept = [path.read_bytes() for path in sorted((HERE / "corpus" / name).glob("*"))]
    return [data for data in (*TARGETS[name].seeds(), *kept) if data]


def mutated(data: bytes, chance: random.Random) -> bytes:
    """With up to three of its bytes others, every fourth time cut short."""
    changed = bytearray(data)
    for _ in range(chance.randrange(4)):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(
        changed[: chance.randrange(1, len(changed) + 1)] if chance.random() < 0.25 else changed
    )


def rss_mb() -> float:
    """What this process has of the memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def main() -> None:
    """Play them all; exit status 1 where the memory grew."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--messages", type=int, default=1_000_000)
    messages = parser.parse_args().messages
    show, chance, grew_mb = Show(), random.Random(1), 0.0
    kinds = {"osc": show.osc, "page": show.page, "midi-bytes": show.midi}
    for name, read in kinds.items():
        known = inputs(name)
        early_mb = 0.0
        for number in range(messages):
            show.hear(read, mutated(chance.choice(known), chance))
            if number % A_FRAME == 0:
                show.frame()
            if number == messages // 10:
                early_mb = rss_mb()
        grew_mb = max(grew_mb, rss_mb() - early_mb)
        print(f"{name}: {early_mb:.1f} MB at a tenth, {rss_mb():.1f} MB at {messages}", flush=True)
    print(f"acted on: {dict(show.played.controls.received)}; refused: {show.refusals.count}")
    sys.exit(grew_mb > MOST_MB)


if __name__ == "__main__":
    main()
