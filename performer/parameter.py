"""What a row of the parameter table says, and the curves along which a knob travels."""

import math
from dataclasses import dataclass
from typing import Literal

Kind = Literal["value", "toggle", "trigger"]
Curve = Literal["linear", "square", "root", "smooth"]


def shape(curve: Curve, unit: float) -> float:
    """Bend a position 0..1 along a curve; 0 stays 0 and 1 stays 1."""
    if curve == "square":
        return unit * unit
    if curve == "root":
        return math.sqrt(unit)
    if curve == "smooth":
        return unit * unit * (3.0 - 2.0 * unit)
    return unit


def unshape(curve: Curve, shaped: float) -> float:
    """The inverse of `shape`: the position 0..1 whose bent value is `shaped`."""
    if curve == "square":
        return math.sqrt(shaped)
    if curve == "root":
        return shaped * shaped
    if curve == "smooth":
        return 0.5 - math.sin(math.asin(1.0 - 2.0 * shaped) / 3.0)
    return shaped


@dataclass(frozen=True, slots=True)
class Parameter:
    """One row of the table.

    A `value` lies in [minimum, maximum] in its `unit`, moves in multiples of `step` (0:
    continuous) and follows its target with the time constant `slew_s`. A `toggle` is 0 or 1.
    A `trigger` happens and has no value; a `quantised` one can be told to wait for the beat.
    `key` is the keyboard key bound to it by default.
    """

    name: str
    help: str
    kind: Kind = "value"
    minimum: float = 0.0
    maximum: float = 1.0
    default: float = 0.0
    unit: str = ""
    curve: Curve = "linear"
    step: float = 0.0
    slew_s: float = 0.05
    key: str = ""
    quantised: bool = False

    @property
    def address(self) -> str:
        """Its OSC address."""
        return "/" + self.name.replace(".", "/")

    @property
    def group(self) -> str:
        """The part of its name before the dot, or the name itself."""
        return self.name.partition(".")[0]

    def clamp(self, value: float) -> float:
        """The nearest allowed value; `value` must be finite."""
        value = min(max(value, self.minimum), self.maximum)
        if self.step:
            value = self.minimum + round((value - self.minimum) / self.step) * self.step
        return value

    def value_at(self, position: float) -> float:
        """The value at a knob's position 0..1, along the parameter's curve."""
        bent = shape(self.curve, position)
        return self.clamp(self.minimum + bent * (self.maximum - self.minimum))

    def position_of(self, value: float) -> float:
        """The knob's position 0..1 that gives `value`: the inverse of `value_at`."""
        span = self.maximum - self.minimum
        bent = (min(max(value, self.minimum), self.maximum) - self.minimum) / span
        return unshape(self.curve, bent)
