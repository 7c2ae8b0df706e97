"""The engine: events and time in, a frame out; it knows no window and no socket."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from performer.controls import Controls
from performer.deck import Deck
from performer.effects import Effects, to_bytes
from performer.events import Event, ModelEvent, PortEvent
from performer.latent import Generator
from performer.limited_log import LimitedLog
from performer.looper import Looper
from performer.modulators import Modulators
from performer.parameters import INDEX, TABLE
from performer.patch import match_controller
from performer.scenes import Morph
from performer.schema import Controller, Patch
from performer.tempo import Tempo

DT_MAXIMUM_S = 0.25
NAMES = tuple(parameter.name for parameter in TABLE)
SEEDS = 1000
# What goes on whatever happens to the picture.
RECORDERS = ("record", "video")


@dataclass(frozen=True, slots=True)
class Frame:
    """A finished frame: uint8 (H, W, 3), and the events that it is the first to show."""

    image: NDArray[np.uint8]
    shows: tuple[Event, ...]


class Engine:
    """All the state of the instrument, owned by the thread that calls `frame`."""

    def __init__(
        self,
        generator: Generator,
        patch: Patch,
        *,
        controllers: Sequence[Controller] = (),
        seed: int | None = None,
    ) -> None:
        start = dict(patch.start)
        if seed is not None:
            start["seed"] = float(seed % SEEDS)
        self._patch, self._controllers = patch, controllers
        self.controls = Controls(patch.bindings, start)
        self._tempo = Tempo()
        self.looper = Looper()
        self._modulators = Modulators(patch.modulators)
        self._deck = Deck(generator)
        self._effects = Effects()
        self._morph: Morph | None = None
        self._log = LimitedLog(logging.getLogger("performer.engine"))
        self._picture: Tensor | None = None
        self._image = np.zeros((generator.height_px, generator.width_px, 3), dtype=np.uint8)
        self._shown: tuple[int, float] | None = None
        self._now_s: float | None = None
        self.errors = 0
        self.message = ""
        self.values = self.controls.values

    @property
    def canvas(self) -> tuple[int, int]:
        """Height and width of the pictures, in pixels."""
        return self._deck.generator.height_px, self._deck.generator.width_px

    @torch.inference_mode()
    def frame(self, now_s: float, dt_s: float, events: Sequence[Event]) -> Frame:
        """The frame of `now_s`, `dt_s` after the one before; never raises for what arrived."""
        dt_s = min(max(dt_s, 0.0), DT_MAXIMUM_S)
        shows = tuple(event for event in events if self._take(event))
        self._advance(dt_s)
        values = dict(zip(NAMES, self.values.tolist(), strict=True))
        try:
            if not values["freeze"] or self._picture is None:
                self._picture = self._draw(values, dt_s)
            self._show(self._picture, 1.0 - values["blackout"])
            self.message = ""
        except Exception as error:
            # The show goes on with the last good frame, whatever the network or device did.
            self.errors += 1
            self.message = f"{type(error).__name__}: {error}"
            self._log.warning(now_s, "frame kept: %s", self.message)
        return Frame(self._image, shows)

    def _take(self, event: Event) -> bool:
        """Let one event act; whether it changed anything."""
        if isinstance(event, PortEvent) and event.present:
            controller = match_controller(self._controllers, event.port)
            if controller is not None:
                self.controls.add_profile(controller.bindings, event.port)
        elif isinstance(event, ModelEvent):
            self._deck.follow(event.generator, event.directions)
        actions = self.controls.handle(event)
        for action in actions:
            if action.kind == "trigger":
                self._trigger(action.parameter)
                continue
            self.looper.touch(action.parameter)
            if self._morph is not None:
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
            case "loop":
                self.looper.clear()

    def _panic(self) -> None:
        self._morph = None
        self._effects.clear()
        self.looper.rest()
        recording = {name: self.controls.target(name) for name in RECORDERS}
        self.controls.reset()
        for name, value in recording.items():
            self.controls.set(name, value)

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
        self._loop()
        values = self.controls.advance(dt_s)
        self._tempo.advance(dt_s, float(values[INDEX["bpm"]]))
        if not values[INDEX["freeze"]]:
            self._modulators.advance(dt_s)
        self.values = self._modulators.apply(values)

    def _loop(self) -> None:
        """Let the loops keep what hands did, and move what they hold."""
        target = self.controls.target
        values = self.looper.advance(
            self._tempo.beat,
            target,
            beats=target("loop.beats"),
            record=bool(target("loop.record")),
            play=bool(target("loop.play")),
        )
        for name, value in values.items():
            if value != target(name):
                self.controls.set(name, value)

    def _draw(self, values: Mapping[str, float], dt_s: float) -> Tensor:
        """A new picture (1, 3, H, W) within 0..255, on the device."""
        return self._effects.apply(self._deck.draw(values, dt_s), values, dt_s)

    def _show(self, picture: Tensor, level: float) -> None:
        """Bring the picture to the host in one copy, unless it is there already."""
        if self._shown != (id(picture), level):
            self._image = to_bytes(picture, level).cpu().numpy()
            self._shown = (id(picture), level)
