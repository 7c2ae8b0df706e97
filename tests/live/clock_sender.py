"""A process that is a sequencer on JACK: sends a MIDI clock whose true beat is known.

Run as `python clock_sender.py CLIENT`; each line is `BPM BEATS`. It sends start and that many
beats of ticks, and answers with the time (seconds of the monotonic clock) of beat 0, before the
first tick. `end` ends it.
"""

import sys
import time

import rtmidi

TICKS_A_BEAT = 24


def send(port: rtmidi.MidiOut, bpm: float, beats: int) -> None:
    """Send each tick when it is due; one that was late does not move the next."""
    period_s = 60 / bpm / TICKS_A_BEAT
    begin_s = time.perf_counter() + 0.05
    port.send_message([0xFA])
    print(begin_s, flush=True)
    for i in range(beats * TICKS_A_BEAT):
        due_s = begin_s + i * period_s
        while (left_s := due_s - time.perf_counter()) > 0:
            time.sleep(max(left_s - 0.0005, 0.0))
        port.send_message([0xF8])


def main(client: str) -> None:
    """Open the virtual port `CLIENT:out` and serve the lines."""
    port = rtmidi.MidiOut(rtmidi.API_UNIX_JACK, client)
    port.open_virtual_port("out")
    print("ready", flush=True)
    for line in sys.stdin:
        if line.strip() == "end":
            break
        bpm, beats = line.split()
        send(port, float(bpm), int(beats))
    port.send_message([0xFC])
    port.close_port()
    port.delete()


if __name__ == "__main__":
    main(sys.argv[1])
