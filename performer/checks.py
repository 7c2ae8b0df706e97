"""Checks of a patch's entries against the parameter table, each error with its line."""

from collections.abc import Mapping
from typing import cast

import msgspec

from performer.effects.order import ORDER
from performer.parameter import Parameter
from performer.parameters import BY_NAME, CUES, MODELS, SCENES
from performer.priorities import parse_operator
from performer.readings import placed
from performer.schema import (
    STARTER,
    VERSION,
    XY,
    Binding,
    Cue,
    CueHead,
    Feedback,
    Priority,
    Scene,
    SceneHead,
)
from performer.sources import Source, parse_source
from performer.toml_files import Document, join, meant

LONGEST_S = 3600.0
LONGEST_BEATS = 4096.0
LONGEST_WAIT_BEATS = 64.0
FARTHEST_WALK = 1e9
SCENE_KEYS = tuple(str(number) for number in range(1, SCENES + 1))
MODEL_KEYS = tuple(str(number) for number in range(1, MODELS + 1))
TAKEOVER_KINDS = ("cc", "cc14", "bend", "osc")


def check_version(doc: Document) -> None:
    """Fail, before all else, for a file that this program is too old to read."""
    version = doc.data.get("version", VERSION)
    if isinstance(version, int) and version > VERSION:
        doc.fail("version", f"this file needs a newer performer; this one reads version {VERSION}")
    if version != VERSION:
        doc.fail("version", f"must be {VERSION}")


def read_values(doc: Document, entry: str, table: Mapping[str, object]) -> dict[str, float]:
    """A table of parameter = value; `walk.speed` may be written quoted or as a dotted key."""
    values: dict[str, float] = {}
    for written, value in _flat(table):
        place = join(entry, written)
        name = placed(written, modulator_names(doc))
        parameter = find_parameter(doc, place, name)
        if parameter.kind == "trigger":
            doc.fail(place, "is a trigger and has no value")
        if name in values:
            doc.fail(place, "is written twice")
        if not isinstance(value, int | float) or (
            isinstance(value, bool) and parameter.kind != "toggle"
        ):
            doc.fail(place, "must be a number")
        doc.check(place, value, parameter.minimum, parameter.maximum)
        if parameter.clamp(value) != value or (parameter.kind == "toggle" and value not in (0, 1)):
            doc.fail(place, f"{value:g} is not allowed; use a whole number")
        values[name] = float(value)
    return values


def read_bindings(doc: Document, *, of_controller: bool = False) -> tuple[Binding, ...]:
    """The [[bindings]]; a controller's may name its [controls] and has no port."""
    controls = read_controls(doc) if of_controller else {}
    bindings = []
    for i, raw in enumerate(doc.entries("bindings"), 1):
        entry = f"bindings[{i}]"
        binding = doc.convert(raw, Binding, entry)
        parameter = placed(binding.parameter, modulator_names(doc))
        binding = msgspec.structs.replace(binding, parameter=parameter)
        if of_controller and binding.port is not None:
            doc.fail(f"{entry}.port", "is the device's own; leave it out")
        if binding.source in controls:
            binding = msgspec.structs.replace(binding, source=controls[binding.source])
        _check_binding(doc, entry, binding)
        bindings.append(binding)
    return tuple(bindings)


def read_effects(doc: Document, names: tuple[str, ...]) -> tuple[str, ...]:
    """The order of effects, each named once."""
    for name in names:
        if name not in ORDER:
            doc.fail("effects", f'there is no effect "{name}"; {meant(name, ORDER)}')
        if names.count(name) > 1:
            doc.fail("effects", f"{name} is written twice")
    return names


def read_scenes(doc: Document) -> dict[str, Scene]:
    """The [scenes.N]."""
    scenes = {}
    for key, raw in doc.table("scenes").items():
        entry = f"scenes.{key}"
        if key not in SCENE_KEYS:
            doc.fail(entry, f"is not allowed; use scenes.1 to scenes.{SCENES}")
        head = doc.convert(raw, SceneHead, entry)
        _check_lengths(doc, entry, head, "morph")
        if head.walk is not None:
            doc.check(f"{entry}.walk", head.walk, 0.0, FARTHEST_WALK)
        values = read_values(doc, f"{entry}.values", head.values)
        scenes[key] = Scene(
            head.name, head.morph_s, values, head.morph_beats, head.whole, head.walk
        )
    return scenes


def read_models(doc: Document) -> dict[str, str]:
    """The [models] that triggers load, by their number."""
    models = {}
    for key, name in doc.table("models").items():
        entry = f"models.{key}"
        if key not in MODEL_KEYS:
            doc.fail(entry, f"is not allowed; use models.1 to models.{MODELS}")
        check_model(doc, entry, name)
        models[key] = str(name)
    return models


