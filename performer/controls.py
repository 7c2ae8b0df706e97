"""Controls: events become parameter values, by bindings, range, curve, takeover and slew."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from performer.addresses import AddressBook
from performer.control import Control, Physical, listens
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
from performer.priorities import Priorities, Touch
from performer.relative import Relative
from performer.schema import Binding, Priority
from performer.slew import Slew
from performer.sources import parse_source

# More physical controls than any stage has; only garbage reaches it.
MAX_ROUTES = 8192
# How many parameters patterns may move in a frame; one datagram could ask for a million.
MAX_SPREAD = 2048


@dataclass(frozen=True, slots=True)
class Action:
    """What an event did: a `value` or `toggle` has a new target, a `trigger` happened.

    `quantise` is what its binding says of waiting, in beats; None says nothing.
    """

    parameter: str
    kind: Kind
    quantise: float | None = None


class Controls:
    """Where every parameter goes, and what sends it there: the newest wins."""

    def __init__(
        self,
        bindings: Sequence[Binding],
        start: Mapping[str, float],
        priority: Priority | None = None,
    ) -> None:
        self.received: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self._slew = Slew(start)
        self._priorities = Priorities(priority)
        self._touch = Touch(0, 0.0)
        self._profiles: dict[str, tuple[Binding, ...]] = {}
        self._held: dict[tuple[object, Binding], Control] = {}
        self.revision = 0
        self._spread = 0
        self._take(bindings)

    def rebind(self, bindings: Sequence[Binding]) -> None:
        """Take other bindings; one that stays keeps its hand."""
        if self.bindings == tuple(bindings):
            return
        self._held |= {(p, c.binding): c for p, found in self._routes.items() for c in found}
        self._held |= {(p, c.binding): c for p, found in self.addresses.items() for c in found}
        known = {*bindings, *(b for profile in self._profiles.values() for b in profile)}
        self._held = {place: c for place, c in self._held.items() if place[1] in known}
        self._take(bindings)

    def replace(
        self,
        bindings: Sequence[Binding],
        start: Mapping[str, float],
        priority: Priority | None = None,
    ) -> None:
        """Take another patch's bindings, start, priority; only what its start changes moves."""
        self.rebind(bindings)
        if priority != self._priorities.setting:
            self._priorities = Priorities(priority)
        for name, value in self._slew.restart(start).items():
            self.set(name, value)

    def _take(self, bindings: Sequence[Binding]) -> None:
        self.bindings = tuple(bindings)
        self.revision += 1
        self._bindings = [(parse_source(binding.source), binding) for binding in bindings]
        self._routes: dict[Physical, tuple[Control, ...]] = {}
        self._keys = self._bound("key")
        for parameter in TABLE:
            if parameter.key:
                own = Binding(source=f"key {parameter.key}", parameter=parameter.name)
                self._keys.setdefault(parameter.key, [Control(own)])
        self.addresses = self._bound("osc")
        self._book = AddressBook([*BY_ADDRESS, *self.addresses])

    def _control(self, place: object, binding: Binding) -> Control:
        """What a binding does at one physical control, address or key; a held one goes on."""
        return self._held.pop((place, binding), None) or Control(binding)

    def _bound(self, kind: str) -> dict[str, list[Control]]:
        """The patch's controls of a kind, by address or key."""
        bound: dict[str, list[Control]] = {}
        for source, binding in self._bindings:
            if source.kind == kind:
                bound.setdefault(source.text, []).append(self._control(source.text, binding))
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
            self._slew.aim(name, target, parameter.slew_s)

    def place(self, name: str, value: float, target: float) -> None:
        """Let a parameter stand at `value` on its way to `target`; other than that as `set`."""
        parameter = BY_NAME.get(name)
        if parameter is not None and math.isfinite(value):
            self.set(name, target)
            low, high = parameter.minimum, parameter.maximum
            self._slew.place(name, min(max(value, low), high), self.target(name))

    def advance(self, dt_s: float) -> npt.NDArray[np.float64]:
        """Let `dt_s` pass; the slewed values, float64, in table order and units; triggers are 0."""
        self._spread = 0
        self._book.rest()
        return self._slew.advance(dt_s)

    def reset(self) -> None:
        """Panic: slew back to the start; every control has to take over again."""
        self._slew.reset()
        self._priorities.forget()
        for controls in (*self._routes.values(), *self.addresses.values()):
            for control in controls:
                control.release()

    def add_profile(self, bindings: Sequence[Binding], port: str) -> None:
        """Let a device's own bindings fill in, on its port, what the patch does not bind."""
        if self._profiles.get(port) != tuple(bindings):
            self._profiles[port] = tuple(bindings)
            self._forget(port)
            self.revision += 1

    @property
    def ports(self) -> tuple[str, ...]:
        """The ports whose devices have bindings of their own."""
        return tuple(self._profiles)

    def profile(self, port: str) -> tuple[Binding, ...]:
        """What a port's device binds by itself, empty where it is not known."""
        return self._profiles.get(port, ())

    def find(self, address: str) -> tuple[str, ...]:
        """The known addresses that an address or pattern means."""
        return self._book.find(address)

    def parameter_of_key(self, key: str) -> Parameter | None:
        """What a key of the keyboard moves first."""
        bound = self._keys.get(key)
        return bound[0].parameter if bound else None

    def handle(self, event: Event) -> list[Action]:
        """Take in one event, whatever it holds; all that it did, none if it was refused."""
        self.received[event.source] += 1
        self._touch = self._priorities.touch(event)
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
        is_release = event.kind == "note" and event.value <= 0.0
        is_strike = event.kind in ("note", "program")
        hand = min(event.number, 127) / 127 if event.kind == "program" else event.value
        hand = min(max(hand, 0.0), 1.0)
        actions = []
        for control in self._route(event):
            if control.binding.relative is not None:
                actions += self._turn(control, control.binding.relative, event)
            elif control.binding.latching:
                actions += self._latch(control, hand)
            elif is_release:
                continue
            elif is_strike or control.parameter.kind == "value" or control.rises(hand):
                actions += self._strike(control, hand)
        return actions

    def _route(self, event: MidiEvent) -> tuple[Control, ...]:
        """What one physical control moves; looked for when it is first heard."""
        physical = Physical(event.port, event.kind, event.channel, event.number)
        controls = self._routes.get(physical)
        if controls is None:
            if len(self._routes) >= MAX_ROUTES:
                self._routes.clear()
            controls = self._routes[physical] = self._find(physical)
        return controls

    def _find(self, physical: Physical) -> tuple[Control, ...]:
        return tuple(self._control(physical, binding) for binding in self.bound(physical))

    def bound(self, physical: Physical) -> list[Binding]:
        """The bindings that one physical control acts on.

        The patch's for its port, else the patch's for any port, else its device's own.
        """
        bound = [b for source, b in self._bindings if listens(source, b, physical)]
        named = [binding for binding in bound if binding.port is not None]
        own = self._profiles.get(physical.port, ())
        return named or bound or [b for b in own if listens(parse_source(b.source), b, physical)]

    def _forget(self, port: str) -> None:
        """Its knobs may be turned while nobody hears them."""
        for physical in [physical for physical in self._routes if physical[0] == port]:
            del self._routes[physical]

    def _osc(self, event: OscEvent) -> list[Action]:
        number = first_number(event.args)
        is_understood = False
        actions = []
        for address in self._meant(event.address):
            bound: Sequence[Control | None] = self.addresses.get(address, (None,))
            for control in bound:
                parameter = control.parameter if control else BY_ADDRESS[address]
                if number is not None or (not event.args and parameter.kind != "value"):
                    is_understood = True
                    actions += self._hear(parameter, control, number)
        if not is_understood:
            self.refused[event.source] += 1
        return actions

    def _meant(self, address: str) -> tuple[str, ...]:
        """The known addresses that a message is for, none once patterns have moved enough."""
        found = self._book.find(address)
        if len(found) > 1:
            self._spread += len(found)
        return found if len(found) <= 1 or self._spread <= MAX_SPREAD else ()

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
        quantise = control.quantise if control else None
        if number is None:
            return self._press(parameter, slew_s, quantise)
        if parameter.kind == "value" and control:
            return self._strike(control, min(max(number, 0.0), 1.0))
        if parameter.kind == "value":
            return self._aim(parameter, parameter.clamp(number), slew_s)
        if parameter.kind == "toggle":
            return self._aim(parameter, float(number >= 0.5), slew_s)
        # A trigger; below the middle it is a button's release.
        return self._press(parameter, slew_s, quantise) if number >= 0.5 else []

    def _strike(self, control: Control, hand: float) -> list[Action]:
        """A control moved to 0..1, or a button went down."""
        if control.parameter.kind != "value":
            return self._press(control.parameter, control.slew_s, control.quantise)
        value = control.move(hand, self.target(control.parameter.name))
        return [] if value is None else self._aim(control.parameter, value, control.slew_s)

    def _turn(self, control: Control, encoding: Relative, event: MidiEvent) -> list[Action]:
        """An endless encoder told steps."""
        before = self.target(control.parameter.name)
        target = control.turn(encoding, event.value, event.time_s, before)
        return self._aim(control.parameter, target, control.slew_s)

    def _latch(self, control: Control, hand: float) -> list[Action]:
        """A button that keeps its own state told a change of it."""
        parameter = control.parameter
        if parameter.kind == "toggle":
            return self._aim(parameter, float(hand > 0.0), control.slew_s)
        return self._strike(control, hand)

    def _press(self, parameter: Parameter, slew_s: float, quantise: float | None) -> list[Action]:
        """Fire a trigger, turn over a toggle."""
        if parameter.kind == "trigger":
            return [Action(parameter.name, "trigger", quantise)]
        return self._aim(parameter, 1.0 - self.target(parameter.name), slew_s)

    def _aim(self, parameter: Parameter, target: float, slew_s: float) -> list[Action]:
        """Move a parameter by a hand, if nobody who comes before it holds it."""
        if not self._priorities.admit(parameter.name, self._touch):
            return []
        self._slew.aim(parameter.name, target, slew_s)
        return [Action(parameter.name, parameter.kind)]


def first_number(args: Sequence[OscArgument]) -> float | None:
    """The first numeric argument, if it is finite."""
    for arg in args:
        if isinstance(arg, int | float):
            try:
                number = float(arg)
            except OverflowError:
                return None
            return number if math.isfinite(number) else None
    return None
