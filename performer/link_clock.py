"""An Ableton Link session that is followed."""

from performer.events import LinkEvent

LOST_S = 1.0
LEAP_BEATS = 0.25


class LinkClock:
    """The last look at the session; its beats are those of all peers, in bars of four."""

    name = "Link"
    is_placed = True

    def __init__(self) -> None:
        self.jumps = 0
        self._event: LinkEvent | None = None

    def is_alive(self, now_s: float) -> bool:
        """Whether there is a session with others in it."""
        event = self._event
        return event is not None and event.peers > 0 and now_s - event.time_s < LOST_S

    @property
    def bpm(self) -> float:
        return self._event.bpm if self._event else 120.0

    def beat_at(self, time_s: float) -> float:
        """The session's beat at a time near the last look."""
        event = self._event
        return event.beat + (time_s - event.time_s) * event.bpm / 60 if event else 0.0

    def take(self, event: LinkEvent) -> None:
        """Take in a look at the session."""
        leap = event.beat - self.beat_at(event.time_s)
        self.jumps += self._event is None or abs(leap) > LEAP_BEATS
        self._event = event
