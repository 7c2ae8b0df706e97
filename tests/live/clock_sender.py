"""A process that is a sequencer on JACK: sends a MIDI clock whose true beat is known.

Run as `python clock_sender.py CLIENT`; each line is `BPM BEATS`. It sends start and that many
beats of ticks, and answers with the time (seconds of the monotonic clock) of beat 0, before the
first tick. `end` ends it.
"""

import sys
import time

from midi_sender import Device

TICKS_A_BEAT = 24
AHEAD_S = 0.05


def send(device: Device, bpm: float, beats: int) -> None:
    """Send each tick when it is due, to the frame."""
    period_s = 60 / bpm / TICKS_A_BEAT
    begin_s = time.perf_counter() + AHEAD_S
    device.send(b"\xfa", at_s=begin_s - period_s)
    print(begin_s, flush=True)
    for i in range(beats * TICKS_A_BEAT):
        due_s = begin_s + i * period_s
        time.sleep(max(due_s - AHEAD_S - time.perf_counter(), 0.0))
        device.send(b"\xf8", at_s=due_s)


def main(client: str) -> None:
    """Open the virtual port `CLIENT:out` and serve the lines."""
    device = Device(client)
    print("ready", flush=True)
    for line in sys.stdin:
        if line.strip() == "end":
            break
        bpm, beats = line.split()
        send(device, float(bpm), int(beats))
    device.send(b"\xfc")
    device.end()


if __name__ == "__main__":
    main(sys.argv[1])
