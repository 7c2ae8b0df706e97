"""The smallest networks, images and files that still have every part."""

from typing import Any

import torch
from torch import Tensor

from models.canvas import Canvas, canvas_of
from models.checkpoint import Images, Manifest
from models.division import Part
from models.draws import Draws
from models.networks import Generator, Widths
from models.recipe import Recipe, Stage
from models.trainer import Trainer

WIDTHS = Widths(channel_base=64, channel_max=16, z_dim=16, w_dim=16, mapping_layers=2)
CANVAS = canvas_of(8, 8)
IMAGES = Images(count=12, fingerprint="abc", licence="CC0", source="the test")
CPU = torch.device("cpu")


def images(canvas: Canvas = CANVAS, count: int = 12, seed: int = 5) -> Tensor:
    """uint8 (count, 3, H, W) of random pixels."""
    random = torch.Generator().manual_seed(seed)
    shape = (count, 3, canvas.height_px, canvas.width_px)
    return torch.randint(0, 256, shape, generator=random, dtype=torch.uint8)


def recipe(**asked: Any) -> Recipe:
    """The tiny recipe of one stage; `asked` holds fields of Recipe and of Stage."""
    canvas = asked.get("canvas", CANVAS)
    stage = {name: asked.pop(name) for name in ("r1_gamma", "noise") if name in asked}
    usual = {"doublings": canvas.doublings, "kimg": 1.0, "r1_gamma": 0.05}
    stages = (Stage(**{**usual, **stage}),)
    told = {"canvas": canvas, "widths": WIDTHS, "stages": stages, "batch": 4, **asked}
    return Recipe(**told)


def trainer(**asked: Any) -> Trainer:
    """A trainer on the CPU; `asked` overrides the tiny recipe."""
    made = recipe(**asked)
    return Trainer(made, images(made.canvas), CPU)


def go(trained: Trainer, steps: int) -> list[dict[str, float]]:
    """Train so many steps; their losses."""
    iterator = trained.train()
    return [next(iterator) for _ in range(steps)]


def draws(count: int, seed: int = 0) -> Draws:
    """The random numbers of a whole batch."""
    return Draws(seed, count, slice(0, count), CPU)


def part(trained: Trainer, stream: str = "D") -> Part:
    """The whole batch of a trainer's step as one part."""
    rows = slice(0, trained.recipe.batch)
    return Part(rows, 1.0, trained.draws(stream, rows))


def generator(canvas: Canvas = CANVAS, widths: Widths = WIDTHS, seed: int = 0) -> Generator:
    """A generator whose noise strengths, biases and w_avg are not zero."""
    torch.manual_seed(seed)
    made = Generator(canvas, widths).eval().requires_grad_(False)
    for name, tensor in made.state_dict().items():
        if name.endswith(("noise_strength", "bias", "w_avg")):
            tensor.add_(torch.randn_like(tensor) * 0.3)
    return made


def kin(share: float, canvas: Canvas = CANVAS, widths: Widths = WIDTHS) -> Generator:
    """A generator `share` 0..1 of the way between two that came from the same weights."""
    made, stranger = generator(canvas, widths, seed=1), generator(canvas, widths, seed=2)
    for own, other in zip(made.state_dict().values(), stranger.state_dict().values(), strict=True):
        own.lerp_(other, 0.4 * share)
    return made


def manifest(**changes: Any) -> Manifest:
    """The manifest of a tiny generator."""
    told = {
        "canvas": CANVAS,
        "widths": WIDTHS,
        "kimg": 1.5,
        "images": IMAGES,
        "seed": 3,
        "loss": "minimax",
        "made": "2020-01-01T00:00:00+00:00",
    }
    return Manifest(**{**told, **changes})
