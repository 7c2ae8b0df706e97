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
R1_GAMMA_MINIMUM = 0.01


def new_recipe(canvas: Canvas, device: torch.device, count: int, asked: dict[str, Any]) -> Recipe:
    """The recipe for `count` images; `asked` holds fields of Recipe and Widths, and wins."""
    for name, allowed in (("loss", LOSSES), ("augment", AUGMENTATIONS)):
        if asked.get(name, "none" if name == "augment" else "minimax") not in allowed:
            raise TrainingError(f'--{name} "{asked[name]}" is unknown; use {" or ".join(allowed)}')
    light = device.type == "cpu"
    # On a CPU images are dear: smaller batches make more steps of them.
    batch = asked.get("batch", 8 if light else 16)
    scarce = 5.0 if count < FEW_IMAGES else 1.0
    gamma = 0.0002 * canvas.height_px * canvas.width_px / batch * scarce
    sizes = {name: asked.pop(name) for name in ("channel_base", "channel_max") if name in asked}
    chosen = {
        "augment": "none" if count >= MANY_IMAGES else "diffaugment",
        "batch": batch,
        "r1_gamma": max(gamma, R1_GAMMA_MINIMUM),
        "bfloat16": bfloat16_is_faster(device),
    }
    widths = msgspec.structs.replace(LIGHT if light else FULL, **sizes)
    return Recipe(canvas, widths, **(chosen | asked))


def resumed_recipe(saved: Recipe, asked: dict[str, Any]) -> Recipe:
    """The saved recipe; only the learning rate may be asked to change on the way."""
    fixed = sorted(asked.keys() - {"learning_rate"})
    if fixed:
        option = "--" + fixed[0].replace("_", "-")
        raise TrainingError(f"{option} cannot change on --resume; leave it out or start a new run")
    return msgspec.structs.replace(saved, **asked)


def summary(recipe: Recipe, count: int, device: torch.device) -> str:
    """The recipe in a line or two."""
    return (
        f"{count} images on {recipe.canvas}; {describe(device)}, "
        f"{'bfloat16' if recipe.bfloat16 else 'float32'}; loss {recipe.loss}, "
        f"batch {recipe.batch}, learning rate {recipe.learning_rate:g}, "
        f"R1 {recipe.r1_gamma:.3g}, augmentation {recipe.augment}, "
        f"mirror {'on' if recipe.mirror else 'off'}, noise {'on' if recipe.noise else 'off'}, "
        f"seed {recipe.seed}"
    )
