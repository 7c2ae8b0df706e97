"""The training recipe: what is not asked for follows from the canvas, device, images and time."""

from collections.abc import Sequence
from typing import Any

import msgspec
import torch

from models.ancestor import Ancestor
from models.augment import AUGMENTATIONS
from models.canvas import Canvas
from models.checkpoint import Lineage
from models.device import DTYPES, best_precision, describe
from models.division import TrainingError
from models.losses import LOSSES
from models.networks import Widths
from models.nvidia import unused_card
from models.recipe import Recipe, Stage

LIGHT = Widths(channel_base=1024, channel_max=128, z_dim=128, w_dim=128, mapping_layers=4)
FULL = Widths(channel_base=16384, channel_max=512, z_dim=512, w_dim=512, mapping_layers=8)
LIGHT_KIMG, FULL_KIMG = 120.0, 1000.0
FEW_IMAGES, MANY_IMAGES = 500, 3000
FIRST_AREA_LIGHT_PX, FIRST_AREA_FULL_PX = 64 * 64, 256 * 256
SHARES = {1: (1.0,), 2: (0.5, 0.5), 3: (0.4, 0.25, 0.35)}
FROZEN_LAYERS, FREE_BLOCKS, BLOCK_LAYERS = 10, 3, 3
R1_GAMMA_MINIMUM = 0.01
ADA_KIMG_BOUNDS, ADA_SHARE = (5.0, 100.0), 0.1


def new_recipe(
    canvas: Canvas,
    device: torch.device,
    count: int,
    asked: dict[str, Any],
    *,
    kimg: float | None = None,
    ancestor: Ancestor | None = None,
) -> Recipe:
    """The recipe for `count` images and `kimg` of training; what is `asked` for wins.

    `asked` holds fields of Recipe and Widths, `r1_gamma`, `noise` and the number of `stages`.
    """
    asked = dict(asked)
    _check_name("loss", asked, list(LOSSES))
    _check_name("augment", asked, list(AUGMENTATIONS))
    _check_name("precision", asked, [*DTYPES])
    light = device.type == "cpu"
    kimg = kimg or default_kimg(device)
    widths = _widths(asked, LIGHT if light else FULL, ancestor)
    # On a CPU images are dear: smaller batches make more steps of them.
    batch = asked.pop("batch", 8 if light else 16)
    stages = _stages(canvas, count, asked, light=light, batch=batch, kimg=kimg, ancestor=ancestor)
    low, high = ADA_KIMG_BOUNDS
    chosen: dict[str, Any] = {
        "augment": augment_for(count, device),
        "ada_kimg": min(max(kimg * ADA_SHARE, low), high),
        "precision": best_precision(device),
        "starts_trained": ancestor is not None,
        "before_kimg": ancestor.kimg if ancestor else 0.0,
        "before": ancestor.lineage if ancestor else Lineage(),
    }
    recipe = Recipe(canvas, widths, stages, batch=batch, **(chosen | asked))
    most = 1 + BLOCK_LAYERS * canvas.doublings
    if recipe.frozen_layers > most:
        raise TrainingError(
            f"--frozen-layers is at most {most} for {canvas}, not {recipe.frozen_layers}"
        )
    unused = sorted(asked.keys() & {"ada_target", "ada_kimg"})
    if unused and recipe.augment != "ada":
        raise TrainingError(f"{option_of(unused[0])} has no effect without --augment ada")
    return recipe


def frozen_for(canvas: Canvas) -> int:
    """How many of its layers a discriminator that saw other images keeps (arXiv 2002.10964).

    The paper's number, unless too little would be left to learn: the coarsest blocks do.
    """
    blocks = canvas.doublings - FREE_BLOCKS
    return min(1 + BLOCK_LAYERS * blocks, FROZEN_LAYERS) if blocks > 0 else 0


def default_kimg(device: torch.device) -> float:
    """Thousands of images when no goal is given: what such a device does in an evening."""
    return LIGHT_KIMG if device.type == "cpu" else FULL_KIMG


def augment_for(count: int, device: torch.device) -> str:
    """The augmentation for `count` images: ADA needs some hundreds to find its strength.

    On Apple's GPUs it was never tried; its sampling may not be differentiable there.
    """
    if count < FEW_IMAGES or (count < MANY_IMAGES and device.type == "mps"):
        return "diffaugment"
    return "ada" if count < MANY_IMAGES else "none"


def gamma_for(area_px: int, count: int, batch: int, *, light: bool) -> float:
    """The weight of R1: more for more pixels, of which a narrow discriminator bears less.

    The first is arXiv 2006.06676, appendix C; the second was found by training at 64x36 to
    256x144, where the paper's weights kept a narrow discriminator from learning anything.
    """
    scarce = count < FEW_IMAGES
    if light:
        return 0.1 * float((64 * 36 / area_px) ** (2 / 3)) * (2.0 if scarce else 1.0)
    return max(0.0002 * area_px / batch, R1_GAMMA_MINIMUM) * (5.0 if scarce else 1.0)


