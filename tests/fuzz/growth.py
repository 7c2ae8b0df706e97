"""Whether memory grows: a million messages through one performance, the corpus again and again.

    python tests/fuzz/growth.py

Half of the messages are as in the corpus and the seeds, half are mutated; a hundred are heard in a
frame. Then each target is given all that is kept for it, `--rounds` times. The memory in use is
told when a tenth has come, and at the end.
"""

import argparse
import contextlib
import random
import resource
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent.parent)]

from target import HERE as PEER  # noqa: E402
from target import advance, performance  # noqa: E402
from targets import all_targets, find  # noqa: E402

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

Once = Callable[[int], None]


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
        return self.reader.read(list(data), self.clock.now())

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
    """What is mutated: as much that is well formed as what fuzzing has kept."""
    if name == "midi":
        return [bytes([status, 21, 64]) for status in range(0x80, 0x100)]
    kept = [path.read_bytes() for path in sorted((HERE / "corpus" / name).glob("*"))]
    seeds = find(name).seeds()
    return [data for data in (*seeds * (len(kept) // len(seeds) + 1), *kept) if data]


def mutated(data: bytes, chance: random.Random) -> bytes:
    """As it is, or with up to three of its bytes others, and perhaps cut short."""
    if chance.random() < 0.5:
        return data
    changed = bytearray(data)
    for _ in range(chance.randrange(4)):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed[: chance.randrange(1, 2 * len(changed))])


def rss_mb() -> float:
    """What this process has of the memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def grows(name: str, count: int, once: Callable[[int], None]) -> bool:
    """Do something so many times; whether memory grew after the first tenth."""
    early_mb = 0.0
    for number in range(count):
        once(number)
        if number == count // 10:
            early_mb = rss_mb()
    print(f"{name}: {early_mb:.1f} MB at a tenth, {rss_mb():.1f} MB at {count}", flush=True)
    return rss_mb() - early_mb > MOST_MB


def messages(show: Show, name: str, read: Callable[[bytes], Sequence[Event]]) -> Once:
    """A mutated message, and each hundredth time a frame."""
    known, chance = inputs(name), random.Random(1)

    def once(number: int) -> None:
        show.hear(read, mutated(chance.choice(known), chance))
        if number % A_FRAME == 0:
            show.frame()

    return once


def corpus(name: str) -> Once:
    """All that is kept for a target."""
    known, target = set(inputs(name)), find(name)

    def once(number: int) -> None:
        for data in known:
            with contextlib.suppress(*target.promises):
                target.run(data)

    return once


def main() -> None:
    """Play them all; exit status 1 where the memory grew."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=50)
    options, show = parser.parse_args(), Show()
    kinds = {"osc": show.osc, "page": show.page, "midi": show.midi}
    grew = [grows(n, options.messages, messages(show, n, read)) for n, read in kinds.items()]
    print(f"acted on: {dict(show.played.controls.received)}; refused: {show.refusals.count}")
    grew += [grows(name, options.rounds, corpus(name)) for name in all_targets()]
    sys.exit(any(grew))


if __name__ == "__main__":
    main()
