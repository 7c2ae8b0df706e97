"""The engine: events and time in, a frame out; it knows no window and no socket."""

import logging
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from performer.arrival import Arrival, sender
from performer.controls import Controls
from performer.deck import Deck
from performer.effects import Effects, to_bytes
from performer.events import Event, ModelEvent, PortEvent
from performer.flight import AHEAD, Flight, Latency, crew_for
from performer.latent import Generator
from performer.limited_log import LimitedLog
from performer.modulators import Modulators
from performer.parameters import INDEX, TABLE
from performer.patch import match_controller
from performer.scenes import Morph
from performer.schema import Controller, Patch
from performer.tempo import Tempo

DT_MAXIMUM_S = 0.25
NAMES = tuple(parameter.name for parameter in TABLE)
SEEDS = 1000


@dataclass(frozen=True, slots=True)
class Frame:
    """A finished frame: uint8 (H, W, 3), and the events that it is the first to show."""

    image: NDArray[np.uint8]
    shows: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Order:
    """What a frame is made of."""

    values: dict[str, float]
    dt_s: float
    model: ModelEvent | None
    clear: bool


class Engine:
    """All the state of the instrument, owned by the thread that calls `frame`.

    With `latency` "smooth" a frame is shown by the call after the one that began it, and made in
    between: the deck, the effects and what is sent are then the crew's, who get orders.
    """

    def __init__(
        self,
        generator: Generator,
        patch: Patch,
        *,
        controllers: Sequence[Controller] = (),
        seed: int | None = None,
        latency: Latency = "low",
    ) -> None:
        start = dict(patch.start)
        if seed is not None:
            start["seed"] = float(seed % SEEDS)
        self._patch, self._controllers = patch, controllers
        self.controls = Controls(patch.bindings, start)
        self._tempo = Tempo()
        self._modulators = Modulators(patch.modulators)
        self._deck = Deck(generator)
        self._effects = Effects()
        self._morph: Morph | None = None
        self._log = LimitedLog(logging.getLogger("performer.engine"))
        self._model: ModelEvent | None = None
        self._clear = False
        self._picture: Tensor | None = None
        self._sound = torch.tensor(True)
        self._sent: tuple[Arrival, float] | None = None
        self._send = sender(generator.device)
        self._crew, self._ahead = crew_for(latency, generator.device), AHEAD[latency]
        self._flights: deque[Flight] = deque()
        self._shown: Arrival | None = None
        self._image = np.zeros((generator.height_px, generator.width_px, 3), dtype=np.uint8)
        self._now_s: float | None = None
        self.errors = 0
        self.message = ""
        self.values = self.controls.values

    @property
    def canvas(self) -> tuple[int, int]:
        """Height and width of the picture shown, in pixels."""
        height, width, _ = self._image.shape
        return height, width

    def close(self) -> None:
        """End what makes frames."""
        self._crew.close()

    @torch.inference_mode()
    def frame(self, now_s: float, dt_s: float, events: Sequence[Event]) -> Frame:
        """The frame of `now_s`, `dt_s` after the one before; never raises for what arrived.

        It is the frame that this call began, or with smooth latency the one of the call before,
        and `shows` are the events of the call that began it. Where a frame fails the last good
        one is returned once more, which is the first to show nothing. The image is good until the
        next call.
        """
        dt_s = min(max(dt_s, 0.0), DT_MAXIMUM_S)
        shows = tuple(event for event in events if self._take(event))
        self._advance(dt_s)
        values = dict(zip(NAMES, self.values.tolist(), strict=True))
        order = Order(values, dt_s, self._model, self._clear)
        self._model, self._clear = None, False
        self._flights.append(Flight(self._crew.begin(partial(self._make, order)), shows))
        if len(self._flights) <= self._ahead:
            return Frame(self._image, ())
        return self._land(self._flights.popleft(), now_s)

    def _land(self, flight: Flight, now_s: float) -> Frame:
        """The frame that a flight brings, or the last good one."""
        try:
            arrival = flight.arrival.result()
            self._image = arrival.image()
        except Exception as error:
            # The show goes on with the last good frame, whatever the network or device did.
            self.errors += 1
            self.message = f"{type(error).__name__}: {error}"
            self._log.warning(now_s, "frame kept: %s", self.message)
            if isinstance(error, ArithmeticError):
                self._forget()
            return Frame(self._image, ())
        if self._shown is not None and self._shown is not arrival:
            self._shown.release()
        self._shown = arrival
        self.message = ""
        return Frame(self._image, flight.shows)

    def _forget(self) -> None:
        """Drop all that values which are no numbers may have come into."""
        while self._flights:
            self._flights.popleft().arrival.exception()  # waits
        self._effects.clear()
        self._picture = self._sent = None

    def _take(self, event: Event) -> bool:
        """Let one event act; whether it changed anything."""
        if isinstance(event, PortEvent) and event.present:
            controller = match_controller(self._controllers, event.port)
            if controller is not None:
                self.controls.add_profile(controller.bindings, event.port)
        elif isinstance(event, ModelEvent):
            self._model = event
        actions = self.controls.handle(event)
        for action in actions:
            if action.kind == "trigger":
                self._trigger(action.parameter)
            elif self._morph is not None:
                self._morph.leave(action.parameter)
        return bool(actions) or isinstance(event, ModelEvent)

    def _trigger(self, name: str) -> None:
        group, _, key = name.partition(".")
        match group:
            case "next_seed":
                self.controls.set("seed", (self.controls.target("seed") // 1 + 1) % SEEDS)
            case "panic":
                self._panic()
            case "scene":
                self._recall(key)

    def _panic(self) -> None:
        self._morph = None
        self._clear = True
        self.controls.reset()

    def _recall(self, key: str) -> None:
        scene = self._patch.scenes.get(key)
        if scene is not None:
            current = {name: self.controls.target(name) for name in scene.values}
            self._morph = Morph(scene, current)

    def _advance(self, dt_s: float) -> None:
        """Let time pass for everything that moves by itself."""
        if self._morph is not None:
            for name, value in self._morph.advance(dt_s).items():
                self.controls.set(name, value)
            if self._morph.done:
                self._morph = None
        values = self.controls.advance(dt_s)
        self._tempo.advance(dt_s, float(values[INDEX["bpm"]]))
        if not values[INDEX["freeze"]]:
            self._modulators.advance(dt_s)
        self.values = self._modulators.apply(values)

    @torch.inference_mode()
    def _make(self, order: Order) -> Arrival:
        """A frame on its way to the host: the one sent last, if nothing has changed."""
        if order.model is not None:
            self._deck.follow(order.model.generator, order.model.directions)
        if order.clear:
            self._effects.clear()
        level = 1.0 - order.values["blackout"]
        if not order.values["freeze"] or self._picture is None:
            self._picture, self._sent = self._draw(order), None
        if self._sent is None or self._sent[1] != level:
            self._sent = self._send(to_bytes(self._picture, level), self._sound), level
        return self._sent[0]

    def _draw(self, order: Order) -> Tensor:
        """A new picture (1, 3, H, W) within 0..255, on the device.

        Whether it is numbers is asked on the device, and told with the picture: to ask here would
        be to wait.
        """
        picture = self._deck.draw(order.values, order.dt_s)
        self._sound = torch.isfinite(picture.sum())
        return self._effects.apply(picture, order.values, order.dt_s)
