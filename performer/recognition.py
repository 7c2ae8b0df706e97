"""What kind of control a hand is moving, guessed from the first few events that it sends."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from performer.control import Physical
from performer.events import MidiEvent
from performer.parameter import Kind
from performer.relative import ENCODINGS, Relative, raw_7bit, steps

ENOUGH = 3
FURTHEST_STEP = 8
# The two halves of a 14-bit value leave the controller together.
PAIR_S = 0.02
# Nobody holds a pad so long by chance: it keeps its state by itself.
HELD_S = 1.5
MOST = 64
MOST_CONTROLS = 64


@dataclass(slots=True)
class Gesture:
    """The events of one physical control since learn began to listen: times and values."""

    times_s: list[float] = field(default_factory=list)
    values: list[float] = field(default_factory=list)

    def add(self, event: MidiEvent) -> None:
        if len(self.values) < MOST:
            self.times_s.append(event.time_s)
            self.values.append(event.value)


@dataclass(frozen=True, slots=True)
class Recognised:
    """A control, in a binding's words."""

    physical: Physical
    source: str
    relative: Relative | None = None
    latching: bool = False
    is_button: bool = False


class Recogniser:
    """Listens to all controls until one of them is known for sure."""

    def __init__(self, kind: Kind) -> None:
        """`kind` is that of the parameter to be bound."""
        self._kind = kind
        self._gestures: dict[Physical, Gesture] = {}
        self.found: Recognised | None = None

    def hear(self, event: MidiEvent) -> Recognised | None:
        """What is known now; it may be found better as more arrives of the same control."""
        physical = Physical(event.port, event.kind, event.channel, event.number)
        if self.found is not None and physical != self.found.physical:
            return self.found
        if physical not in self._gestures and len(self._gestures) >= MOST_CONTROLS:
            return self.found
        self._gestures.setdefault(physical, Gesture()).add(event)
        self.found = self._recognise(physical) or self.found
        return self.found

    def wait(self, now_s: float) -> Recognised | None:
        """What is known at `now_s` though nothing arrives: a button that stays down keeps on."""
        found = self.found
        if found is not None and found.is_button and not found.latching:
            gesture = self._gestures[found.physical]
            if _is_down(gesture) and now_s - gesture.times_s[-1] > HELD_S:
                self.found = replace(found, latching=True)
        return self.found

    def _recognise(self, physical: Physical) -> Recognised | None:
        gesture = self._gestures[physical]
        kind, number = physical.kind, physical.number
        if kind == "note":
            return _button(physical, f"note {number}", gesture)
        if kind == "program":
            return Recognised(physical, "program" if self._kind == "value" else f"program {number}")
        if kind == "cc":
            return self._control_change(physical, gesture)
        if kind == "cc14" or len(gesture.values) < ENOUGH:
            return None
        return Recognised(physical, f"poly {number}" if kind == "poly" else kind)

    def _control_change(self, physical: Physical, gesture: Gesture) -> Recognised | None:
        fine = self._fourteen_bits(physical)
        if fine is not None:
            return Recognised(fine, f"cc14 {fine.number}")
        source = f"cc {physical.number}"
        if self._is_button(set(gesture.values)):
            return _button(physical, source, gesture)
        if self._kind != "value":
            return Recognised(physical, source) if any(gesture.values) else None
        if len(gesture.values) < ENOUGH:
            return None
        return Recognised(physical, source, guess([raw_7bit(v) for v in gesture.values]))

    def _is_button(self, values: set[float]) -> bool:
        """Whether only a button sends these values; an encoder, too, may say 127 alone."""
        return values == {0.0, 1.0} or (values == {1.0} and self._kind != "value")

    def _fourteen_bits(self, physical: Physical) -> Physical | None:
        """The pair of which a control change is a half, if its halves come together."""
        fine = physical._replace(kind="cc14", number=physical.number % 32)
        pair = self._gestures.get(fine)
        coarse = self._gestures.get(fine._replace(kind="cc"))
        if physical.number >= 64 or pair is None or coarse is None or len(pair.values) < 2:
            return None
        is_pair = any(abs(a - b) <= PAIR_S for a in coarse.times_s for b in pair.times_s)
        return fine if is_pair else None


def guess(raws: Sequence[int]) -> Relative | None:
    """The encoding of an endless encoder that sent these bytes; None: a knob with ends.

    A knob with ends never sends a value twice in a row, nor leaps from 1 to 127. Where two
    encodings differ by their direction alone, the first step counts as up.
    """
    again = any(a == b for a, b in zip(raws, raws[1:], strict=False))
    fitting = [encoding for encoding in ENCODINGS if _fits(encoding, raws)]
    leaps = "twos" in fitting and min(raws) < 64 <= max(raws)
    if not (again or leaps):
        return None
    by_direction = [e for e in fitting if e[:6] != "signed" or steps(e, raws[0]) > 0]
    return next(iter(by_direction or fitting), None)


def _fits(encoding: Relative, raws: Sequence[int]) -> bool:
    return all(1 <= abs(steps(encoding, raw)) <= FURTHEST_STEP for raw in raws)


def _button(physical: Physical, source: str, gesture: Gesture) -> Recognised | None:
    """A button, once it was pressed."""
    if not any(gesture.values):
        return None
    return Recognised(physical, source, latching=_stayed_down(gesture), is_button=True)


def _is_down(gesture: Gesture) -> bool:
    return gesture.values[-1] > 0.0


def _stayed_down(gesture: Gesture) -> bool:
    """Whether its last release came long after the press: only the next press made it."""
    downs = [t for t, value in zip(gesture.times_s, gesture.values, strict=True) if value > 0.0]
    return not _is_down(gesture) and gesture.times_s[-1] - downs[-1] > HELD_S
