"""Scenes: the morph from how the instrument stands to a scene's values, and a scene as text."""

from collections.abc import Mapping

from performer.parameter import Parameter, shape
from performer.parameters import BY_NAME
from performer.schema import Scene
from performer.toml_edit import quoted


class Morph:
    """The way to a scene. The frame loop sets what `advance` returns as parameters' targets."""

    def __init__(self, scene: Scene, current: Mapping[str, float]) -> None:
        """`current` holds the present target of each of the scene's parameters."""
        self._morph_s = scene.morph_s
        self._elapsed_s = 0.0
        self._at_once = {n: v for n, v in scene.values.items() if _is_at_once(BY_NAME[n])}
        self._ways = {
            name: (current[name], value)
            for name, value in scene.values.items()
            if name not in self._at_once
        }

    @property
    def done(self) -> bool:
        """Whether there is nothing left to set."""
        return not self._ways and not self._at_once

    def leave(self, name: str) -> None:
        """A hand touched this parameter: it no longer takes part."""
        self._ways.pop(name, None)
        self._at_once.pop(name, None)

    def advance(self, dt_s: float) -> dict[str, float]:
        """Let `dt_s` pass: the new target of each parameter that still moves, in its unit."""
        self._elapsed_s += dt_s
        values, self._at_once = self._at_once, {}
        if self._elapsed_s >= self._morph_s:
            values |= {name: end for name, (_, end) in self._ways.items()}
            self._ways = {}
            return values
        share = shape("smooth", self._elapsed_s / self._morph_s)
        values |= {name: begin + share * (end - begin) for name, (begin, end) in self._ways.items()}
        return values


def _is_at_once(parameter: Parameter) -> bool:
    """Seeds, too: between two far seeds lie other pictures, so their way is the engine's glide."""
    return parameter.kind == "toggle" or parameter.step > 0.0 or parameter.unit == "seed"


def scene_toml(key: str, scene: Scene) -> str:
    """The scene as the [scenes.N] table of a patch file."""
    values = ", ".join(f"{quoted(name)} = {value!r}" for name, value in scene.values.items())
    return (
        f"[scenes.{key}]\n"
        f"name = {quoted(scene.name)}\n"
        f"morph_s = {scene.morph_s!r}\n"
        f"values = {{ {values} }}\n"
    )
