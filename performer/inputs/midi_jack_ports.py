"""MIDI ports on JACK: what its realtime thread does with them, and what the others do.

`take` and `write` are called in the realtime thread: they wait for nobody, and their queues are
bounded.
"""

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from performer.inputs.midi_backend import QUEUE, Timed

# csound packs several messages into one event; system exclusive, which is longer, is left out.
LONGEST = 256
MOST_AT_ONCE = 1024
OUT_QUEUE = 1024
_LEFT_OUT = (b"\xf0", b"\xfe")  # system exclusive, and Active Sensing


class JackInput:
    """One of our input ports; `port` is a `jack.OwnMidiPort` of a client at `rate_hz`.

    `device` is the port that it was connected to, "" for our own that others connect to.
    """

    def __init__(
        self, port: Any, device: str, rate_hz: float, close: Callable[["JackInput"], None]
    ) -> None:
        self.port = port
        self.dropped = 0
        self._device, self._rate_hz, self._close = device, rate_hz, close
        self._queue: deque[tuple[bytes, float]] = deque(maxlen=QUEUE)
        self._last_s = float("-inf")
        self._came_again = False

    @property
    def lost(self) -> bool:
        """Whether its connection ended as its device came anew; one that a user ended stays so."""
        return self._came_again and not self.port.number_of_connections

    def registered(self, device: str) -> None:
        """A port of this name came to JACK."""
        self._came_again = self._came_again or device == self._device

    def take(self, begin_s: float, length: int) -> bool:
        """Queue the messages of a cycle that began at `begin_s`, `length` frames long; whether any.

        What a cycle brings was captured in the cycle before it, frame by frame: so it is dated
        one cycle earlier than where it lies in this one, and never in the future.
        """
        came = False
        for offset, data in self.port.incoming_midi_events():
            if len(data) > LONGEST:
                continue
            message = bytes(data)
            if message[:1] in _LEFT_OUT:
                continue
            # Where the two clocks are compared anew, times would step back.
            self._last_s = max(self._last_s, begin_s + (offset - length) / self._rate_hz)
            self.dropped += len(self._queue) == QUEUE
            self._queue.append((message, self._last_s))
            came = True
        return came

    def read(self) -> list[Timed]:
        """At most MOST_AT_ONCE messages, and when they came."""
        return [self._queue.popleft() for _ in range(min(len(self._queue), MOST_AT_ONCE))]

    def close(self) -> None:
        """Unregister it."""
        self._close(self)


class JackOutput:
    """One of our output ports; `port` is a `jack.OwnMidiPort`.

    Where more than OUT_QUEUE messages wait, the oldest are dropped.
    """

    def __init__(self, port: Any, close: Callable[["JackOutput"], None]) -> None:
        self.port = port
        self._close = close
        self._queue: deque[bytes] = deque(maxlen=OUT_QUEUE)

    def send(self, message: Sequence[int]) -> None:
        """Send it in the next cycle that has room for it."""
        self._queue.append(bytes(message))

    def write(self) -> None:
        """Put what waits, as far as there is room, at the beginning of this cycle."""
        self.port.clear_buffer()
        while self._queue and self.port.max_event_size >= len(self._queue[0]):
            self.port.write_midi_event(0, self._queue.popleft())

    def close(self) -> None:
        """Unregister it."""
        self._close(self)
