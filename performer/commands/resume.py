"""Options on `--resume`: those that were given before go on, a changed one names both values."""

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from models.ancestor import read_ancestor
from models.canvas import parse_size
from models.checkpoint import Lineage, sha256_of
from models.division import TrainingError
from models.recipe import Recipe
from models.saves import Save, StartOptions
from performer.commands.recipe import option_of

# What a run has of each option that cannot change on the way, in the option's own terms.
FIXED: dict[str, Callable[[Save], object]] = {
    "size": lambda save: str(save.recipe.canvas),
    "fit": lambda save: save.images.fit,
    "frames": lambda save: save.images.frames,
    "seed": lambda save: save.recipe.seed,
    "loss": lambda save: save.recipe.loss,
    "augment": lambda save: save.recipe.augment,
    "ada_target": lambda save: save.recipe.ada_target,
    "ada_kimg": lambda save: save.recipe.ada_kimg,
    "batch": lambda save: save.recipe.batch,
    "r1_gamma": lambda save: save.recipe.stages[-1].r1_gamma,
    "stages": lambda save: len(save.recipe.stages),
    "frozen_layers": lambda save: save.recipe.frozen_layers,
    "path_length_weight": lambda save: save.recipe.path_length_weight,
    "channel_base": lambda save: save.recipe.widths.channel_base,
    "channel_max": lambda save: save.recipe.widths.channel_max,
    "mirror": lambda save: save.recipe.mirror,
    "noise": lambda save: save.recipe.stages[-1].noise,
    "precision": lambda save: save.recipe.precision,
}
# What an option comes to, where that is not what was written.
RESOLVED: dict[str, Callable[[Any, Save], object]] = {
    "size": lambda text, save: str(parse_size(text)),
    "stages": lambda number, save: min(number, save.recipe.canvas.doublings),
}
CHANGEABLE = {"learning_rate"}
WORDS = {True: "on", False: "off"}


def resumed_recipe(save: Save, asked: Mapping[str, Any]) -> Recipe:
    """The recipe to go on with; `asked` are the options that were given, by their field's name.

    Raises `TrainingError` where one of them would change what the run is.
    """
    changed = []
    for name, value in asked.items():
        if name in CHANGEABLE:
            continue
        before = FIXED[name](save)
        now = RESOLVED[name](value, save) if name in RESOLVED else value
        if not _is_same(before, now):
            changed.append((option_of(name), _words(before), _words(now)))
    if changed:
        raise refusal(changed)
    changes = {name: asked[name] for name in CHANGEABLE & asked.keys()}
    return msgspec.structs.replace(save.recipe, **changes)


def refusal(changed: list[tuple[str, str, str]]) -> TrainingError:
    """The error for options (name, value of the run, value asked for) that cannot change."""
    named = "; ".join(
        f"{option} cannot change on --resume: the run has {before}, asked for is {now}"
        for option, before, now in changed
    )
    out = "them" if len(changed) > 1 else "it"
    return TrainingError(f"{named}; leave {out} out to go on, or start a new run in another --out")


def start_options(start_from: Path | None, grow: Path | None) -> StartOptions:
    """What to keep of the options by which a run starts from another model."""
    path = start_from or grow
    return StartOptions(
        start_from=str(start_from.resolve()) if start_from else "",
        grow=str(grow.resolve()) if grow else "",
        sha256=sha256_of(path) if path and path.is_file() else "",
    )


def check_start(save: Save, start_from: Path | None, grow: Path | None) -> None:
    """Raises `TrainingError` if a run did not start from the model that --from or --grow names.

    The same path is the same model, whatever became of it since; so is a copy of its file.
    """
    option, path = ("--from", start_from) if start_from else ("--grow", grow)
    if path is None:
        return
    if save.start is None:
        _check_lineage(save.recipe, option, path)
        return
    before = {"--from": save.start.start_from, "--grow": save.start.grow}
    sha256 = save.start.sha256
    is_copy = bool(before[option] and sha256) and path.is_file() and sha256_of(path) == sha256
    if before[option] != str(path.resolve()) and not is_copy:
        given = (f"{name} {value}" for name, value in before.items() if value)
        raise refusal([(option, next(given, "no model to start from"), f"{option} {path}")])


def _check_lineage(recipe: Recipe, option: str, path: Path) -> None:
    """As `check_start`, for runs that were saved before they kept what they started from."""
    if not recipe.starts_trained:
        raise refusal([(option, "no model to start from", f"{option} {path}")])
    ancestor = read_ancestor(path)
    before = _model_words(recipe.before_kimg, recipe.before)
    now = _model_words(ancestor.kimg, ancestor.lineage)
    if (recipe.before_kimg, recipe.before) != (ancestor.kimg, ancestor.lineage):
        raise refusal([(option, before, f"{path}, {now}")])


def _model_words(kimg: float, lineage: Lineage) -> str:
    images = ", then ".join(f"{each.count} ({each.fingerprint[:8]})" for each in lineage.images)
    return f"a model of {kimg:g} kimg on {images or 'unknown'} images"


def _is_same(before: object, now: object) -> bool:
    if isinstance(before, float) and isinstance(now, int | float):
        return math.isclose(before, now, rel_tol=1e-9)
    return before == now


def _words(value: object) -> str:
    """A value as it is told: a switch is on or off."""
    return WORDS[value] if isinstance(value, bool) else str(value)
