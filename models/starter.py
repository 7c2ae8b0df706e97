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

from models.canvas import parse_size
from models.checkpoint import Images
from models.dataset import load_folder
from models.device import best_precision, pick_device, prepare
from models.networks import Widths
from models.painting import paint_folder
from models.recipe import Recipe, Stage
from models.run import Goal, Progress, Run
from models.saves import Saves
from models.trainer import Trainer

COUNT, SEED, HEIGHT_PX, WIDTH_PX = 4800, 1, 288, 512
SIZE, BATCH, KIMG = "256x144", 8, 116.0
LICENCE, SOURCE = "MIT", f"performer paint --count {COUNT} --size 512x288 --seed {SEED}"
WIDTHS = Widths(channel_base=1024, channel_max=128, z_dim=128, w_dim=128, mapping_layers=4)
STAGES = (
    Stage(doublings=2, kimg=60, r1_gamma=0.1, noise=False),
    Stage(doublings=3, kimg=30, r1_gamma=0.04, noise=False),
    Stage(doublings=4, kimg=18, r1_gamma=0.015, noise=False),
    Stage(doublings=4, kimg=8, r1_gamma=0.012, noise=True),
)


def make(folder: Path) -> Path:
    """Paint, then train, from where it was stopped. Returns the model."""
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
    train(images, folder / "starter")
    return folder / "starter" / "model.safetensors"


def train(images: Path, folder: Path) -> None:
    """All stages, on the best device that is here."""
    device = pick_device("auto")
    prepare(device)
    dataset = load_folder(images, parse_size(SIZE))
    recipe = Recipe(
        parse_size(SIZE),
        WIDTHS,
        STAGES,
        seed=SEED,
        augment="none",
        mirror=True,
        batch=BATCH,
        precision=best_precision(device),
    )
    trainer = Trainer(recipe, dataset.images, device)
    saves = Saves(folder)
    if saves.files:
        trainer.restore(saves.load()[1])
    described = Images(len(dataset.images), dataset.fingerprint, LICENCE, SOURCE)
    run = Run(folder, trainer, described)
    run.train(Goal(kimg=KIMG), stop=lambda: False, report=report)  # learns its sight, too


def report(progress: Progress) -> None:
    """A line now and then."""
    if int(progress.kimg * 10) % 10 == 0:
        print(f"\r{progress.kimg:.1f} kimg, {progress.images_per_s:.1f} images/s", end="")


if __name__ == "__main__":
    print(f"\n{make(Path(sys.argv[1]))}")
