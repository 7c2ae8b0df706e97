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

    `removals` counts the ports of the whole system that have gone so far.
    """

    def __init__(
        self,
        port: Any,
        rate_hz: float,
        removals: Callable[[], int],
        close: Callable[["JackInput"], None],
    ) -> None:
        self.port = port
        self.dropped = 0
        self._rate_hz, self._removals, self._close = rate_hz, removals, close
        self._queue: deque[tuple[bytes, float]] = deque(maxlen=QUEUE)
        self._last_s = float("-inf")
        self._seen = removals()
        self._left_alone = False

    @property
    def lost(self) -> bool:
        """Whether its connection ended with a port that went; one that a user ended stays so."""
        removals = self._removals()
        if self.port.number_of_connections:
            self._seen, self._left_alone = removals, False
        elif removals == self._seen:
            self._left_alone = True
        return removals != self._seen and not self._left_alone

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
