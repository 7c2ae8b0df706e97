"""The painter: from an order to a finished picture on its way to the host."""

import torch
from torch import Tensor

from performer.arrival import Arrival, sender
from performer.decks import Decks
from performer.effects.chain import Effects
from performer.effects.pixels import to_bytes
from performer.events import ModelEvent
from performer.latent import Generator
from performer.performance import Order
from performer.rehearsal import Rehearsal


class Painter:
    """Holds all that is on the device; whoever makes the frames owns it."""

    def __init__(self, generator: Generator) -> None:
        self._decks = Decks(generator)
        self._first: tuple[str, ...] = ()
        self._effects = Effects()
        self.rehearsal = Rehearsal(self._decks)
        self._picture: Tensor | None = None
        self._sound = torch.tensor(True)
        self._sent: tuple[Arrival, float] | None = None
        self._send = sender(generator.device)
        self._dot = -torch.ones(1, 3, 8, 8, device=generator.device)  # a small black picture

    @property
    def walk(self) -> float:
        """Where the wander stands, in steps."""
        return self._decks.walk

    @property
    def notice(self) -> str:
        """What is asked for and cannot be, in words."""
        return self._decks.notice

    @torch.inference_mode()
    def paint(self, order: Order) -> Arrival:
        """A picture on its way to the host: the one sent last, if nothing has changed."""
        self._prepare(order)
        level = 1.0 - order.values["blackout"]
        if not order.values["freeze"] or self._picture is None:
            self._picture, self._sent = self._draw(order), None
        if self._sent is None or self._sent[1] != level:
            self._sent = self._send(to_bytes(self._picture, level), self._sound), level
        return self._sent[0]

    @torch.inference_mode()
    def pass_by(self, order: Order) -> None:
        """Let all that moves go on as `paint` does, without a picture."""
        self._prepare(order)
        if not order.values["freeze"]:
            self._decks.pass_by(order.values, order.dt_s, order.share, order.corners)
            self._effects.apply(self._dot, order.values, order.dt_s)
        self._picture = self._sent = None

    def _prepare(self, order: Order) -> None:
        """What is to happen before the picture."""
        for change in order.changes:
            if isinstance(change, ModelEvent):
                self._decks.follow(
                    change.deck, change.generator, change.directions, drifts=change.drifts
                )
                self.rehearsal.forget()
            else:
                self._decks.morph(change.names, change.walk, change.plain_s)
        if order.effects != self._first:
            self._first, self._effects = order.effects, Effects(order.effects)
        if order.clear:
            self.forget()

    def forget(self) -> None:
        """Drop all that values which are no numbers may have come into."""
        self._effects.clear()
        self._picture = self._sent = None

    def _draw(self, order: Order) -> Tensor:
        """A new picture (1, 3, H, W) within 0..255, on the device.

        Whether it is numbers is asked on the device, and told with the picture: to ask here would
        be to wait.
        """
        picture = self._decks.draw(
            order.values, order.dt_s, order.share, order.corners, sketched=order.sketched
        )
        self._sound = torch.isfinite(picture.sum())
        return self._effects.apply(picture, order.values, order.dt_s)
