"""Scenes: what belongs to a look, how one is stored, and the morph from one to the next."""

from collections.abc import Callable, Mapping

import msgspec

from performer.parameter import Parameter, shape
from performer.parameters import BY_NAME, TABLE
from performer.schema import Cue, Scene

# How the instrument is played, not how its picture looks.
APART = frozenset({"autopilot", "bpm", "cue", "deck", "loop", "quantise", "tempo", "xy"})
LOOK = tuple(p for p in TABLE if p.kind == "value" and p.group not in APART)
DEFAULTS = {parameter.name: parameter.default for parameter in LOOK}
# What is not a point on a line but a picture: between two of them the way is that in w.
PICTURES = frozenset({"seed", "seed_b", "style.seed", "class"})
STORED_MORPH_S = 2.0
STORED_DECIMALS = 4


def whole_values(scene: Scene) -> dict[str, float]:
    """All that a scene sets."""
    return DEFAULTS | scene.values if scene.whole else scene.values


def stored_scene(values: Callable[[str], float], walk: float, before: Scene | None) -> Scene:
    """The present look as a whole scene; it keeps the name and morph of the one `before` it."""
    before = before or Scene(morph_s=STORED_MORPH_S)
    rounded = {p.name: p.clamp(round(values(p.name), STORED_DECIMALS)) for p in LOOK}
    moved = {name: value for name, value in rounded.items() if value != DEFAULTS[name]}
    return msgspec.structs.replace(
        before, values=moved, whole=True, walk=round(max(walk, 0.0), STORED_DECIMALS)
    )


def cue_scene(cue: Cue, scenes: Mapping[str, Scene]) -> Scene:
    """What a cue goes to, with its own values and morph on those of the scene that it names."""
    scene = scenes.get(cue.scene, Scene())
    if cue.morph_s is not None or cue.morph_beats is not None:
        scene = msgspec.structs.replace(
            scene, morph_s=cue.morph_s or 0.0, morph_beats=cue.morph_beats or 0.0
        )
    return msgspec.structs.replace(
        scene, name=cue.name or scene.name, values=scene.values | cue.values
    )


class Morph:
    """The way to a scene. The frame loop sets what `advance` returns as parameters' targets."""

    def __init__(self, scene: Scene, current: Callable[[str], float]) -> None:
        """`current` gives the present target of a parameter."""
        self._morph_s, self._morph_beats = scene.morph_s, scene.morph_beats
        self._passed = 0.0
        values = whole_values(scene)
        self._at_once = {n: v for n, v in values.items() if _is_at_once(BY_NAME[n])}
        ways = {n: (current(n), v) for n, v in values.items() if n not in self._at_once}
        self._ways = {name: way for name, way in ways.items() if way[0] != way[1]}

    @property
    def share(self) -> float:
        """How far it is, 0..1; it begins and ends at rest."""
        return shape("smooth", self._passed)

    @property
    def ends(self) -> dict[str, float]:
        """Where it leads those that still take part."""
        return self._at_once | {name: end for name, (_, end) in self._ways.items()}

    @property
    def done(self) -> bool:
        """Whether there is nothing left to set."""
        return self._passed >= 1.0 and not self._at_once

    def leave(self, name: str) -> None:
        """A hand touched this parameter: it no longer takes part."""
        self._ways.pop(name, None)
        self._at_once.pop(name, None)

    def advance(self, dt_s: float, beats: float = 0.0) -> dict[str, float]:
        """Let `dt_s` and `beats` pass: the new target of each parameter that still moves."""
        self._passed = min(self._passed + self._step(dt_s, beats), 1.0)
        values, self._at_once = self._at_once, {}
        if self._passed >= 1.0:
            values |= {name: end for name, (_, end) in self._ways.items()}
            self._ways = {}
            return values
        share = self.share
        values |= {name: begin + share * (end - begin) for name, (begin, end) in self._ways.items()}
        return values

    def _step(self, dt_s: float, beats: float) -> float:
        """The part of the whole that passes; a cut is all of it."""
        if self._morph_beats > 0.0:
            return beats / self._morph_beats
        return dt_s / self._morph_s if self._morph_s > 0.0 else 1.0


def _is_at_once(parameter: Parameter) -> bool:
    return parameter.kind == "toggle" or parameter.step > 0.0 or parameter.name in PICTURES
