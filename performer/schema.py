"""What a patch file and a controller profile may say: TOML, version 1."""

from typing import Literal

import msgspec

from performer.parameter import Curve

VERSION = 1
STARTER = "starter"

TakeoverKind = Literal["none", "pickup", "scale"]
Shape = Literal["sine", "triangle", "saw", "square", "noise"]


class Binding(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A control that moves a parameter; what is absent follows the parameter's row.

    `range` is in the parameter's unit and may run backwards. `channel` None means any; `port` is
    a part of the port's name in any case.
    """

    source: str
    parameter: str
    channel: int | None = None
    port: str | None = None
    range: tuple[float, float] | None = None
    curve: Curve | None = None
    takeover: TakeoverKind | None = None
    slew_s: float | None = None


class Modulator(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A motion added to a parameter; `depth` is a share -1..1 of its whole range, `phase` 0..1."""

    shape: Shape
    parameter: str
    rate_hz: float
    depth: float
    phase: float = 0.0
    seed: int = 0


class Scene(msgspec.Struct, frozen=True):
    """Values to which the instrument morphs over `morph_s` seconds."""

    name: str = ""
    morph_s: float = 0.0
    values: dict[str, float] = {}


class Patch(msgspec.Struct, frozen=True):
    """A whole patch; `model` is `starter` or a .safetensors file relative to the patch's.

    `effects` are those that come before the others, in that order.
    """

    name: str
    about: str
    model: str
    start: dict[str, float]
    bindings: tuple[Binding, ...]
    modulators: tuple[Modulator, ...]
    scenes: dict[str, Scene]
    effects: tuple[str, ...] = ()


class Controller(msgspec.Struct, frozen=True):
    """The profile of a MIDI device, known by `match`: parts of its port's name in any case."""

    name: str
    match: tuple[str, ...]
    bindings: tuple[Binding, ...]


class PatchHead(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The plain keys at the top of a patch file."""

    version: int
    name: str
    about: str = ""
    model: str = STARTER
    effects: tuple[str, ...] = ()


class ControllerHead(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The plain keys at the top of a controller profile."""

    version: int
    name: str
    match: tuple[str, ...]


class SceneHead(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A scene as written, before its values are checked."""

    name: str = ""
    morph_s: float = 0.0
    values: dict[str, object] = {}
