"""The outline of a patch: what it holds, in words, for whoever shows it to a player."""

from dataclasses import dataclass
from pathlib import PurePath

from performer.scenes import cue_scene
from performer.schema import Cue, Patch

LONGEST = 60  # characters of a name


@dataclass(frozen=True, slots=True)
class CueLine:
    """A line of the cue list: its name, and after how long the next cue follows, "" for never."""

    name: str
    follows: str


@dataclass(frozen=True, slots=True)
class Outline:
    """`titles` are the patch's names for parameters: those of its scenes and models.

    `corners` are the scenes of the XY pad: bottom left, bottom right, top left, top right.
    """

    titles: dict[str, str]
    cues: tuple[CueLine, ...]
    corners: tuple[str, ...]


def outline_of(patch: Patch) -> Outline:
    """What a patch holds."""
    titles = {f"scene.{key}": _scene_title(patch, key) for key in patch.scenes}
    titles |= {f"model.{key}": _short(PurePath(name).stem) for key, name in patch.models.items()}
    return Outline(
        titles=titles,
        cues=tuple(CueLine(_cue_title(patch, cue), _follows(cue)) for cue in patch.cues),
        corners=tuple(_scene_title(patch, key) for key in patch.xy.scenes) if patch.xy else (),
    )


def _scene_title(patch: Patch, key: str) -> str:
    return _short(patch.scenes[key].name or f"Scene {key}")


def _cue_title(patch: Patch, cue: Cue) -> str:
    unnamed = f"Scene {cue.scene}" if cue.scene else ""
    return _short(cue_scene(cue, patch.scenes).name or unnamed)


def _follows(cue: Cue) -> str:
    if cue.follow_beats > 0.0:
        return f"{cue.follow_beats:g} beats"
    return f"{cue.follow_s:g} s" if cue.follow_s > 0.0 else ""


def _short(name: str) -> str:
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"