def check_model(doc: Document, entry: str, name: object) -> None:
    """Fail unless it can be a model's name."""
    if not isinstance(name, str) or (name != STARTER and not name.endswith(".safetensors")):
        doc.fail(entry, f'"{name}" is not allowed; use "starter" or a .safetensors file')


def read_cues(doc: Document, scenes: Mapping[str, Scene]) -> tuple[Cue, ...]:
    """The [[cues]], each of which names one of the patch's scenes, or has values."""
    cues = []
    for i, raw in enumerate(doc.entries("cues"), 1):
        entry = f"cues[{i}]"
        if i > CUES:
            doc.fail(entry, f"is one too many; a patch has at most {CUES} cues")
        head = doc.convert(raw, CueHead, entry)
        if not head.scene and not head.values:
            doc.fail(entry, "needs a scene or values")
        if head.scene:
            _check_scene(doc, f"{entry}.scene", head.scene, scenes)
        _check_lengths(doc, entry, head, "morph")
        _check_lengths(doc, entry, head, "follow")
        fields = msgspec.structs.asdict(head)
        fields["values"] = read_values(doc, f"{entry}.values", head.values)
        cues.append(Cue(**fields))
    return tuple(cues)


def read_xy(doc: Document, scenes: Mapping[str, Scene]) -> XY | None:
    """The [xy], if there is one."""
    if "xy" not in doc.data:
        return None
    xy = doc.convert(doc.table("xy"), XY, "xy")
    for key in xy.scenes:
        _check_scene(doc, "xy.scenes", key, scenes)
    return xy


def read_priority(doc: Document) -> Priority | None:
    """The [priority], if there is one."""
    if "priority" not in doc.data:
        return None
    priority = doc.convert(doc.table("priority"), Priority, "priority")
    doc.check("priority.hold_s", priority.hold_s, 0.0, LONGEST_S)
    try:
        operators = [parse_operator(words) for words in priority.order]
    except ValueError as error:
        doc.fail("priority.order", str(error))
    for operator, words in zip(operators, priority.order, strict=True):
        if operators.count(operator) > 1:
            doc.fail("priority.order", f"{words} is written twice")
    return priority


def _check_scene(doc: Document, entry: str, key: str, scenes: Mapping[str, Scene]) -> None:
    if key not in scenes:
        doc.fail(entry, f'the patch has no scene "{key}"; it has: {", ".join(scenes) or "none"}')


def _check_lengths(doc: Document, entry: str, head: SceneHead | CueHead, what: str) -> None:
    """The morph or follow-on in seconds or in beats, not both."""
    seconds, beats = getattr(head, f"{what}_s"), getattr(head, f"{what}_beats")
    doc.check(f"{entry}.{what}_s", seconds or 0.0, 0.0, LONGEST_S)
    doc.check(f"{entry}.{what}_beats", beats or 0.0, 0.0, LONGEST_BEATS)
    if seconds and beats:
        doc.fail(f"{entry}.{what}_beats", f"stands beside {what}_s; use one of them")


def read_controls(doc: Document) -> dict[str, str]:
    """A controller's [controls]: the name of each control and its source."""
    for name, words in doc.table("controls").items():
        if not isinstance(words, str):
            doc.fail(f"controls.{name}", "must be text")
        _source(doc, f"controls.{name}", words)
    return cast(dict[str, str], doc.table("controls"))


def read_knobs(doc: Document, knobs: tuple[str, ...]) -> tuple[str, ...]:
    """A controller's dials in order; each is one of its [controls]."""
    controls = read_controls(doc)
    for name in knobs:
        if name not in controls:
            doc.fail("knobs", f'there is no control "{name}"; {meant(name, controls)}')
        if not controls[name].startswith("cc"):
            doc.fail("knobs", f"{name} is {controls[name]}, which is no dial; use a cc")
    return knobs


def read_feedback(doc: Document) -> dict[str, Feedback]:
    """A controller's [feedback.GROUP]: how its groups of controls show their parameters."""
    controls = read_controls(doc)
    feedback = {}
    for group, raw in doc.table("feedback").items():
        entry = f"feedback.{group}"
        members = [name for name in controls if group_of(name) == group]
        if not members:
            doc.fail(entry, f"no control is of that group; {meant(group, map(group_of, controls))}")
        feedback[group] = told = doc.convert(raw, Feedback, entry)
        for field in ("low", "high"):
            doc.check(f"{entry}.{field}", getattr(told, field), 0, 127)
        if told.channel is not None:
            doc.check(f"{entry}.channel", told.channel, 1, 16)
        for name in members:
            source = parse_source(controls[name])
            if source.kind not in ("cc", "note"):
                doc.fail(entry, f"{name} is {controls[name]}, which shows nothing; use cc or note")
            doc.check(f"{entry}.shift", (source.number or 0) + told.shift, 0, 127)
    return feedback


