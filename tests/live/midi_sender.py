"""A process that is a MIDI device on JACK: sends what its standard input says.

Run as `python midi_sender.py CLIENT [lights]`; each line holds messages in hex, as
`b0 01 40, b0 21 00`, and is answered with the time (seconds of the monotonic clock) before each was
sent. `burst N` sends N messages as fast as JACK takes them, and `replug` takes the port away and
brings it back at once. With `lights` it also has an input, and `heard` is answered with what came
there. `end` ends it.
"""

import sys
import time
from collections import deque

import jack


class Device:
    """The port `CLIENT:out`, and with lights an input in a client of its own."""

    def __init__(self, name: str, *options: str) -> None:
        self._client = jack.Client(name, no_start_server=True)
        self._out = self._client.midi_outports.register("out")
        self._waiting: deque[tuple[float, bytes]] = deque()
        self._client.set_process_callback(self._send)
        self._clients = [self._client]
        self.heard: deque[bytes] = deque()
        if "lights" in options:
            lights = jack.Client(f"{name} lights", no_start_server=True)
            port = lights.midi_inports.register("in")
            lights.set_process_callback(
                lambda _: self.heard.extend(bytes(m) for _, m in port.incoming_midi_events())
            )
            self._clients.append(lights)
        for client in self._clients:
            client.activate()

    def send(self, *messages: bytes, at_s: float | None = None) -> float:
        """Send messages now, or at a later time (seconds of the monotonic clock); the time."""
        at_s = time.perf_counter() if at_s is None else at_s
        self._waiting.extend((at_s, message) for message in messages)
        return at_s

    @property
    def busy(self) -> bool:
        return bool(self._waiting)

    def replug(self) -> None:
        """Take the port away and bring it back."""
        self._client.deactivate()
        self._out.unregister()
        self._out = self._client.midi_outports.register("out")
        self._client.activate()

    def end(self) -> None:
        for client in self._clients:
            client.deactivate()
            client.close()

    def _send(self, length: int) -> None:
        """Like a sound card's driver: what came in the last cycle lies in this one at its place."""
        out, rate_hz = self._out, self._client.samplerate
        out.clear_buffer()
        # On a busy machine the server is late, and counts its own lateness too.
        begun = min(self._client.frames_since_cycle_start, length)
        begin_s = time.perf_counter() - begun / rate_hz
        place = 0
        while self._waiting and self._waiting[0][0] < begin_s:
            sent_s, message = self._waiting[0]
            if out.max_event_size < len(message):
                return
            place = max(place, length + round((sent_s - begin_s) * rate_hz))
            out.write_midi_event(min(place, length - 1), message)
            self._waiting.popleft()


def main(client: str, *options: str) -> None:
    """Open the ports and serve the lines."""
    device = Device(client, *options)
    print("ready", flush=True)
    for line in map(str.strip, sys.stdin):
        if line == "end":
            break
        if line == "heard":
            heard = [device.heard.popleft() for _ in range(len(device.heard))]
            print(",".join(message.hex(" ") for message in heard), flush=True)
        elif line == "replug":
            device.replug()
            print("done", flush=True)
        elif line.startswith("burst"):
            count = int(line.split()[1])
            device.send(*(bytes([0xB0, i >> 7 & 127, i & 127]) for i in range(count)))
            while device.busy:
                time.sleep(0.001)
            print("done", flush=True)
        else:
            times = []
            for message in line.split(","):
                times.append(device.send(bytes.fromhex(message)))
                # Paced like a hand on a knob: JACK loses events of unpaced bursts.
                time.sleep(0.002)
            print(*times, flush=True)
    device.end()


if __name__ == "__main__":
    main(*sys.argv[1:])
