"""The patch file: reading one, or a controller profile, every value checked before the show."""

from collections.abc import Iterable
from pathlib import Path

from performer.checks import (
    check_model,
    check_version,
    read_bindings,
    read_controls,
    read_cues,
    read_effects,
    read_feedback,
    read_knobs,
    read_models,
    read_priority,
    read_scenes,
    read_values,
    read_xy,
)
from performer.modulator_checks import read_modulators
from performer.schema import (
    STARTER,
    Binding,
    Controller,
    ControllerHead,
    Modulator,
    Patch,
    PatchHead,
    Scene,
)
from performer.toml_files import Document, PatchError, read_text

__all__ = [
    "Binding",
    "Controller",
    "Modulator",
    "Patch",
    "PatchError",
    "Scene",
    "load_controller",
    "load_patch",
    "match_controller",
    "model_path",
    "parse_controller",
    "parse_patch",
    "path_of",
]

TABLES = ("start", "bindings", "modulators", "scenes", "cues", "xy", "models", "priority")


def load_patch(path: Path) -> Patch:
    """Read a patch file; raises PatchError."""
    return parse_patch(read_text(path), path)


def parse_patch(text: str, path: Path) -> Patch:
    """Read a patch's text; `path` names it in errors. Raises PatchError."""
    doc = Document(text, path)
    check_version(doc)
    head = doc.head(PatchHead, TABLES)
    check_model(doc, "model", head.model)
    if head.deck_b:
        check_model(doc, "deck_b", head.deck_b)
    scenes = read_scenes(doc)
    return Patch(
        name=head.name,
        about=head.about,
        model=head.model,
        start=read_values(doc, "start", doc.table("start")),
        bindings=read_bindings(doc),
        modulators=read_modulators(doc),
        scenes=scenes,
        cues=read_cues(doc, scenes),
        xy=read_xy(doc, scenes),
        effects=read_effects(doc, head.effects),
        deck_b=head.deck_b,
        models=read_models(doc),
        priority=read_priority(doc),
    )


def model_path(patch: Patch, path: Path) -> Path | None:
    """The weights of the patch that was read from `path`; None means the starter model."""
    return path_of(patch.model, path)


def path_of(model: str, path: Path) -> Path | None:
    """A model that is called so in a patch that was read from `path`; None: the starter model."""
    return None if model == STARTER else path.parent / model


def load_controller(path: Path) -> Controller:
    """Read a controller profile; raises PatchError."""
    return parse_controller(read_text(path), path)


def parse_controller(text: str, path: Path) -> Controller:
    """Read a controller profile's text; `path` names it in errors. Raises PatchError."""
    doc = Document(text, path)
    check_version(doc)
    head = doc.head(ControllerHead, ("controls", "bindings", "feedback"))
    if not head.match or not all(head.match):
        doc.fail("match", "needs parts of the port's name")
    return Controller(
        name=head.name,
        match=head.match,
        bindings=read_bindings(doc, of_controller=True),
        controls=read_controls(doc),
        knobs=read_knobs(doc, head.knobs),
        feedback=read_feedback(doc),
    )


def match_controller(controllers: Iterable[Controller], port_name: str) -> Controller | None:
    """The profile for a port; of several that match, the one with the longest match."""
    port_name = port_name.lower()
    best: tuple[int, Controller | None] = (0, None)
    for controller in controllers:
        for part in controller.match:
            if part.lower() in port_name and len(part) > best[0]:
                best = (len(part), controller)
    return best[1]


def same_device(controllers: Iterable[Controller], port: str, other: str) -> bool:
    """Whether two ports, such as an input and an output, are of one known device."""
    controllers = tuple(controllers)
    device = match_controller(controllers, port)
    return device is not None and device is match_controller(controllers, other)
