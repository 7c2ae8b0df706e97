"""A process that is a peer in an Ableton Link session, and does what its standard input says.

Each line is a tempo to set, or empty; it is answered with a time of the monotonic clock in
seconds, the session's beat then, its tempo and how many others are in it. `end` ends it.
"""

import asyncio
import sys
import time

import aalink


async def main() -> None:
    """Join the session and serve the lines."""
    link = aalink.Link(90.0)
    link.enabled = True
    print("ready", flush=True)
    while (line := (await asyncio.to_thread(sys.stdin.readline)).strip()) != "end":
        if line:
            link.tempo = float(line)
        begin_s, beat, end_s = time.perf_counter(), link.beat, time.perf_counter()
        print((begin_s + end_s) / 2, beat, link.tempo, link.num_peers, flush=True)
    link.enabled = False


if __name__ == "__main__":
    asyncio.run(main())
