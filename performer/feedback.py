"""Feedback: after each frame, what changed goes back to the controllers that can show it."""

from collections.abc import Sequence
from typing import Protocol

from performer.engine import Engine
from performer.events import Event, OscEvent
from performer.lights import Lights
from performer.osc_replies import OscReplies, Peer, State


class MidiSender(Protocol):
    """Sends messages to the devices whose inputs are named."""

    def send(self, port: str, status: int, number: int, value: int) -> None: ...


class OscSender(Protocol):
    """Sends addresses and values to a program; never blocks."""

    def tell(self, peer: Peer, state: State) -> None: ...


class MidiFeedback:
    """A stage's companion that keeps LEDs, rings and motor faders up."""

    def __init__(self, lights: Lights, sender: MidiSender) -> None:
        self._lights, self._sender = lights, sender

    def follow(self, now_s: float, events: Sequence[Event], engine: Engine) -> None:
        for event in events:
            self._lights.hear(event)
        for message in self._lights.messages(now_s, engine.controls):
            self._sender.send(*message)


class OscFeedback:
    """A stage's companion that keeps the OSC controllers up."""

    def __init__(self, replies: OscReplies, sender: OscSender) -> None:
        self._replies, self._sender = replies, sender

    def follow(self, now_s: float, events: Sequence[Event], engine: Engine) -> None:
        for event in events:
            if isinstance(event, OscEvent):
                self._replies.hear(event, engine.controls)
        for peer, state in self._replies.messages(now_s, engine.controls):
            self._sender.tell(peer, state)
