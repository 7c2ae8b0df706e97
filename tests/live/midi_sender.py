"""A process that is a MIDI device on JACK: sends what its standard input says.

Run as `python midi_sender.py CLIENT`; each line holds messages in hex, `b0 01 40, b0 21 00`, and
is answered with the time (seconds of the monotonic clock) before each was sent. `end` ends it.
"""

import sys
import time

import rtmidi


def main(client: str) -> None:
    """Open the virtual port `CLIENT:out` and serve the lines."""
    port = rtmidi.MidiOut(rtmidi.API_UNIX_JACK, client)
    port.open_virtual_port("out")
    print("ready", flush=True)
    for line in sys.stdin:
        if line.strip() == "end":
            break
        times = []
        for message in line.split(","):
            times.append(time.perf_counter())
            port.send_message([int(byte, 16) for byte in message.split()])
            # Paced like a hand on a knob: JACK loses events of unpaced bursts.
            time.sleep(0.002)
        print(*times, flush=True)
    port.close_port()
    port.delete()


if __name__ == "__main__":
    main(sys.argv[1])