def group_of(control: str) -> str:
    """The group of a control: its name without its number."""
    return control.rstrip("0123456789").rstrip("_")


def _source(doc: Document, entry: str, words: str) -> Source:
    try:
        return parse_source(words)
    except ValueError as error:
        doc.fail(entry, str(error))


def find_parameter(doc: Document, entry: str, name: str) -> Parameter:
    """The row of a name; fails where there is none."""
    if name not in BY_NAME:
        doc.fail(entry, f'there is no parameter "{name}"; {_nearest(name)}')
    return BY_NAME[name]


def _nearest(name: str) -> str:
    """The nearest name; for a wild one, the groups, as all names would fill the screen."""
    question = meant(name, BY_NAME)
    if question.startswith("did"):
        return question
    return meant(name, dict.fromkeys(parameter.group for parameter in BY_NAME.values()))


def _check_binding(doc: Document, entry: str, binding: Binding) -> None:
    source = _source(doc, f"{entry}.source", binding.source)
    parameter = find_parameter(doc, f"{entry}.parameter", binding.parameter)
    if binding.channel is not None:
        doc.check(f"{entry}.channel", binding.channel, 1, 16)
    for field in ("channel", "port"):
        if getattr(binding, field) is not None and not source.is_midi:
            doc.fail(f"{entry}.{field}", f"{source.kind} has no {field}")
    for field in ("range", "curve", "takeover"):
        if getattr(binding, field) is not None and parameter.kind != "value":
            doc.fail(f"{entry}.{field}", f"{parameter.name} is a {parameter.kind}; leave it out")
    if binding.range is not None:
        _check_range(doc, f"{entry}.range", binding.range, parameter)
    if binding.takeover not in (None, "none") and source.kind not in TAKEOVER_KINDS:
        doc.fail(f"{entry}.takeover", f"{source.kind} has no position to take over; use none")
    _check_buttons_and_encoders(doc, entry, binding, source, parameter)
    if binding.slew_s is not None:
        if parameter.kind == "trigger" or parameter.step:
            doc.fail(f"{entry}.slew_s", f"{parameter.name} changes at once; leave it out")
        doc.check(f"{entry}.slew_s", binding.slew_s, 0.0, LONGEST_S)
    if binding.quantise is not None:
        if not parameter.quantised:
            doc.fail(f"{entry}.quantise", f"{parameter.name} does not wait; leave it out")
        doc.check(f"{entry}.quantise", binding.quantise, 0.0, LONGEST_WAIT_BEATS)


def _check_buttons_and_encoders(
    doc: Document, entry: str, binding: Binding, source: Source, parameter: Parameter
) -> None:
    if binding.latching is not None and source.kind not in ("note", "cc"):
        doc.fail(f"{entry}.latching", f"{source.kind} is no button; leave it out")
    if binding.relative is None:
        return
    if source.kind != "cc":
        doc.fail(f"{entry}.relative", f"{source.kind} is no endless encoder; leave it out")
    if parameter.kind != "value":
        doc.fail(f"{entry}.relative", f"{parameter.name} is a {parameter.kind}; leave it out")
    if binding.takeover is not None or binding.latching is not None:
        doc.fail(f"{entry}.relative", "needs no takeover and is never latching; leave those out")


def _check_range(
    doc: Document, entry: str, ends: tuple[float, float], parameter: Parameter
) -> None:
    for end in ends:
        doc.check(entry, end, parameter.minimum, parameter.maximum)
    if ends[0] == ends[1]:
        doc.fail(entry, "needs two different ends")


def modulator_names(doc: Document) -> list[str]:
    """The name of each of the [[modulators]] as written, "" where there is none."""
    raws = doc.entries("modulators")
    names = [raw.get("name") if isinstance(raw, dict) else "" for raw in raws]
    return [name if isinstance(name, str) else "" for name in names]


def _flat(table: Mapping[str, object], before: str = "") -> list[tuple[str, object]]:
    """The leaves of nested tables, each with its dotted name."""
    leaves: list[tuple[str, object]] = []
    for key, value in table.items():
        name = join(before, key)
        leaves.extend(_flat(value, name) if isinstance(value, dict) else [(name, value)])
    return leaves
