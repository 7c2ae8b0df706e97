"""A process that is a MIDI device on JACK: sends what its standard input says.

Run as `python midi_sender.py CLIENT [lights]`; each line holds messages in hex, as
`b0 01 40, b0 21 00`, and is answered with the time (seconds of the monotonic clock) before each was
sent. With `lights` it also has an input, and `heard` is answered with what came there. `end` ends
it.
"""

import sys
import time

import rtmidi


def main(client: str, *options: str) -> None:
    """Open the virtual port `CLIENT:out` and serve the lines."""
    port = rtmidi.MidiOut(rtmidi.API_UNIX_JACK, client)
    port.open_virtual_port("out")
    lights = None
    if "lights" in options:
        lights = rtmidi.MidiIn(rtmidi.API_UNIX_JACK, f"{client} lights")
        lights.open_virtual_port("in")
    print("ready", flush=True)
    for line in sys.stdin:
        if line.strip() == "end":
            break
        if line.strip() == "heard":
            heard = iter(lights.get_message, None) if lights else ()
            print(",".join(bytes(message).hex(" ") for message, _ in heard), flush=True)
            continue
        times = []
        for message in line.split(","):
            times.append(time.perf_counter())
            port.send_message([int(byte, 16) for byte in message.split()])
            # Paced like a hand on a knob: JACK loses events of unpaced bursts.
            time.sleep(0.002)
        print(*times, flush=True)
    for each in (port, lights):
        if each is not None:
            each.close_port()
            each.delete()


if __name__ == "__main__":
    main(*sys.argv[1:])
