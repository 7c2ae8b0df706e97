"""Prints the time of each onset that a sound device brings, in a process of its own."""

import sys
import time

from performer.events import Inbox, SoundEvent
from performer.inputs.sound import Sound


def main(seconds: float) -> None:
    inbox = Inbox()
    sound = Sound(inbox, "default")
    print("listening", sound.name, flush=True)
    end_s = time.monotonic() + seconds
    while time.monotonic() < end_s:
        time.sleep(0.01)
        for event in inbox.drain():
            if isinstance(event, SoundEvent) and event.onset:
                print(f"onset {event.time_s:.6f}", flush=True)
    sound.close()


if __name__ == "__main__":
    main(float(sys.argv[1]))
