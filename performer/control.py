"""One binding heard on one physical control: where the hand is, and what that means in units."""

from typing import NamedTuple

from performer.parameter import shape, unshape
from performer.parameters import BY_NAME
from performer.relative import STEP, Relative, gain, raw_7bit, steps
from performer.schema import Binding
from performer.sources import Source, parse_source
from performer.takeover import TAKEOVERS

# Springs and sliders that keep a position which the parameter may have left.
KEEPS_POSITION = ("cc", "cc14", "bend")


class Physical(NamedTuple):
    """One knob, fader or button: the port, and a MidiEvent's kind, channel and number."""

    port: str
    kind: str
    channel: int
    number: int


class Control:
    """The state of a binding for one (port, channel, number), address or key."""

    def __init__(self, binding: Binding) -> None:
        self.binding = binding
        self.parameter = BY_NAME[binding.parameter]
        self.slew_s = self.parameter.slew_s if binding.slew_s is None else binding.slew_s
        self.quantise = binding.quantise
        self.low, self.high = binding.range or (self.parameter.minimum, self.parameter.maximum)
        self._curve = binding.curve or self.parameter.curve
        by_default = "pickup" if parse_source(binding.source).kind in KEEPS_POSITION else "none"
        self._takeover = TAKEOVERS[binding.takeover or by_default]()
        self._written: float | None = None
        self._is_down = False
        self._place = 0.0
        self._turned_s = float("-inf")

    def move(self, hand: float, target: float) -> float | None:
        """The parameter's new target when the hand is at 0..1; None leaves it at `target`."""
        if self._written is not None and target != self._written:
            self.release()
        position = self._takeover.follow(hand, self.position_of(target))
        return None if position is None else self._write(position)

    def turn(self, encoding: Relative, value: float, time_s: float, target: float) -> float:
        """The parameter's new target when an endless encoder sends `value`, 0..1, at `time_s`."""
        if target != self._written:
            self._place = self.position_of(target)
        told = steps(encoding, raw_7bit(value))
        # One step of a parameter with steps is one of the encoder's, however fast it is turned.
        span = abs(self.high - self.low)
        way = self.parameter.step / span or STEP * gain(time_s - self._turned_s)
        self._turned_s = time_s
        self._place = min(max(self._place + told * way, 0.0), 1.0)
        return self._write(self._place)

    def _write(self, position: float) -> float:
        bent = shape(self._curve, position)
        # Written so that both ends are exact.
        self._written = self.parameter.clamp((1.0 - bent) * self.low + bent * self.high)
        return self._written

    def rises(self, hand: float) -> bool:
        """Whether the hand now passes the middle upwards, as when a button is pressed."""
        was_down, self._is_down = self._is_down, hand >= 0.5
        return self._is_down and not was_down

    def release(self) -> None:
        """The parameter went elsewhere: the hand has to take it over again."""
        self._written = None
        self._takeover.release()

    def position_of(self, value: float) -> float:
        """Where a control with ends would stand, 0..1, for a value of the parameter."""
        bent = (value - self.low) / (self.high - self.low)
        return unshape(self._curve, min(max(bent, 0.0), 1.0))


def listens(source: Source, binding: Binding, physical: Physical) -> bool:
    """Whether a physical control is the one that a binding names."""
    return (
        source.kind == physical.kind
        and source.number in (None, physical.number)
        and binding.channel in (None, physical.channel)
        and (binding.port is None or binding.port.lower() in physical.port.lower())
    )
