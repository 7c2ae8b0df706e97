"""One binding heard on one physical control: where the hand is, and what that means in units."""

from performer.events import MidiEvent
from performer.parameter import shape, unshape
from performer.parameters import BY_NAME
from performer.schema import Binding
from performer.sources import Source, parse_source
from performer.takeover import TAKEOVERS

# Springs and sliders that keep a position which the parameter may have left.
KEEPS_POSITION = ("cc", "cc14", "bend")


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

    def move(self, hand: float, target: float) -> float | None:
        """The parameter's new target when the hand is at 0..1; None leaves it at `target`."""
        if self._written is not None and target != self._written:
            self.release()
        position = self._takeover.follow(hand, self._position_of(target))
        if position is None:
            return None
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

    def _position_of(self, value: float) -> float:
        bent = (value - self.low) / (self.high - self.low)
        return unshape(self._curve, min(max(bent, 0.0), 1.0))


def listens(source: Source, binding: Binding, event: MidiEvent) -> bool:
    """Whether a MIDI event is of the control that a binding names."""
    return (
        source.kind == event.kind
        and source.number in (None, event.number)
        and binding.channel in (None, event.channel)
        and (binding.port is None or binding.port.lower() in event.port.lower())
    )
