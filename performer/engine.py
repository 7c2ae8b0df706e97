"""The engine: events and time in, a frame out; it knows no window and no socket."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from performer.controls import Controls
from performer.cues import CueList
from performer.deck import Deck
from performer.effects import Effects, to_bytes
from performer.events import Event, ModelEvent, PatchEvent, PortEvent
from performer.latent import Generator
from performer.limited_log import LimitedLog
from performer.modulators import Modulators
from performer.parameters import TABLE
from performer.patch import match_controller
from performer.rehearsal import Rehearsal
from performer.scenes import PICTURES, Morph, cue_scene, stored_scene, whole_values
from performer.schema import Controller, Cue, Patch, Scene
from performer.tempo import Tempo
from performer.xy import XYPad

DT_MAXIMUM_S = 0.25
BEATS_MAXIMUM_HZ = 10.0  # a song position that jumps is no music that passed
Image = NDArray[np.uint8]
NAMES = tuple(parameter.name for parameter in TABLE)
SEEDS = 1000


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
        self._asked = {} if seed is None else {"seed": float(seed % SEEDS)}
        self._patch, self._controllers = patch, controllers
        self.controls = Controls(patch.bindings, patch.start | self._asked)
        self._tempo = Tempo()
        self._modulators = Modulators(patch.modulators)
        self._deck = Deck(generator)
        self._effects = Effects()
        self._morph: Morph | None = None
        self.cues = CueList(patch.cues)
        self._xy = XYPad(_corners(patch))
        self.rehearsal = Rehearsal(self._deck)
        self.rehearsal.expect(patch)
        self.on_store: Callable[[str, Scene], None] = lambda key, scene: None
        self._log = LimitedLog(logging.getLogger("performer.engine"))
        self._picture: Tensor | None = None
        self._share = 1.0
        self._pad = np.zeros(0)
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

    @property
    def cue_names(self) -> tuple[str, str]:
        """Which cue is out and which comes next, each with its number; "" is none."""
        return self._cue_name(self.cues.current_index), self._cue_name(self.cues.next_index)

    def _cue_name(self, index: int | None) -> str:
        if index is None:
            return ""
        return f"{index + 1} {self._scene_of(self.cues.cues[index]).name}".strip()

    @property
    def preview(self) -> Image | None:
        """A small picture of the next cue, if there is one yet."""
        cue = self.cues.next
        return None if cue is None else self.rehearsal.picture(self._scene_of(cue))

    @torch.inference_mode()
    def rehearse(self) -> bool:
        """Make one small picture that is missing, at the cost of a draw; whether one was."""
        if self.rehearsal.is_complete:
            return False
        cues, index = self.cues.cues, self.cues.next_index or 0
        return self.rehearsal.make([self._scene_of(cue) for cue in cues[index:] + cues[:index]])

    def _scene_of(self, cue: Cue) -> Scene:
        return cue_scene(cue, self._patch.scenes)

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
            self.rehearsal.forget()
        elif isinstance(event, PatchEvent) and event.patch is not None:
            self._replace(event.patch)
        actions = self.controls.handle(event)
        for action in actions:
            if action.kind == "trigger":
                self._trigger(action.parameter)
            elif action.parameter == "cue.number":
                self._go_out(self.cues.go_to(round(self.controls.target("cue.number")) - 1))
            elif self._morph is not None:
                self._morph.leave(action.parameter)
        return bool(actions) or isinstance(event, ModelEvent | PatchEvent)

    def _replace(self, patch: Patch) -> None:
        """Play another patch, keeping all that it does not change."""
        if patch.start.get("seed") != self._patch.start.get("seed"):
            self._asked = {}
        self._patch = patch
        self.controls.replace(patch.bindings, patch.start | self._asked)
        self._modulators.replace(patch.modulators)
        self.cues.replace(patch.cues)
        self._xy = XYPad(_corners(patch))
        self.rehearsal.expect(patch)

    def _trigger(self, name: str) -> None:
        group, _, key = name.partition(".")
        match group:
            case "next_seed":
                self.controls.set("seed", (self.controls.target("seed") // 1 + 1) % SEEDS)
            case "panic":
                self._panic()
            case "scene" if self.controls.target("store"):
                self._store(key)
            case "scene" if key in self._patch.scenes:
                self._recall(self._patch.scenes[key])
            case "cue":
                self._go_out(self.cues.go() if key == "go" else self.cues.back())

    def _panic(self) -> None:
        self._morph, self._share = None, 1.0
        self._effects.clear()
        self.controls.reset()
        self.cues.rewind()

    def _recall(self, scene: Scene) -> None:
        self._morph = Morph(scene, self.controls.target)
        walk = None if scene.walk is None else scene.walk - self._lead_in(scene)
        self._deck.morph(PICTURES & whole_values(scene).keys(), walk)

    def _lead_in(self, scene: Scene) -> float:
        """How far the wander goes during the morph to a scene, in steps."""
        duration_s = scene.morph_s + scene.morph_beats * 60.0 / self.controls.target("bpm")
        before = self.controls.target("walk.speed")
        after = whole_values(scene).get("walk.speed", before)
        return duration_s * (before + after) / 2.0

    def _go_out(self, cue: Cue | None) -> None:
        if cue is not None:
            self._recall(self._scene_of(cue))
        self.controls.set("cue.number", self.cues.index + 1)

    def _store(self, key: str) -> None:
        """Make the present look a scene of the patch, XY pad included."""
        targets = np.array([self.controls.target(name) for name in NAMES])
        shares = self._xy.shares(targets)
        look = dict(zip(NAMES, self._xy.apply(targets, shares).tolist(), strict=True))
        look |= self._xy.strongest(shares)
        before = self._patch.scenes.get(key)
        scene = stored_scene(look.__getitem__, self._deck.walk, before)
        scenes = self._patch.scenes | {key: scene}
        self._patch = msgspec.structs.replace(self._patch, scenes=scenes)
        self.controls.set("store", 0.0)
        self.rehearsal.expect(self._patch)
        if not look["blackout"]:
            self.rehearsal.keep(scene, self._image)
        self.on_store(key, scene)

    def _advance(self, dt_s: float) -> None:
        """Let time pass for everything that moves by itself."""
        before = self._tempo.beat
        self._tempo.advance(dt_s, self.controls.target("bpm"))
        beats = min(max(self._tempo.beat - before, 0.0), dt_s * BEATS_MAXIMUM_HZ)
        followed = self.cues.advance(dt_s, beats)
        if followed is not None:
            self._go_out(followed)
        is_frozen = bool(self.controls.target("freeze"))
        if self._morph is not None:
            self._advance_morph(self._morph, 0.0 if is_frozen else dt_s, beats)
        values = self.controls.advance(dt_s)
        if not is_frozen:
            self._modulators.advance(dt_s)
        self.values = self._modulators.apply(values)
        self._pad = self._xy.shares(self.values)
        if self._pad.any():
            self.values = self._modulators.apply(self._xy.apply(values, self._pad))

    def _advance_morph(self, morph: Morph, dt_s: float, beats: float) -> None:
        for name, value in morph.advance(dt_s, beats if dt_s else 0.0).items():
            self.controls.set(name, value)
        self._share = morph.share
        if morph.done:
            self._morph = None

    def _draw(self, values: Mapping[str, float], dt_s: float) -> Tensor:
        """A new picture (1, 3, H, W) within 0..255, on the device."""
        picture = self._deck.draw(values, dt_s, self._share, self._xy.corners(self._pad))
        return self._effects.apply(picture, values, dt_s)

    def _show(self, picture: Tensor, level: float) -> None:
        """Bring the picture to the host in one copy, unless it is there already."""
        if self._shown != (id(picture), level):
            self._image = to_bytes(picture, level).cpu().numpy()
            self._shown = (id(picture), level)


def _corners(patch: Patch) -> tuple[Scene, ...]:
    """The scenes of the patch's XY pad; none where it has no pad."""
    return tuple(patch.scenes[key] for key in patch.xy.scenes) if patch.xy else ()
