"""When a MIDI message arrived: nearer than the moment at which the polling found it."""

from collections import deque

_MESSAGES = 64
_LONGEST_GAP_S = 1.0


class Arrival:
    """Turns RtMidi's times, which count from message to message, into those of our clock.

    A message is found some time after it came, never before: so of the last messages the one
    that was found soonest tells how the two clocks lie to each other.
    """

    def __init__(self) -> None:
        self._driver_s = 0.0
        self._leads_s: deque[float] = deque(maxlen=_MESSAGES)

    def time_s(self, found_s: float, since_s: float) -> float:
        """The arrival of a message found at `found_s`, `since_s` after the one before."""
        if not 0.0 <= since_s <= _LONGEST_GAP_S:
            # The clocks drift apart, and what RtMidi leaves out is missing from its times.
            self._leads_s.clear()
        self._driver_s += since_s
        self._leads_s.append(found_s - self._driver_s)
        return self._driver_s + min(self._leads_s)
