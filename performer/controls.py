"""Controls: events become parameter values, by bindings, range, curve, takeover and slew."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from performer.addresses import AddressBook
from performer.control import Control, listens
from performer.events import (
    Event,
    KeyEvent,
    MidiEvent,
    OscArgument,
    OscEvent,
    PageEvent,
    PortEvent,
    Refusal,
)
from performer.parameter import Kind, Parameter
from performer.parameters import BY_ADDRESS, BY_NAME, TABLE
from performer.schema import Binding
from performer.slew import Slew
from performer.sources import parse_source

# More physical controls than any stage has; only garbage reaches it.
MAX_ROUTES = 8192


@dataclass(frozen=True, slots=True)
class Action:
    """What an event did: a `value` or `toggle` has a new target, a `trigger` happened."""

    parameter: str
    kind: Kind


class Controls:
    """Where every parameter goes, and what sends it there: the newest wins."""

    def __init__(self, bindings: Sequence[Binding], start: Mapping[str, float]) -> None:
        self.received: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self._slew = Slew(start)
        self._bindings = [(parse_source(binding.source), binding) for binding in bindings]
        self._profiles: dict[str, tuple[Binding, ...]] = {}
        self._routes: dict[tuple[str, str, int, int], tuple[Control, ...]] = {}
        self._keys = self._bound("key")
        for parameter in TABLE:
            if parameter.key:
                own = Binding(source=f"key {parameter.key}", parameter=parameter.name)
                self._keys.setdefault(parameter.key, [Control(own)])
        self._addresses = self._bound("osc")
        self._book = AddressBook([*BY_ADDRESS, *self._addresses])

    def _bound(self, kind: str) -> dict[str, list[Control]]:
        """The patch's controls of a kind, by address or key."""
        bound: dict[str, list[Control]] = {}
        for source, binding in self._bindings:
            if source.kind == kind:
                bound.setdefault(source.text, []).append(Control(binding))
        return bound

    @property
    def values(self) -> npt.NDArray[np.float64]:
        """The values as of the last `advance`, in table order and units; a copy."""
        return self._slew.values

    @property
    def targets(self) -> npt.NDArray[np.float64]:
        """Where all parameters are going, in table order and units; a copy."""
        return self._slew.targets

    def target(self, name: str) -> float:
        """Where a parameter is going, in its unit."""
        return self._slew.target(name)

    def set(self, name: str, value: float) -> None:
        """Move a parameter other than by an event: a scene, the page. A trigger stays 0."""
        parameter = BY_NAME[name]
        if parameter.kind != "trigger" and math.isfinite(value):
            is_toggle = parameter.kind == "toggle"
            target = float(value >= 0.5) if is_toggle else parameter.clamp(value)
            self._aim(parameter, target, parameter.slew_s)

    def advance(self, dt_s: float) -> npt.NDArray[np.float64]:
        """Let `dt_s` pass; the slewed values, float64, in table order and units; triggers are 0."""
        return self._slew.advance(dt_s)

    def reset(self) -> None:
        """Panic: slew back to the start; every control has to take over again."""
        self._slew.reset()
        for controls in (*self._routes.values(), *self._addresses.values()):
            for control in controls:
                control.release()

    def add_profile(self, bindings: Sequence[Binding], port: str) -> None:
        """Let a device's own bindings fill in, on its port, what the patch does not bind."""
        if self._profiles.get(port) != tuple(bindings):
            self._profiles[port] = tuple(bindings)
            self._forget(port)

    def handle(self, event: Event) -> list[Action]:
        """Take in one event, whatever it holds; all that it did, none if it was refused."""
        self.received[event.source] += 1
        if isinstance(event, MidiEvent):
            return self._midi(event)
        if isinstance(event, OscEvent):
            return self._osc(event)
        if isinstance(event, PageEvent):
            return self._page(event)
        if isinstance(event, KeyEvent):
            controls = self._keys.get(event.key, ()) if event.pressed else ()
            return [action for control in controls for action in self._strike(control, 1.0)]
        if isinstance(event, Refusal):
            self.refused[event.source] += 1
        elif isinstance(event, PortEvent) and not event.present:
            self._forget(event.port)
        return []

    def _midi(self, event: MidiEvent) -> list[Action]:
        if not math.isfinite(event.value):
            self.refused[event.source] += 1
            return []
        if event.kind == "note" and event.value <= 0.0:
            return []
        is_strike = event.kind in ("note", "program")
        hand = min(event.number, 127) / 127 if event.kind == "program" else event.value
        hand = min(max(hand, 0.0), 1.0)
        actions = []
        for control in self._route(event):
            if is_strike or control.parameter.kind == "value" or control.rises(hand):
                actions += self._strike(control, hand)
        return actions

    def _route(self, event: MidiEvent) -> tuple[Control, ...]:
        """What one physical control moves; looked for when it is first heard."""
        physical = (event.port, event.kind, event.channel, event.number)
        controls = self._routes.get(physical)
        if controls is None:
            bound = [b for source, b in self._bindings if listens(source, b, event)]
            profile = self._profiles.get(event.port, ())
            own = [b for b in profile if listens(parse_source(b.source), b, event)]
            controls = tuple(Control(binding) for binding in bound or own)
            if len(self._routes) >= MAX_ROUTES:
                self._routes.clear()
            self._routes[physical] = controls
        return controls

    def _forget(self, port: str) -> None:
        """Its knobs may be turned while nobody hears them."""
        for physical in [physical for physical in self._routes if physical[0] == port]:
            del self._routes[physical]

    def _osc(self, event: OscEvent) -> list[Action]:
        number = _first_number(event.args)
        is_understood = False
        actions = []
        for address in self._book.find(event.address):
            bound: Sequence[Control | None] = self._addresses.get(address, (None,))
            for control in bound:
                parameter = control.parameter if control else BY_ADDRESS[address]
                if number is not None or (not event.args and parameter.kind != "value"):
                    is_understood = True
                    actions += self._hear(parameter, control, number)
        if not is_understood:
            self.refused[event.source] += 1
        return actions

    def _page(self, event: PageEvent) -> list[Action]:
        """A touch means the parameter itself, whatever the patch has bound to its address."""
        parameter, value = BY_NAME.get(event.parameter), event.value
        if parameter is None or not (
            parameter.kind != "value" if value is None else math.isfinite(value)
        ):
            self.refused[event.source] += 1
            return []
        return self._hear(parameter, None, value)

    def _hear(
        self, parameter: Parameter, control: Control | None, number: float | None
    ) -> list[Action]:
        """An OSC message's number: 0..1 for a binding, else in the parameter's unit."""
        slew_s = control.slew_s if control else parameter.slew_s
        if number is None:
            return self._press(parameter, slew_s)
        if parameter.kind == "value" and control:
            return self._strike(control, min(max(number, 0.0), 1.0))
        if parameter.kind == "value":
            return self._aim(parameter, parameter.clamp(number), slew_s)
        if parameter.kind == "toggle":
            return self._aim(parameter, float(number >= 0.5), slew_s)
        # A trigger; below the middle it is a button's release.
        return self._press(parameter, slew_s) if number >= 0.5 else []

    def _strike(self, control: Control, hand: float) -> list[Action]:
        """A control moved to 0..1, or a button went down."""
        if control.parameter.kind != "value":
            return self._press(control.parameter, control.slew_s)
        value = control.move(hand, self.target(control.parameter.name))
        return [] if value is None else self._aim(control.parameter, value, control.slew_s)

    def _press(self, parameter: Parameter, slew_s: float) -> list[Action]:
        """Fire a trigger, turn over a toggle."""
        if parameter.kind == "trigger":
            return [Action(parameter.name, "trigger")]
        return self._aim(parameter, 1.0 - self.target(parameter.name), slew_s)

    def _aim(self, parameter: Parameter, target: float, slew_s: float) -> list[Action]:
        self._slew.aim(parameter.name, target, slew_s)
        return [Action(parameter.name, parameter.kind)]


def _first_number(args: Sequence[OscArgument]) -> float | None:
    """The first numeric argument, if it is finite."""
    for arg in args:
        if isinstance(arg, int | float):
            try:
                number = float(arg)
            except OverflowError:
                return None
            return number if math.isfinite(number) else None
    return None
