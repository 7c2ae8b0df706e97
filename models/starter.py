"""How the starter model is made: painted images, and stages that grow. Run it to make it again.

    python -m models.starter FOLDER

The shipped model went through these stages with detours that are spared here: its first 41 kimg,
at 64x36 with batches of 32 and noise, taught little, and 15 kimg went by under too strong an R1.
Small batches make the many steps that a machine without a GPU cannot afford otherwise. Noise
inputs stay off until the last stage, or a young generator draws with grain instead of with w. R1
is weaker the more pixels there are, or the discriminator learns nothing.
"""

import os
import sys
from pathlib import Path

import msgspec
import torch

from models.canvas import parse_size
from models.checkpoint import Images
from models.dataset import load_folder
from models.device import bfloat16_is_faster, keep_memory, pick_device
from models.networks import Widths
from models.painting import paint_folder
from models.run import Progress, Run, grow_from, load_state
from models.trainer import Recipe, Trainer

COUNT, SEED, HEIGHT_PX, WIDTH_PX = 4800, 1, 288, 512
LICENCE, SOURCE = "MIT", f"performer paint --count {COUNT} --size 512x288 --seed {SEED}"
BATCH = 8
WIDTHS = Widths(channel_base=1024, channel_max=128, z_dim=128, w_dim=128, mapping_layers=4)


class Stage(msgspec.Struct, frozen=True):
    """One run: its canvas and goal, and what differs between them."""

    size: str
    kimg: float
    r1_gamma: float
    noise: bool = False


STAGES = (
    Stage("64x36", kimg=60, r1_gamma=0.1),
    Stage("128x72", kimg=30, r1_gamma=0.04),
    Stage("256x144", kimg=18, r1_gamma=0.015),
    Stage("256x144", kimg=8, r1_gamma=0.012, noise=True),
)


def make(folder: Path) -> Path:
    """Paint, then train every stage; what is there goes on. Returns the last stage's model."""
    device = pick_device("auto")
    keep_memory()
    images = folder / "painted"
    print(f"painting {COUNT} images into {images}", flush=True)
    paint_folder(
        images,
        count=COUNT,
        height_px=HEIGHT_PX,
        width_px=WIDTH_PX,
        seed=SEED,
        workers=os.cpu_count() or 1,
    )
    before: Path | None = None
    for number, stage in enumerate(STAGES):
        run = folder / f"{number}-{stage.size}"
        print(f"\n{run}", flush=True)
        train(stage, images, run, before, device)
        before = run
    return run / "model.safetensors"


def train(
    stage: Stage, images: Path, folder: Path, before: Path | None, device: torch.device
) -> None:
    """One stage, from where it was stopped or from the state of the one before."""
    canvas = parse_size(stage.size)
    dataset = load_folder(images, canvas)
    recipe = Recipe(
        canvas,
        WIDTHS,
        seed=SEED,
        augment="none",
        mirror=True,
        batch=BATCH,
        r1_gamma=stage.r1_gamma,
        noise=stage.noise,
        bfloat16=bfloat16_is_faster(device),
    )
    if (folder / "state.safetensors").exists():
        recipe, _, tensors = load_state(folder)
        trainer = Trainer(recipe, dataset.images, device)
        trainer.restore(tensors)
    elif before is None:
        trainer = Trainer(recipe, dataset.images, device)
    else:
        recipe, tensors = grow_from(before, recipe)
        trainer = Trainer(recipe, dataset.images, device)
        trainer.graft(tensors)
    described = Images(len(dataset.images), dataset.fingerprint, LICENCE, SOURCE)
    Run(folder, trainer, described).train(
        goal_kimg=stage.kimg, goal_s=1e9, stop=lambda: False, report=report
    )


def report(progress: Progress) -> None:
    """A line now and then."""
    if int(progress.kimg * 10) % 10 == 0:
        print(f"\r{progress.kimg:.1f} kimg, {progress.images_per_s:.1f} images/s", end="")


if __name__ == "__main__":
    torch.set_flush_denormal(True)
    print(f"\n{make(Path(sys.argv[1]))}")
