"""The performance: events and time become the values of the next picture."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from performer.autopilot import Autopilot, Gestures
from performer.controls import Action, Controls
from performer.crossfade import Crossfade
from performer.cues import CueList
from performer.dials import dials
from performer.ear import Ear
from performer.events import (
    ClockEvent,
    DeckName,
    Event,
    HoursEvent,
    KeyEvent,
    LatencyEvent,
    LinkEvent,
    MidiEvent,
    ModelEvent,
    OscEvent,
    PageEvent,
    PatchEvent,
    PortEvent,
    RestoreEvent,
    SoundEvent,
    ThriftEvent,
)
from performer.governor import NO_COSTLY_EFFECTS, SKETCHES
from performer.house import House, Thrift
from performer.learn import Learn
from performer.looper import Looper
from performer.modulators import Modulators
from performer.outline import Outline, outline_of
from performer.parameters import BY_NAME, INDEX, MODULATORS, TABLE
from performer.patch import match_controller
from performer.quantise import Quantiser
from performer.readings import FACTORS
from performer.scenes import PICTURES, Morph, cue_scene, stored_scene, whole_values
from performer.schema import Controller, Cue, Patch, Scene
from performer.tempo import Tempo
from performer.triggers import heard_in
from performer.xy import Corner, XYPad

NAMES = tuple(parameter.name for parameter in TABLE)
SEEDS = 1000
# What panic leaves as it is.
KEPT = ("record", "video", "governor", "autopilot.on", "autopilot.after")
DT_MAXIMUM_S = 0.25
WALK_MAXIMUM = 1e12  # steps; beyond it the wander's seeds end
BEATS_MAXIMUM_HZ = 10.0  # a song position that jumps is no music that passed


@dataclass(frozen=True, slots=True)
class Leaving:
    """The present look is left for that of the seeds in `names`; `walk` is as in `Scene`.

    For `plain_s` the wander goes `walk.speed` steps a second, however visible they are.
    """

    names: frozenset[str]
    walk: float | None
    plain_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Order:
    """What a picture is made of: values in their units, and what else is to happen before it.

    `share` is how far the latest morph is, 0..1, and `corners` are those of the XY pad;
    `effects` are the first of their chain; `sketched` asks for the model's sketch.
    """

    values: dict[str, float]
    dt_s: float
    share: float
    corners: tuple[Corner, ...]
    changes: tuple[ModelEvent | Leaving, ...]
    effects: tuple[str, ...]
    clear: bool
    sketched: bool


class Performance:
    """All that the player moves, and all that moves by itself; it knows no picture."""

    def __init__(
        self,
        patch: Patch,
        controllers: Sequence[Controller],
        seed: int | None,
        walk: Callable[[], float],
        gestures: Gestures | None = None,
    ) -> None:
        """`walk` tells where the picture's wander stands, in steps.

        `gestures` are what the autopilot plays.
        """
        self._asked = {} if seed is None else {"seed": float(seed % SEEDS)}
        self.patch, self._controllers, self._walk = patch, controllers, walk
        self._outline, self._outlined = outline_of(patch), patch
        self.controls = Controls(patch.bindings, patch.start | self._asked, patch.priority)
        self.learn = Learn(self.controls, controllers)
        self.cues = CueList(patch.cues)
        self.on_store: Callable[[str, Scene], None] = lambda key, scene: None
        self.on_load: Callable[[str, DeckName], None] = lambda key, deck: None
        self._crossfade, self._has_b = Crossfade(), False
        self.tempo = Tempo()
        self._quantiser = Quantiser()
        self.looper = Looper()
        self.ear, self.modulators = Ear(), Modulators(patch.modulators)
        self.autopilot = Autopilot(gestures)
        self._morph: Morph | None = None
        self._share = 1.0
        self._house, self._thrift = House(), Thrift()
        self._is_sketched = False
        self._xy = XYPad(_corners(patch))
        self._changes: list[ModelEvent | Leaving] = []
        self._clear = False
        self.values = self.controls.values

    @property
    def outline(self) -> Outline:
        """What the patch holds."""
        if self._outlined is not self.patch:
            self._outline, self._outlined = outline_of(self.patch), self.patch
        return self._outline

    @property
    def follows_in_s(self) -> float | None:
        """How soon the next cue goes out by itself, at the present tempo; None where none does."""
        return self.cues.follows_in_s(self.tempo.bpm)

    @property
    def cue_names(self) -> tuple[str, str]:
        """Which cue is out and which comes next, each with its number; "" is none."""
        return self._cue_name(self.cues.current_index), self._cue_name(self.cues.next_index)

    def _cue_name(self, index: int | None) -> str:
        if index is None:
            return ""
        return f"{index + 1} {self.scene_of(self.cues.cues[index]).name}".strip()

    def scene_of(self, cue: Cue) -> Scene:
        """Where a cue goes."""
        return cue_scene(cue, self.patch.scenes)

    def take(self, event: Event) -> bool:
        """Let one event act; whether it changed anything."""
        if isinstance(event, PortEvent) and event.present:
            controller = match_controller(self._controllers, event.port)
            if controller is not None:
                own = dials(controller, event.port, self.controls.bindings)
                self.controls.add_profile((*controller.bindings, *own), event.port)
        elif isinstance(event, ModelEvent):
            self._changes.append(event)
            self._has_b |= event.deck == "b"
        elif isinstance(event, PatchEvent) and event.patch is not None:
            self._replace(event.patch)
        elif isinstance(event, ClockEvent | LinkEvent | LatencyEvent):
            self.tempo.take(event)
        elif isinstance(event, RestoreEvent):
            self._restore(event)
        elif isinstance(event, HoursEvent):
            self._house.opens(event.is_open)
        elif isinstance(event, ThriftEvent):
            self._thrift.spares = event.level >= NO_COSTLY_EFFECTS
            self._is_sketched = event.level >= SKETCHES
        elif isinstance(event, SoundEvent):
            self._hear(event)
        struck = heard_in(event)
        if struck is not None:
            self.modulators.hear(struck[0], event.time_s, struck[1])
        acted = isinstance(event, ModelEvent | PatchEvent | RestoreEvent)
        actions = [] if self.learn.take(event) else self.controls.handle(event)
        if is_touch(event, actions):
            self.autopilot.touch()
        for action in actions:
            if action.kind == "trigger":
                acted |= self._pull(action, event.time_s)
                continue
            acted = True
            self.looper.touch(action.parameter)
            if action.parameter == "deck.mix":
                self._crossfade.stop()
            if action.parameter == "cue.number":
                self._go_out(self.cues.go_to(round(self.controls.target("cue.number")) - 1))
            elif self._morph is not None:
                self._morph.leave(action.parameter)
        return acted

    def _hear(self, event: SoundEvent) -> None:
        self.ear.take(event)
        if event.onset > 0.0:
            self.modulators.hear("sound.onset", event.time_s)

    def _pull(self, action: Action, time_s: float) -> bool:
        """Let a trigger that was pulled at `time_s` act, or wait for its beat; whether it acted."""
        name, beats = action.parameter, action.quantise
        if name == "tap":
            self.tempo.tap(time_s)
        elif name == "tempo.resync":
            self.tempo.resync(time_s)
        else:
            beats = self.controls.target("quantise") if beats is None else beats
            if beats and BY_NAME[name].quantised:
                self._quantiser.wait(name, beats)
                return False
            self._trigger(name)
        self.modulators.hear(name, time_s)
        return True

    def step(
        self, now_s: float, elapsed_s: float, events: Sequence[Event]
    ) -> tuple[Order, tuple[Event, ...]]:
        """The picture of `now_s`, and those of the events that it is the first to show."""
        self.learn.advance(now_s)
        shows = tuple(event for event in events if self.take(event))
        return self.advance(now_s, elapsed_s), shows

    def advance(self, now_s: float, elapsed_s: float) -> Order:
        """Let `elapsed_s` pass until `now_s` for all that moves by itself; the next picture.

        After a stall only the beat goes on as far as the music did.
        """
        dt_s = min(elapsed_s, DT_MAXIMUM_S)
        beats = min(self._keep_time(now_s, elapsed_s), dt_s * BEATS_MAXIMUM_HZ)
        followed = self.cues.advance(dt_s, beats)
        if followed is not None:
            self._go_out(followed)
        is_frozen = bool(self.controls.target("freeze"))
        if self._morph is not None:
            self._advance_morph(self._morph, 0.0 if is_frozen else dt_s, beats)
        self._play_by_itself(0.0 if is_frozen else dt_s)
        self._loop()
        self._advance_crossfade(0.0 if is_frozen else dt_s)
        values = self.controls.advance(dt_s)
        if is_frozen or self.tempo.leapt:
            self.modulators.expect_leap()
        if not is_frozen:
            self.modulators.advance(now_s, dt_s, self.tempo.beat, values, self.ear.look(now_s))
        self.values = self.modulators.apply(values)
        pad = self._xy.shares(self.values)
        if pad.any():
            self.values = self.modulators.apply(self._xy.apply(values, pad))
        self.modulators.settle(values, self.values)
        named = dict(zip(NAMES, self.values.tolist(), strict=True))
        for part in (self._house, self._thrift):
            part.advance(dt_s)
            part.apply(named)
        corners, changes = self._xy.corners(pad), tuple(self._changes)
        effects, clear = self.patch.effects, self._clear
        order = Order(named, dt_s, self._share, corners, changes, effects, clear, self._is_sketched)
        self._changes, self._clear = [], False
        return order

    def state(self, now_s: float) -> RestoreEvent:
        """All by which another performance can go on from here.

        A morph under way is told by its end.
        """
        targets = dict(zip(NAMES, self.controls.targets.tolist(), strict=True))
        targets |= self._morph.ends if self._morph is not None else {}
        values = zip(NAMES, self.controls.values.tolist(), targets.values(), strict=True)
        passed_s, passed_beats = self.cues.passed
        return RestoreEvent(
            now_s,
            values=tuple(values),
            walk=self._walk(),
            cue=self.cues.index,
            cue_s=passed_s,
            cue_beats=passed_beats,
            turns=self.modulators.turns,
            turns_beat=self.modulators.beat,
            beat=self.tempo.now_beat,
            bpm=self.tempo.bpm,
            loops=self.looper.state(),
        )

    def _restore(self, state: RestoreEvent) -> None:
        """Go on from a state, whatever is in it, without a glide or morph."""
        self._morph, self._share = None, 1.0
        for name, value, target in state.values:
            self.controls.place(name, value, target)
        self.cues.restore(state.cue, state.cue_s, state.cue_beats)
        self.tempo.restore(state.beat, state.bpm)
        self.modulators.restore(state.turns, state.turns_beat)
        self.looper.restore(state.loops, self.tempo.now_beat)
        walk = state.walk if abs(state.walk) < WALK_MAXIMUM else None
        self._changes.append(Leaving(PICTURES, walk))
        self._clear = True

    def _keep_time(self, now_s: float, elapsed_s: float) -> float:
        """Count beats, let `bpm` follow who leads, pull what waited; the beats that passed."""
        tempo, before = self.tempo, self.tempo.beat
        tempo.advance(
            now_s,
            elapsed_s,
            bpm=self.controls.target("bpm"),
            choice=self.controls.target("tempo.source"),
            nudge_s=float(self.controls.values[INDEX["tempo.nudge"]]) / 1000,
        )
        if tempo.told_bpm != self.controls.target("bpm"):
            self.controls.set("bpm", tempo.told_bpm)
        self._quantiser.advance(elapsed_s, tempo.beat, tempo.bpm, leapt=tempo.leapt)
        for name in self._quantiser.due():
            self._trigger(name)
            self.modulators.hear(name, now_s)
        return max(tempo.beat - before, 0.0)

    def _play_by_itself(self, dt_s: float) -> None:
        """Let the autopilot move what nobody touches."""
        target = self.controls.target
        is_on, after_s = bool(target("autopilot.on")), target("autopilot.after")
        values = self.autopilot.advance(dt_s, target, on=is_on, after_s=after_s)
        for name, value in values.items():
            self.controls.set(name, value)

    def _loop(self) -> None:
        """Let the loops keep what hands did, and move what they hold."""
        target = self.controls.target
        values = self.looper.advance(
            self.tempo.beat,
            target,
            beats=target("loop.beats"),
            record=bool(target("loop.record")),
            play=bool(target("loop.play")),
        )
        for name, value in values.items():
            if value != target(name):
                self.controls.set(name, value)

    def _advance_morph(self, morph: Morph, dt_s: float, beats: float) -> None:
        for name, value in morph.advance(dt_s, beats if dt_s else 0.0).items():
            self.controls.set(name, value)
        self._share = morph.share
        if morph.done:
            self._morph = None

    def _advance_crossfade(self, dt_s: float) -> None:
        target = self.controls.target
        mix = self._crossfade.advance(target("deck.mix"), dt_s, target("deck.fade"))
        if mix is not None:
            self.controls.set("deck.mix", mix)

    def _replace(self, patch: Patch) -> None:
        """Play another patch, keeping all that it does not change."""
        if patch.start.get("seed") != self.patch.start.get("seed"):
            self._asked = {}
        self.patch = patch
        self.controls.replace(patch.bindings, patch.start | self._asked, patch.priority)
        self._keep_factors(self.modulators.replace(patch.modulators))
        self.cues.replace(patch.cues)
        self._xy = XYPad(_corners(patch))

    def _keep_factors(self, kept: Mapping[int, int]) -> None:
        """Let how deep and how fast a modulator goes move with it; a new one begins as usual."""
        if all(new == old for new, old in kept.items()):
            return
        for factor in FACTORS:
            names = [f"modulation.{i}.{factor}" for i in range(1, MODULATORS + 1)]
            before = [self.controls.target(name) for name in names]
            for new, name in enumerate(names):
                old = kept.get(new, MODULATORS)
                usual = self.patch.start.get(name, BY_NAME[name].default)
                self.controls.set(name, before[old] if old < MODULATORS else usual)

    def _trigger(self, name: str) -> None:
        group, _, key = name.partition(".")
        match group:
            case "next_seed":
                self.controls.set("seed", (self.controls.target("seed") // 1 + 1) % SEEDS)
            case "panic":
                self._panic()
            case "scene" if self.controls.target("store"):
                self._store(key)
            case "scene" if key in self.patch.scenes:
                self._recall(self.patch.scenes[key])
            case "loop":
                self.looper.clear()
            case "learn":
                self.learn.switch()
            case "unlearn":
                self.learn.unlearn()
            case "model":
                self.on_load(key, self._deck_less_seen)
            case "deck" if self._has_b:
                self._crossfade.swap(self.controls.target("deck.mix"))
            case "cue":
                self._go_out(self.cues.go() if key == "go" else self.cues.back())

    @property
    def _deck_less_seen(self) -> DeckName:
        return "a" if self._has_b and self.controls.target("deck.mix") > 0.5 else "b"

    def _panic(self) -> None:
        self._morph, self._share = None, 1.0
        self._crossfade.stop()
        self._clear = True
        self._quantiser.clear()
        self.looper.rest()
        kept = {name: self.controls.target(name) for name in KEPT}
        self.controls.reset()
        for name, value in kept.items():
            self.controls.set(name, value)
        self.cues.rewind()

    def _recall(self, scene: Scene) -> None:
        self._morph, self._share = Morph(scene, self.controls.target), 0.0
        duration_s = scene.morph_s + scene.morph_beats * 60.0 / self.controls.target("bpm")
        walk = None if scene.walk is None else scene.walk - self._lead_in(scene, duration_s)
        names = PICTURES & whole_values(scene).keys()
        self._changes.append(Leaving(frozenset(names), walk, duration_s))

    def _lead_in(self, scene: Scene, duration_s: float) -> float:
        """How far the wander goes during the morph to a scene, in steps."""
        before = self.controls.target("walk.speed")
        after = whole_values(scene).get("walk.speed", before)
        return duration_s * (before + after) / 2.0

    def _go_out(self, cue: Cue | None) -> None:
        if cue is not None:
            self._recall(self.scene_of(cue))
        self.controls.set("cue.number", self.cues.index + 1)

    def _store(self, key: str) -> None:
        """Make the present look a scene of the patch, XY pad included."""
        targets = np.array([self.controls.target(name) for name in NAMES])
        shares = self._xy.shares(targets)
        look = dict(zip(NAMES, self._xy.apply(targets, shares).tolist(), strict=True))
        look |= self._xy.strongest(shares)
        scene = stored_scene(look.__getitem__, self._walk(), self.patch.scenes.get(key))
        scenes = self.patch.scenes | {key: scene}
        self.patch = msgspec.structs.replace(self.patch, scenes=scenes)
        self.controls.set("store", 0.0)
        self.on_store(key, scene)


def is_touch(event: Event, actions: Sequence[Action]) -> bool:
    """Whether somebody is there: a hand on a device, or a message that is understood."""
    is_hand = isinstance(event, MidiEvent | KeyEvent)
    return is_hand or (isinstance(event, OscEvent | PageEvent) and bool(actions))


def _corners(patch: Patch) -> tuple[Scene, ...]:
    """The scenes of the patch's XY pad; none where it has no pad."""
    return tuple(patch.scenes[key] for key in patch.xy.scenes) if patch.xy else ()
