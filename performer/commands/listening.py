"""What a show listens to, and what it answers: OSC, MIDI, sound and Link."""

import logging
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial

from performer.clock import Clock
from performer.commands.options import Options, parse_host_port, parse_replies
from performer.events import Inbox
from performer.feedback import MidiFeedback, OscFeedback
from performer.inputs import InputError
from performer.inputs.link import LinkInput
from performer.inputs.midi import Midi
from performer.inputs.osc import OscInput
from performer.inputs.sound import Sound
from performer.lights import Lights
from performer.osc_replies import OscReplies, Replies
from performer.patch import same_device
from performer.schema import Controller
from performer.stage import Companion


class Listening:
    """The inputs that are asked for, open until `parts` closes; raises `InputError`.

    `patient` is for a show that goes on: a port that another program has is waited for, and a sound
    device that is not there yet.
    `companions` send back what changes, `ports` tells which MIDI ports are there.
    """

    def __init__(
        self,
        options: Options,
        controllers: tuple[Controller, ...],
        inbox: Inbox,
        clock: Clock,
        parts: ExitStack,
        *,
        patient: bool,
    ) -> None:
        self._inbox, self._clock, self._parts = inbox, clock, parts
        self.companions: list[Companion] = []
        self.osc_address = "off"
        self.ports: Callable[[], tuple[str, ...]] = tuple
        if options.osc != "none":
            self._open_osc(options, patient)
        if options.midi != "none":
            self._open_midi(options, controllers)
        if options.sound != "none":
            parts.callback(Sound(inbox, options.sound, patient=patient).close)
        if options.link:
            parts.callback(LinkInput(inbox, clock).close)

    def _open_osc(self, options: Options, patient: bool) -> None:
        replies = _replies(options.osc_feedback, patient)
        host, port = parse_host_port(options.osc)
        osc = OscInput(self._inbox, self._clock, host, port, patient=patient)
        self._parts.callback(osc.close)
        self.osc_address = "{}:{}".format(*osc.address)
        if replies is not None:
            self.companions.append(OscFeedback(OscReplies(replies), osc))

    def _open_midi(self, options: Options, controllers: tuple[Controller, ...]) -> None:
        name = None if options.midi == "all" else options.midi
        midi = Midi(self._inbox, self._clock, name, partial(same_device, controllers))
        self._parts.callback(midi.close)
        self.ports = lambda: midi.ports
        self.companions.append(MidiFeedback(Lights(controllers), midi))


def _replies(asked: str, patient: bool) -> Replies | None:
    """Who is told of changes; whoever sends, where a name means nothing as yet."""
    try:
        return parse_replies(asked)
    except InputError as error:
        if not patient:
            raise
        logging.getLogger(__name__).warning("%s; whoever sends OSC is told", error)
        return Replies()
