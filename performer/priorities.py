"""Two operators: the last touch wins, but who comes first in the patch holds what was touched."""

from collections.abc import Sequence
from typing import NamedTuple

from performer.events import Event, MidiEvent, OscEvent
from performer.schema import Priority

KINDS = ("midi", "osc", "page", "key")
ALLOWED = "midi, midi:PART OF A PORT'S NAME, osc, osc:HOST, page or key"


class Operator(NamedTuple):
    """Whose touches are meant: a kind of event, and a MIDI port's part or an OSC sender's host."""

    kind: str
    detail: str


class Touch(NamedTuple):
    """A hand on a control: the rank of its operator, 0 the first, and when."""

    rank: int
    time_s: float


def parse_operator(words: str) -> Operator:
    """Read `midi:nano`, `osc:192.168.1.7`, `page`...; raises ValueError with the reason."""
    kind, colon, detail = words.partition(":")
    takes_detail = kind in ("midi", "osc")
    if kind not in KINDS or (colon and not (takes_detail and detail.strip())):
        raise ValueError(f'"{words}" is not allowed; use {ALLOWED}')
    return Operator(kind, detail.strip().lower())


class Priorities:
    """Who may move which parameter; of operators of one rank the last touch wins."""

    def __init__(self, setting: Priority | None) -> None:
        """Without a setting all are of one rank."""
        self.setting = setting
        self._operators: Sequence[Operator] = ()
        self._hold_s = 0.0
        if setting is not None:
            self._operators = [parse_operator(words) for words in setting.order]
            self._hold_s = setting.hold_s
        self._held: dict[str, Touch] = {}

    def touch(self, event: Event) -> Touch:
        """Whose hand an event is; those that the setting does not name come last."""
        ranks = (i for i, operator in enumerate(self._operators) if _is_of(event, operator))
        return Touch(next(ranks, len(self._operators)), event.time_s)

    def admit(self, parameter: str, touch: Touch) -> bool:
        """Whether a touch may move a parameter; if so, it holds it from now on."""
        if not self._operators:
            return True
        held = self._held.get(parameter)
        if (
            held is not None
            and touch.rank > held.rank
            and touch.time_s < held.time_s + self._hold_s
        ):
            return False
        self._held[parameter] = touch
        return True

    def forget(self) -> None:
        """Nobody holds anything."""
        self._held.clear()


def _is_of(event: Event, operator: Operator) -> bool:
    if event.source != operator.kind:
        return False
    if isinstance(event, MidiEvent):
        return operator.detail in event.port.lower()
    if isinstance(event, OscEvent) and operator.detail:
        return event.peer is not None and event.peer[0].lower() == operator.detail
    return True
