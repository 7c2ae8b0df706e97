"""The doorkeeper: tells the show when the house opens and closes."""

from collections.abc import Callable, Sequence
from datetime import datetime

from performer.engine import Engine
from performer.events import Event, HoursEvent, Inbox
from performer.opening_hours import OpeningHours

LOOK_EVERY_S = 1.0


class Doorkeeper:
    """A companion of the stage that looks at the clock on the wall once a second.

    That clock may step as it likes: it only says whether it is open, all else goes by the
    instrument's own time.
    """

    def __init__(
        self, hours: OpeningHours, inbox: Inbox, local: Callable[[], datetime] = datetime.now
    ) -> None:
        self._hours, self._inbox, self._local = hours, inbox, local
        self._was_open: bool | None = None
        self._due_s = float("-inf")

    def follow(self, now_s: float, events: Sequence[Event], engine: Engine) -> None:
        self.look(now_s)

    def look(self, now_s: float) -> None:
        """Tell what has changed, at most once a second."""
        if now_s < self._due_s:
            return
        self._due_s = now_s + LOOK_EVERY_S
        is_open = self._hours.is_open(self._local())
        if is_open != self._was_open:
            self._was_open = is_open
            self._inbox.put(HoursEvent(now_s, is_open))
