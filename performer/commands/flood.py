"""A flood of messages for `performer bench`: OSC from another process, MIDI from a thread."""

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable

from pythonosc.osc_message_builder import OscMessageBuilder

from performer.clock import SystemClock
from performer.events import Inbox, MidiEvent
from performer.inputs.osc import OscInput

OSC_PER_S, CC_PER_S = 2000, 500
TRIGGER_EVERY = 500
TICK_S = 0.01
LAST_VALUE = 2.5


class Flood:
    """Both streams at their rates from `start` on; OSC goes to our receiver, or to no one's."""

    def __init__(
        self,
        inbox: Inbox,
        clock: SystemClock,
        osc_per_s: int = OSC_PER_S,
        cc_per_s: int = CC_PER_S,
    ) -> None:
        self._osc_per_s, self._cc_per_s = osc_per_s, cc_per_s
        self._inbox, self._clock = inbox, clock
        self._osc = OscInput(inbox, clock, "127.0.0.1", 0)
        self._deaf = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._deaf.bind(("127.0.0.1", 0))
        self.triggers_sent = 0

    def start(self, *, heard: bool) -> None:
        """Begin to send; returns when the sender is running."""
        port = self._osc.address[1] if heard else self._deaf.getsockname()[1]
        self._over = threading.Event()
        command = [sys.executable, "-m", __name__, str(port), str(self._osc_per_s)]
        self._sender = subprocess.Popen(  # noqa: S603
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._sender.stdout is not None  # noqa: S101
        self._sender.stdout.readline()
        self._thread = threading.Thread(target=self._send_cc, args=(heard,), daemon=True)
        self._thread.start()

    def stop(self, *, heard: bool, frame: Callable[[], object]) -> None:
        """Stop sending while frames go on, until all that was sent has been shown."""
        self._over.set()
        assert self._sender.stdin is not None and self._sender.stdout is not None  # noqa: S101
        self._sender.stdin.write("stop\n")
        self._sender.stdin.flush()
        while self._sender.poll() is None:
            frame()
        for _ in range(10):
            frame()
        triggers = int(self._sender.communicate()[0])
        if heard:
            self.triggers_sent += triggers

    def close(self) -> None:
        """Free the ports."""
        self._osc.close()
        self._deaf.close()

    def _send_cc(self, heard: bool) -> None:
        sent = 0
        while not self._over.wait(TICK_S):
            for _ in range(int(self._cc_per_s * TICK_S)):
                sent += 1
                value = sent % 128 / 127
                event = MidiEvent(self._clock.now(), "bench", "cc", 1, 16 + sent % 8, value)
                if heard:
                    self._inbox.put(event)


def send(port: int, per_s: int, stop: threading.Event) -> int:
    """Send until stopped, a trigger now and then; returns how many triggers were sent."""
    receiver = ("127.0.0.1", port)
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    moves = [datagram(f"/direction/{1 + i % 16}", i % 100 / 50 - 1.0) for i in range(400)]
    trigger = datagram("/next_seed", 1.0)
    start_s, sent, triggers = time.perf_counter(), 0, 0
    while not stop.is_set():
        due = int((time.perf_counter() - start_s) * per_s)
        while sent < due:
            sent += 1
            sender.sendto(moves[sent % len(moves)], receiver)
            if sent % TRIGGER_EVERY == 0:
                sender.sendto(trigger, receiver)
                triggers += 1
        time.sleep(0.001)
    sender.sendto(datagram("/direction/1", LAST_VALUE), receiver)
    return triggers


def datagram(address: str, value: float) -> bytes:
    """An OSC message of one float."""
    builder = OscMessageBuilder(address)
    builder.add_arg(value, "f")
    return bytes(builder.build().dgram)


def main() -> None:
    """The sending process: says that it is ready, sends until told, says how many triggers."""
    stop = threading.Event()

    def wait_for_stop() -> None:
        sys.stdin.readline()
        stop.set()

    threading.Thread(target=wait_for_stop, daemon=True).start()
    print("ready", flush=True)
    print(send(int(sys.argv[1]), int(sys.argv[2]), stop), flush=True)


if __name__ == "__main__":
    main()
