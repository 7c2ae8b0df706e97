"""Prints the time of each onset that a sound device brings, in a process of its own."""

import sys
import time

from performer.clock import SystemClock
from performer.events import Inbox, SoundEvent
from performer.inputs.sound import SoundInput

seconds = float(sys.argv[1])
inbox = Inbox()
sound = SoundInput(inbox, SystemClock())
print("listening", sound.name, flush=True)
end_s = time.monotonic() + seconds
while time.monotonic() < end_s:
    time.sleep(0.01)
    for event in inbox.drain():
        if isinstance(event, SoundEvent) and event.onset:
            print(f"onset {event.time_s:.6f}", flush=True)
sound.close()
