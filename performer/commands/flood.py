"""A flood of messages for `performer bench`: OSC from another process, MIDI from a thread."""

import subprocess
import sys
import threading
import time
from types import TracebackType
from typing import Self

from pythonosc.udp_client import SimpleUDPClient

from performer.clock import SystemClock
from performer.events import Inbox, MidiEvent
from performer.inputs.osc import OscInput

OSC_PER_S, CC_PER_S = 2000, 500
TRIGGER_EVERY = 500
TICK_S = 0.01
LAST_VALUE = 2.5


class Flood:
    """While entered, `inbox` receives both streams at their rates; then it counts what came."""

    def __init__(self, inbox: Inbox, clock: SystemClock) -> None:
        self._inbox, self._clock = inbox, clock
        self._osc = OscInput(inbox, clock, "127.0.0.1", 0)
        self._over = threading.Event()

    def __enter__(self) -> Self:
        self._over.clear()
        command = [sys.executable, "-m", __name__, str(self._osc.address[1])]
        self._sender = subprocess.Popen(  # noqa: S603
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._sender.stdout is not None  # noqa: S101
        self._sender.stdout.readline()  # it is ready
        self._thread = threading.Thread(target=self._send_cc, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join()
        triggers, _ = self._sender.communicate("stop\n")
        self.triggers = int(triggers)
        time.sleep(0.1)  # the last datagrams are on their way through the kernel

    def close(self) -> None:
        """Free the port."""
        self._osc.close()

    def _send_cc(self) -> None:
        sent = 0
        while not self._over.wait(TICK_S):
            for _ in range(int(CC_PER_S * TICK_S)):
                sent += 1
                value = sent % 128 / 127
                now_s = self._clock.now()
                self._inbox.put(MidiEvent(now_s, "bench", "cc", 1, 16 + sent % 8, value))


def send(port: int, stop: threading.Event) -> int:
    """Send until stopped, a trigger now and then; returns how many triggers were sent."""
    client = SimpleUDPClient("127.0.0.1", port)
    start_s, sent, triggers = time.perf_counter(), 0, 0
    while not stop.is_set():
        due = int((time.perf_counter() - start_s) * OSC_PER_S)
        while sent < due:
            sent += 1
            client.send_message(f"/direction/{1 + sent % 16}", sent % 100 / 50 - 1.0)
            if sent % TRIGGER_EVERY == 0:
                client.send_message("/next_seed", 1)
                triggers += 1
        time.sleep(0.001)
    client.send_message("/direction/1", LAST_VALUE)
    return triggers


def main() -> None:
    """The sending process: says that it is ready, sends until told, says how many triggers."""
    stop = threading.Event()

    def wait_for_stop() -> None:
        sys.stdin.readline()
        stop.set()

    threading.Thread(target=wait_for_stop, daemon=True).start()
    print("ready", flush=True)
    print(send(int(sys.argv[1]), stop), flush=True)


if __name__ == "__main__":
    main()
