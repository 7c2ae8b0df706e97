"""Tells the player what was refused, without letting a flood of garbage fill the inbox."""

from performer.clock import Clock
from performer.events import Inbox, Refusal
from performer.plain_text import printable

PAUSE_S = 0.02


class Refusals:
    """Hands over at most one `Refusal` each `PAUSE_S`, and counts them all in `count`."""

    def __init__(self, inbox: Inbox, clock: Clock) -> None:
        self._inbox = inbox
        self._clock = clock
        self._next_s = float("-inf")
        self._silent = 0
        self.count = 0

    def add(self, origin: str, reason: str) -> None:
        """Count one refusal, and hand it over unless one was handed over just before.

        What a stranger's bytes spell reaches a terminal and a log: one line of plain letters.
        """
        self.count += 1
        now_s = self._clock.now()
        if now_s < self._next_s:
            self._silent += 1
            return
        more = f" (and {self._silent} before it)" if self._silent else ""
        self._inbox.put(Refusal(now_s, printable(origin), printable(reason) + more))
        self._silent = 0
        self._next_s = now_s + PAUSE_S
