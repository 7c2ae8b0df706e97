"""The black box: the last minutes of a show as pieces, with each of which it can be begun."""

from collections.abc import Iterable, Iterator
from itertools import islice

from performer.events import (
    Event,
    HoursEvent,
    LatencyEvent,
    ModelEvent,
    PatchEvent,
    PortEvent,
    RestoreEvent,
    ThriftEvent,
)
from performer.takes import Moment

PIECE_S, PIECES = 30.0, 11
STANDING = ModelEvent | PatchEvent | PortEvent | HoursEvent | ThriftEvent | LatencyEvent


class Standing:
    """What was said once and holds until it is said otherwise: models, the patch, controllers."""

    def __init__(self) -> None:
        self._said: dict[tuple[type, str], Event] = {}

    def take(self, events: Iterable[Event]) -> None:
        """Go along with the events of a frame."""
        for event in events:
            if isinstance(event, PatchEvent) and event.patch is None:
                continue
            if isinstance(event, STANDING):
                about = getattr(event, "deck", getattr(event, "port", ""))
                if isinstance(event, ModelEvent | PatchEvent):
                    event = event.as_recorded()  # else much is kept alive for nothing
                self._said[type(event), about] = event

    def begin(self, state: RestoreEvent) -> tuple[Event, ...]:
        """What another engine must be told to go on from here."""
        return (*self._said.values(), state)


def begins(moment: Moment) -> bool:
    """Whether a show can be begun with this moment, for it tells where all stands."""
    return any(isinstance(event, RestoreEvent) for event in moment.events)


def beginning(moments: Iterable[Moment], from_s: float) -> int:
    """The number of the last moment to begin with that is not later than `from_s` after the first.

    Where there is none it is the first of all.
    """
    first_s: float | None = None
    found = 0
    for number, moment in enumerate(moments):
        first_s = moment.now_s if first_s is None else first_s
        if moment.now_s - first_s > from_s:
            break
        found = number if begins(moment) else found
    return found


def continued(moments: Iterable[Moment], number: int = 0) -> Iterator[Moment]:
    """The moments from a number on, without those that only tell where all stands.

    The show itself went on there, with its trails and whatever glided.
    """
    from_there = islice(moments, number, None)
    yield from islice(from_there, 1)
    yield from (moment for moment in from_there if not begins(moment))
