"""How fast a recipe goes on this machine, found by trying each of its stages for a moment."""

import time

import msgspec
import torch
from torch import Tensor

from models.ranks import Ranks
from models.recipe import Recipe
from models.trainer import Trainer

WARM_UP_STEPS, TIMED_STEPS = 2, 6


def images_per_s(recipe: Recipe, images: Tensor, device: torch.device, ranks: Ranks) -> list[float]:
    """Of each stage, alike in all processes; the networks tried are thrown away."""
    few = images[: 4 * recipe.batch]
    alone = [
        msgspec.structs.replace(recipe, stages=(stage,), starts_trained=False)
        for stage in recipe.stages
    ]
    rates = torch.tensor([_rate(Trainer(one, few, device, ranks)) for one in alone], device=device)
    ranks.add([rates])
    return (rates / ranks.count).tolist()


def _rate(trainer: Trainer) -> float:
    steps = trainer.train()
    for _ in range(WARM_UP_STEPS):
        next(steps)
    start_s = time.perf_counter()
    for _ in range(TIMED_STEPS):
        next(steps)
    return TIMED_STEPS * trainer.recipe.batch / (time.perf_counter() - start_s)
