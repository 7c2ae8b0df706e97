"""The performance: events and time become the values of the next picture."""

from collections.abc import Sequence
from dataclasses import dataclass

from performer.controls import Controls
from performer.events import Event, ModelEvent, PortEvent
from performer.modulators import Modulators
from performer.parameters import INDEX, TABLE
from performer.patch import match_controller
from performer.scenes import Morph
from performer.schema import Controller, Patch
from performer.tempo import Tempo

NAMES = tuple(parameter.name for parameter in TABLE)
SEEDS = 1000


@dataclass(frozen=True, slots=True)
class Order:
    """What a picture is made of: values in their units, and what else is to happen before it."""

    values: dict[str, float]
    dt_s: float
    model: ModelEvent | None
    clear: bool


class Performance:
    """All that the player moves, and all that moves by itself; it knows no picture."""

    def __init__(self, patch: Patch, controllers: Sequence[Controller], seed: int | None) -> None:
        start = dict(patch.start)
        if seed is not None:
            start["seed"] = float(seed % SEEDS)
        self._patch, self._controllers = patch, controllers
        self.controls = Controls(patch.bindings, start)
        self._tempo = Tempo()
        self._modulators = Modulators(patch.modulators)
        self._morph: Morph | None = None
        self._model: ModelEvent | None = None
        self._clear = False
        self.values = self.controls.values

    @property
    def titles(self) -> dict[str, str]:
        """The names that the patch gives to parameters: those of its scenes."""
        scenes = self._patch.scenes.items()
        return {f"scene.{key}": scene.name or f"Scene {key}" for key, scene in scenes}

    def advance(self, dt_s: float) -> Order:
        """Let `dt_s` pass for everything that moves by itself; the next picture."""
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
        named = dict(zip(NAMES, self.values.tolist(), strict=True))
        order = Order(named, dt_s, self._model, self._clear)
        self._model, self._clear = None, False
        return order

    def take(self, event: Event) -> bool:
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