def for_hours(recipe: Recipe, images_per_s: Sequence[float], hours: float) -> Recipe:
    """The recipe whose stages share the hours, given how fast each of them is."""
    shares = _shares(len(recipe.stages))
    stages = tuple(
        msgspec.structs.replace(stage, kimg=round(share * hours * 3.6 * rate, 3))
        for stage, share, rate in zip(recipe.stages, shares, images_per_s, strict=True)
    )
    return msgspec.structs.replace(recipe, stages=stages)


def summary(recipe: Recipe, count: int, device: torch.device) -> list[str]:
    """The recipe in a few lines."""
    frozen = f", {recipe.frozen_layers} layers of D frozen" if recipe.frozen_layers else ""
    lines = [
        f"{count} images on {recipe.canvas}; {describe(device)}, {recipe.precision}; "
        f"widths {recipe.widths.channel_base}/{recipe.widths.channel_max}",
        f"loss {recipe.loss}, batch {recipe.batch}, learning rate {recipe.learning_rate:g}, "
        f"path length {recipe.path_length_weight:g}, augmentation {recipe.augment}, "
        f"mirror {'on' if recipe.mirror else 'off'}, seed {recipe.seed}{frozen}",
        *filter(None, (unused_card(),)),
    ]
    for index, stage in enumerate(recipe.stages):
        last = index == len(recipe.stages) - 1
        length = "to the end" if last else f"for {stage.kimg:.1f} kimg"
        noise = "" if stage.noise else ", without noise"
        lines.append(f"{recipe.canvas_at(index)} {length}: R1 {stage.r1_gamma:.3g}{noise}")
    return lines


def _stages(
    canvas: Canvas,
    count: int,
    asked: dict[str, Any],
    *,
    light: bool,
    batch: int,
    kimg: float,
    ancestor: Ancestor | None,
) -> tuple[Stage, ...]:
    """Small canvases first, each doubled into the next: that is where most of the learning is."""
    number = asked.pop("stages", None)
    first = ancestor.canvas.doublings if ancestor else _first_doublings(canvas, light=light)
    if number is not None:
        first = max(canvas.doublings - number + 1, 1)
    levels = range(first, canvas.doublings + 1)
    gamma, noise = asked.pop("r1_gamma", None), asked.pop("noise", None)
    usual_noise = ancestor.has_noise if ancestor else not light
    areas = [(canvas.base_h << level) * (canvas.base_w << level) for level in levels]
    gammas = [gamma_for(area, count, batch, light=light) for area in areas]
    stages = []
    for index, (level, share) in enumerate(zip(levels, _shares(len(levels)), strict=True)):
        last = index == len(levels) - 1
        noisy = usual_noise if noise is None else noise
        stages.append(
            Stage(
                doublings=level,
                kimg=round(kimg * share, 3),
                r1_gamma=gammas[index] if gamma is None else gamma * gammas[index] / gammas[-1],
                # A young and narrow generator draws with grain instead of with w.
                noise=noisy and (last or usual_noise),
            )
        )
    return tuple(stages)


def _first_doublings(canvas: Canvas, *, light: bool) -> int:
    """The level to begin with: the largest that is quickly learnt, or the canvas."""
    area = FIRST_AREA_LIGHT_PX if light else FIRST_AREA_FULL_PX
    levels = [
        level
        for level in canvas.levels[1:]
        if (canvas.base_h << level) * (canvas.base_w << level) <= area
    ]
    return max(levels, default=1)


def _shares(count: int) -> tuple[float, ...]:
    """How stages share the time: most at the smallest and at the largest canvas."""
    if count in SHARES:
        return SHARES[count]
    return (0.4, *[0.25 / (count - 2)] * (count - 2), 0.35)


def _widths(asked: dict[str, Any], usual: Widths, ancestor: Ancestor | None) -> Widths:
    sizes = {name: asked.pop(name) for name in ("channel_base", "channel_max") if name in asked}
    widths = msgspec.structs.replace(ancestor.widths if ancestor else usual, **sizes)
    if ancestor and widths != ancestor.widths:
        raise TrainingError(
            f"{ancestor.path}: what starts from it is as wide as it is, "
            f"{ancestor.widths.channel_base}/{ancestor.widths.channel_max}; "
            "leave --channel-base and --channel-max out"
        )
    return widths


def _check_name(field: str, asked: dict[str, Any], allowed: list[str]) -> None:
    if field in asked and asked[field] not in allowed:
        names = f"{', '.join(allowed[:-1])} or {allowed[-1]}"
        raise TrainingError(f'{option_of(field)} "{asked[field]}" is unknown; use {names}')


def option_of(field: str) -> str:
    """The option that a field of the recipe is asked for by."""
    return "--" + field.replace("_", "-")
