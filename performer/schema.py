"""What a patch file and a controller profile may say: TOML, version 1."""

from typing import Literal

import msgspec

from performer.parameter import Curve
from performer.relative import Relative

VERSION = 1
STARTER = "starter"

TakeoverKind = Literal["none", "pickup", "scale"]
Shape = Literal["sine", "triangle", "saw", "square", "noise"]


class Binding(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A control that moves a parameter; what is absent follows the parameter's row.

    `range` is in the parameter's unit and may run backwards. `channel` None means any; `port` is
    a part of the port's name in any case. `relative` is an endless encoder's encoding; a button
    that is `latching` keeps its own state and tells each change of it.
    """

    source: str
    parameter: str
    channel: int | None = None
    port: str | None = None
    range: tuple[float, float] | None = None
    curve: Curve | None = None
    takeover: TakeoverKind | None = None
    slew_s: float | None = None
    relative: Relative | None = None
    latching: bool | None = None


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
    """A whole patch; `model` is `starter` or a .safetensors file relative to the patch's."""

    name: str
    about: str
    model: str
    start: dict[str, float]
    bindings: tuple[Binding, ...]
    modulators: tuple[Modulator, ...]
    scenes: dict[str, Scene]


class Feedback(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a group of a device's controls shows its parameters: LEDs, rings, motor faders.

    What is sent is the control's own message: its number plus `shift`, on `channel` (else its
    binding's, else 1), with the value `low` for off or the lowest and `high` for on or the
    highest.
    """

    low: int = 0
    high: int = 127
    shift: int = 0
    channel: int | None = None


class Controller(msgspec.Struct, frozen=True):
    """The profile of a MIDI device, known by `match`: parts of its port's name in any case.

    `controls` gives each control's name its source. `knobs` are the names of its dials in order:
    those that nothing else binds take the model's directions. `feedback` is by the group of
    controls: `knob` means knob_1, knob_2 and so on.
    """

    name: str
    match: tuple[str, ...]
    bindings: tuple[Binding, ...]
    controls: dict[str, str] = {}
    knobs: tuple[str, ...] = ()
    feedback: dict[str, Feedback] = {}


class PatchHead(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The plain keys at the top of a patch file."""

    version: int
    name: str
    about: str = ""
    model: str = STARTER


class ControllerHead(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The plain keys at the top of a controller profile."""

    version: int
    name: str
    match: tuple[str, ...]
    knobs: tuple[str, ...] = ()


class SceneHead(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A scene as written, before its values are checked."""

    name: str = ""
    morph_s: float = 0.0
    values: dict[str, object] = {}
