"""The training recipe: what is not asked for follows from the canvas, device and images."""

from typing import Any

import msgspec
import torch

from models.augment import AUGMENTATIONS
from models.canvas import Canvas
from models.device import bfloat16_is_faster, describe
from models.losses import LOSSES
from models.networks import Widths
from models.trainer import Recipe, TrainingError

LIGHT = Widths(channel_base=1024, channel_max=128, z_dim=128, w_dim=128, mapping_layers=4)
FULL = Widths(channel_base=16384, channel_max=512, z_dim=512, w_dim=512, mapping_layers=8)
FEW_IMAGES, MANY_IMAGES = 500, 3000
R1_GAMMA_MINIMUM, LIGHT_R1_GAMMA = 0.01, 0.04


def new_recipe(canvas: Canvas, device: torch.device, count: int, asked: dict[str, Any]) -> Recipe:
    """The recipe for `count` images; `asked` holds fields of Recipe and Widths, and wins."""
    _check_name("loss", asked, list(LOSSES))
    _check_name("augment", asked, list(AUGMENTATIONS))
    light = device.type == "cpu"
    # On a CPU images are dear: smaller batches make more steps of them.
    batch = asked.get("batch", 8 if light else 16)
    scarce = 5.0 if count < FEW_IMAGES else 1.0
    gamma = 0.0002 * canvas.height_px * canvas.width_px / batch
    if light:
        # A narrow discriminator under the usual penalty of a large canvas learns nothing.
        gamma = min(gamma, LIGHT_R1_GAMMA)
    sizes = {name: asked.pop(name) for name in ("channel_base", "channel_max") if name in asked}
    chosen = {
        "augment": augment_for(count),
        "batch": batch,
        "r1_gamma": max(gamma, R1_GAMMA_MINIMUM) * scarce,
        "bfloat16": bfloat16_is_faster(device),
    }
    widths = msgspec.structs.replace(LIGHT if light else FULL, **sizes)
    recipe = Recipe(canvas, widths, **(chosen | asked))
    unused = sorted(asked.keys() & {"ada_target", "ada_kimg"})
    if unused and recipe.augment != "ada":
        raise TrainingError(f"{_option(unused[0])} has no effect without --augment ada")
    return recipe


def augment_for(count: int) -> str:
    """The augmentation for `count` images: ADA needs some hundreds to find its strength."""
    if count < FEW_IMAGES:
        return "diffaugment"
    return "ada" if count < MANY_IMAGES else "none"


def _check_name(field: str, asked: dict[str, Any], allowed: list[str]) -> None:
    if field in asked and asked[field] not in allowed:
        names = f"{', '.join(allowed[:-1])} or {allowed[-1]}"
        raise TrainingError(f'{_option(field)} "{asked[field]}" is unknown; use {names}')


def _option(field: str) -> str:
    return "--" + field.replace("_", "-")


def resumed_recipe(saved: Recipe, asked: dict[str, Any]) -> Recipe:
    """The saved recipe; only the learning rate may be asked to change on the way."""
    fixed = sorted(asked.keys() - {"learning_rate"})
    if fixed:
        raise TrainingError(
            f"{_option(fixed[0])} cannot change on --resume; leave it out or start a new run"
        )
    return msgspec.structs.replace(saved, **asked)


def summary(recipe: Recipe, count: int, device: torch.device) -> str:
    """The recipe in a line or two."""
    return (
        f"{count} images on {recipe.canvas}; {describe(device)}, "
        f"{'bfloat16' if recipe.bfloat16 else 'float32'}; loss {recipe.loss}, "
        f"batch {recipe.batch}, learning rate {recipe.learning_rate:g}, "
        f"R1 {recipe.r1_gamma:.3g}, path length {recipe.path_length_weight:g}, "
        f"augmentation {recipe.augment}, "
        f"mirror {'on' if recipe.mirror else 'off'}, noise {'on' if recipe.noise else 'off'}, "
        f"seed {recipe.seed}"
    )
