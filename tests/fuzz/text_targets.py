"""What a person writes: patches, profiles, outputs, expressions, hours; and edits of patches."""

import math
import os.path
from collections.abc import Sequence
from pathlib import Path

from target import Target, folder, performance, play, texts

from performer.events import Event, OscEvent
from performer.expressions import Expression, ExpressionError
from performer.opening_hours import HoursError, parse_hours
from performer.outputs.layout import parse_outputs
from performer.patch import parse_controller, parse_patch
from performer.patch_edit import Edit, with_edits
from performer.patch_file import PatchFile
from performer.paths import CONTROLLERS, PATCHES
from performer.schema import Binding, Scene
from performer.toml_files import PatchError

PATCH = Path("a.toml")
LEARNT = Binding(source="cc 99", parameter="psi")
STORED = Scene(name="x", values={"psi": 0.25, "hue": 8.0}, morph_s=1.0)
OUTPUTS = b'version = 1\n[[outputs]]\nname = "a"\ncrop = [0, 0, 0.6, 1]\nblend = {left=0.1}'


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _patch(data: bytes) -> None:
    patch = parse_patch(_text(data), PATCH)
    events: list[Event] = [OscEvent(1.0, f"/{name}", (1.0,)) for name in ("scene/1", "cue/go")]
    play(performance(patch), events, 4)


def _patch_edit(data: bytes) -> None:
    """Learn adds, changes and frees a binding: each edit changes one place and nothing else."""
    text = _text(data)
    bindings = parse_patch(text, PATCH).bindings
    _one_place(text, with_edits(text, PATCH, [Edit(None, LEARNT)]))
    if bindings:
        _changed(text, bindings)


def _changed(text: str, bindings: Sequence[Binding]) -> None:
    first = bindings[0]
    if LEARNT not in bindings:
        _one_place(text, with_edits(text, PATCH, [Edit(None, LEARNT), Edit(LEARNT, None)]))
    with_edits(text, PATCH, [Edit(first, LEARNT)])
    freed = with_edits(text, PATCH, [Edit(first, None)])
    if _same_ends(text, freed) < len(freed.rstrip()):
        raise AssertionError("something else was changed")


def _one_place(text: str, edited: str) -> None:
    if _same_ends(text, edited) < len(text.rstrip()):
        raise AssertionError("something was lost")


def _same_ends(one: str, other: str) -> int:
    """How many characters two texts share at their beginning and at their end."""
    begin = len(os.path.commonprefix([one, other]))
    one, other = one[begin:], other[begin:]
    return begin + len(os.path.commonprefix([one[::-1], other[::-1]]))


def _scene_store(data: bytes) -> None:
    """A scene is stored in the patch's file, which is a patch again with all its remarks."""
    text = _text(data)
    path = folder() / "stored.toml"
    path.write_bytes(text.encode())
    PatchFile(path).store_scene("9", STORED)
    written = path.read_bytes().decode()
    remarks = [line for line in text.splitlines() if line.startswith("# ")]
    if any(remark not in written for remark in remarks):
        raise AssertionError("a remark was lost")


def _expression(data: bytes) -> None:
    expression = Expression(_text(data))
    value = expression({name: (0.3, 1e9, -180.0)[len(name) % 3] for name in expression.names})
    if not math.isfinite(value):
        raise AssertionError("it is no number")


TOML = (PatchError,)
EXPRESSIONS = [b"mix(psi, turn(beat), 0.5) + max(bar, 1) * (hue > 1)", b"-psi % 2 / (beat - 7.5)"]

TARGETS: dict[str, Target] = {
    "patch": Target(_patch, TOML, texts(PATCHES)),
    "patch-edit": Target(_patch_edit, TOML, texts(PATCHES)),
    "scene-store": Target(_scene_store, TOML, texts(PATCHES)),
    "outputs": Target(lambda data: parse_outputs(_text(data), PATCH), TOML, lambda: [OUTPUTS]),
    "controller": Target(
        lambda data: parse_controller(_text(data), PATCH), TOML, texts(CONTROLLERS)
    ),
    "expression": Target(_expression, (ExpressionError,), lambda: EXPRESSIONS),
    "hours": Target(
        lambda data: parse_hours(_text(data)),
        (HoursError,),
        lambda: [b"Mon-Fri 10:00-18:00, Sat 12:00-20:00"],
    ),
}
