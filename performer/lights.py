"""What a plugged-in controller's LEDs, rings and motor faders are owed, by its profile."""

from collections.abc import Sequence
from typing import NamedTuple

from performer.checks import group_of
from performer.control import Control, Physical
from performer.controls import Controls
from performer.events import Event, MidiEvent, PortEvent
from performer.parameters import INDEX
from performer.patch import match_controller
from performer.relative import raw_7bit
from performer.schema import Controller, Feedback
from performer.sources import parse_source

PERIOD_S = 1.0 / 30.0
# A ring or motor that moved under the hand would fight it.
HOLD_OFF_S = 0.3
STATUS = {"cc": 0xB0, "note": 0x90}


class Message(NamedTuple):
    """A control change or note-on for a device; `port` is the name of its *input* here."""

    port: str
    status: int
    number: int
    value: int


class Light(NamedTuple):
    """One control that can show something, and what moves with it, if anything does."""

    physical: Physical
    feedback: Feedback
    control: Control | None

    def target(self, targets: Sequence[float]) -> float:
        """Where its parameter is going, of all targets in table order; 0 where none is bound."""
        return targets[INDEX[self.control.parameter.name]] if self.control is not None else 0.0

    def message(self, target: float) -> Message:
        """How it should look when its parameter is going there."""
        port, kind, channel, number = self.physical
        status = STATUS[kind] | channel - 1
        value = round(self.feedback.low + self._share(target) * self._span)
        return Message(port, status, number + self.feedback.shift, value)

    @property
    def moves(self) -> bool:
        """Whether a hand may be where it moves: on a fader or knob with ends, but no button."""
        if self.control is None or self.control.binding.relative is not None:
            return False
        return self.control.parameter.kind == "value" and self.physical.kind == "cc"

    @property
    def _span(self) -> int:
        return self.feedback.high - self.feedback.low

    def _share(self, target: float) -> float:
        """How much of its span is lit, 0..1."""
        if self.control is None or self.control.parameter.kind != "value":
            return target
        return raw_7bit(self.control.position_of(target)) / 127.0


class Lights:
    """Follows the parameters, each control at most 30 times a second, changes only."""

    def __init__(self, controllers: Sequence[Controller]) -> None:
        self._controllers = controllers
        self._ports: dict[str, Controller] = {}
        self._lights: list[Light] = []
        self._shown: dict[Message, int] = {}
        self._done: dict[Physical, float] = {}
        self._touched_s: dict[Physical, float] = {}
        self._moving: set[Physical] = set()
        self._revision = -1
        self._next_s = float("-inf")

    def hear(self, event: Event) -> None:
        """Note a hand on a control, and a device that comes or goes."""
        if isinstance(event, MidiEvent) and event.port in self._ports:
            physical = Physical(event.port, event.kind, event.channel, event.number)
            self._touched_s[physical] = event.time_s
            if physical in self._moving:
                # It shows by itself where it stands.
                self._done.pop(physical, None)
                self._shown[_place(physical)] = raw_7bit(event.value)
        elif isinstance(event, PortEvent):
            self._forget(event.port)
            device = match_controller(self._controllers, event.port)
            if event.present and device is not None and device.feedback:
                self._ports[event.port] = device

    def messages(self, now_s: float, controls: Controls) -> list[Message]:
        """What has to be sent at `now_s`; all of a device's that has just come."""
        if now_s < self._next_s:
            return []
        self._next_s = now_s + PERIOD_S
        if controls.revision != self._revision:
            self._revision = controls.revision
            devices = self._ports.items()
            self._lights = [x for port, device in devices for x in lit(device, port, controls)]
            self._moving = {light.physical for light in self._lights if light.moves}
            self._done.clear()
        owed = []
        targets = controls.targets.tolist()
        for light in self._lights:
            target = light.target(targets)
            if self._done.get(light.physical) == target or self._is_held(light, now_s):
                continue
            self._done[light.physical] = target
            message = light.message(target)
            place = message._replace(value=0)
            if self._shown.get(place) != message.value:
                self._shown[place] = message.value
                owed.append(message)
        return owed

    def _is_held(self, light: Light, now_s: float) -> bool:
        """Whether a hand is on it; only what moves under a hand has to wait."""
        touched_s = self._touched_s.get(light.physical, float("-inf"))
        return light.moves and now_s - touched_s < HOLD_OFF_S

    def _forget(self, port: str) -> None:
        self._ports.pop(port, None)
        self._shown = {place: value for place, value in self._shown.items() if place.port != port}
        self._touched_s = {p: s for p, s in self._touched_s.items() if p.port != port}
        self._revision = -1


def lit(device: Controller, port: str, controls: Controls) -> list[Light]:
    """The lights of a device."""
    lights = []
    for name, words in device.controls.items():
        feedback = device.feedback.get(group_of(name))
        if feedback is not None:
            source = parse_source(words)
            physical = Physical(port, source.kind, feedback.channel or 1, source.number or 0)
            bound = [Control(b) for b in controls.bound(physical)]
            shown = next((c for c in bound if c.parameter.kind != "trigger"), None)
            lights.append(Light(physical, feedback, shown))
    return lights


def _place(physical: Physical) -> Message:
    status = STATUS["cc"] | physical.channel - 1
    return Message(physical.port, status, physical.number, 0)
