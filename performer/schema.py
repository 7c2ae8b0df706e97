"""What a patch file and a controller profile may say: TOML, version 1."""

from typing import Literal

import msgspec

from performer.parameter import Curve
from performer.relative import Relative

VERSION = 1
STARTER = "starter"

TakeoverKind = Literal["none", "pickup", "scale"]
MODULATOR_KINDS = {
    "shape": ("rate_hz", "beats", "phase", "seed"),
    "source": ("attack_s", "release_s", "gain", "threshold"),
    "trigger": ("attack_s", "hold_s", "decay_s"),
    "expression": (),
}
Shape = Literal["sine", "triangle", "saw", "square", "noise", "steps"]


class Binding(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A control that moves a parameter; what is absent follows the parameter's row.

    `range` is in the parameter's unit and may run backwards. `channel` None means any; `port` is
    a part of the port's name in any case. `quantise` is what a trigger waits for, in beats.
    `relative` is an endless encoder's encoding; a button that is `latching` keeps its own state
    and tells each change of it.
    """

    source: str
    parameter: str
    channel: int | None = None
    port: str | None = None
    range: tuple[float, float] | None = None
    curve: Curve | None = None
    takeover: TakeoverKind | None = None
    slew_s: float | None = None
    quantise: float | None = None
    relative: Relative | None = None
    latching: bool | None = None


class Modulator(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A motion added to a parameter: `depth`, a share -1..1 of its whole range, times an output.

    Exactly one of these makes the output. A `shape`, -1..1, has a `rate_hz` or a period in
    `beats`, by which its phase (0..1) is locked to the music; `noise` and `steps` have a `seed`.
    A `source`, 0..1, is followed with the time constants `attack_s` and `release_s`, what is over
    its `threshold` times a `gain`. A `trigger` starts an envelope, 0..1, that rises for
    `attack_s`, stays for `hold_s` and falls for `decay_s`. An `expression` is clamped to -1..1.
    """

    parameter: str
    depth: float
    name: str = ""
    shape: Shape | None = None
    rate_hz: float | None = None
    beats: float | None = None
    phase: float = 0.0
    seed: int = 0
    source: str = ""
    release_s: float = 0.2
    gain: float = 1.0
    threshold: float = 0.0
    trigger: str = ""
    attack_s: float = 0.01
    hold_s: float = 0.0
    decay_s: float = 0.3
    expression: str = ""

    @property
    def kind(self) -> str:
        """Which of `MODULATOR_KINDS` it is."""
        return next(kind for kind in MODULATOR_KINDS if getattr(self, kind))


class Scene(msgspec.Struct, frozen=True):
    """Values to which the instrument morphs over `morph_s` seconds, or `morph_beats` beats.

    A `whole` scene is a whole look: what it does not name goes to its default. `walk` is where
    the wander then stands, in steps; None leaves it where it is.
    """

    name: str = ""
    morph_s: float = 0.0
    values: dict[str, float] = {}
    morph_beats: float = 0.0
    whole: bool = False
    walk: float | None = None


class Cue(msgspec.Struct, frozen=True):
    """A step of the show: to a scene, by its key, with `values` on top of it.

    The morph is the scene's where the cue has none of its own. The next cue follows by itself
    `follow_s` seconds or `follow_beats` beats after this one went out, where one is not 0.
    """

    name: str = ""
    scene: str = ""
    values: dict[str, float] = {}
    morph_s: float | None = None
    morph_beats: float | None = None
    follow_s: float = 0.0
    follow_beats: float = 0.0


class XY(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The scenes at the corners of the XY pad: bottom left, bottom right, top left, top right."""

    scenes: tuple[str, str, str, str]


class Priority(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose hand comes first: `midi:nano`, `osc:192.168.1.7`, `page`... the first before the next.

    For `hold_s` after its touch a parameter obeys nobody who comes later.
    """

    order: tuple[str, ...]
    hold_s: float = 3.0


class Patch(msgspec.Struct, frozen=True):
    """A whole patch; `model` is `starter` or a .safetensors file relative to the patch's.

    So is `deck_b`, which may be "" for none, and each of the `models`, by its key.
    `effects` are those that come before the others, in that order.
    """

    name: str
    about: str
    model: str
    start: dict[str, float]
    bindings: tuple[Binding, ...]
    modulators: tuple[Modulator, ...]
    scenes: dict[str, Scene]
    cues: tuple[Cue, ...] = ()
    xy: XY | None = None
    effects: tuple[str, ...] = ()
    deck_b: str = ""
    models: dict[str, str] = {}
    priority: Priority | None = None


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
    effects: tuple[str, ...] = ()
    deck_b: str = ""


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
    morph_beats: float = 0.0
    whole: bool = False
    walk: float | None = None


class CueHead(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A cue as written, before its values are checked."""

    name: str = ""
    scene: str = ""
    values: dict[str, object] = {}
    morph_s: float | None = None
    morph_beats: float | None = None
    follow_s: float = 0.0
    follow_beats: float = 0.0
