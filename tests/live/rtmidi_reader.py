"""A process that reads MIDI by RtMidi on JACK, and answers a knob with a light.

The wheel's own libjack does not speak with Debian's server, so this needs LD_PRELOAD to put the
system's in its place: without a sound card ALSA cannot be tried, and this is the same code with
another API's name. Prints a line for each event, `ports` first; ends with its standard input.
"""

import sys
import threading

from performer.clock import SystemClock
from performer.events import Event, MidiEvent, PortEvent
from performer.inputs import midi_system
from performer.inputs.midi_backend import MidiBackend
from performer.inputs.midi_out import MidiOutput
from performer.inputs.midi_reader import MidiReader
from performer.inputs.midi_rtmidi import RtMidiBackend


def main() -> None:
    """Read until the standard input ends."""
    backends: list[MidiBackend] = []

    def open_system(clock: SystemClock) -> MidiBackend:
        backends.append(RtMidiBackend(clock, "jack", "UNIX_JACK"))
        return backends[0]

    midi_system.open_system = open_system  # type: ignore[assignment]
    lights = MidiOutput(lambda out, port: port.split(":")[0] in out, lambda: reader.backend)
    reader = MidiReader(SystemClock(), None, lights.forget)
    closing = threading.Event()

    def tell(events: list[Event]) -> None:
        for event in events:
            if isinstance(event, PortEvent):
                print("port", event.port.replace(" ", "_"), int(event.present), flush=True)
            if isinstance(event, MidiEvent):
                print("midi", event.port, event.kind, event.number, event.time_s, flush=True)
                lights.send(event.port, 0x90, event.number, 127)

    threading.Thread(target=lambda: (sys.stdin.read(), closing.set()), daemon=True).start()
    reader.read(closing, tell)
    lights.close()
    reader.close()
    print("closed", flush=True)


if __name__ == "__main__":
    main()
