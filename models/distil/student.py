"""The student and its discriminator, and the w by which it is taught: those that are played."""

import torch
from torch import Tensor
from torch.nn import functional as F

from models.distil.narrowing import narrow
from models.distil.teacher import Teacher
from models.draws import Draws
from models.pair import ImagePair
from models.recipe import Recipe

PSI_BOUNDS = (0.5, 1.2)
STEPS_STD = 1.0


class StudentPair(ImagePair):
    """A student that begins as its narrowed teacher; its mapping is the teacher's and stays.

    Its noise is the fixed noise that is played: so it learns the very grain of its teacher.
    """

    def __init__(self, recipe: Recipe, stage: int, device: torch.device, teacher: Teacher) -> None:
        super().__init__(recipe, stage, device)
        self.teacher = teacher
        narrow(teacher.generator, self.generator)
        self.generator.mapping.requires_grad_(False)

    def track_average(self, draws: Draws) -> None:
        """`w_avg` is the teacher's."""

    @torch.no_grad()
    def draw_ws(self, draws: Draws) -> Tensor:
        """(N, num_ws, w_dim) as a performer meets them: mixed, truncated and pushed.

        Where only random w are learnt, a student leaves its teacher as soon as it is edited
        (Xu et al., arXiv 2208.08840, section 4).
        """
        mapping, widths = self.generator.mapping, self.generator.widths
        z = draws.normal(2, widths.z_dim).flatten(0, 1)
        shares = self._shares(draws.integers(0, widths.classes, 2)) if widths.classes else None
        w, other = mapping(z, shares).unflatten(0, (-1, 2)).unbind(dim=1)
        mixed = draws.uniform(1) < self.recipe.style_mixing
        layers = torch.arange(self.generator.num_ws, device=self.device)[None]
        swap = (mixed & (layers >= draws.integers(1, self.generator.num_ws, 1)))[:, :, None]
        ws = torch.where(swap, other[:, None], w[:, None])
        low, high = PSI_BOUNDS
        ws = mapping.w_avg.lerp(ws, low + (high - low) * draws.uniform(1, 1))
        return ws + self._push(draws)[:, None]

    def _shares(self, classes: Tensor) -> Tensor:
        return F.one_hot(classes.flatten(), self.generator.widths.classes).float()

    def _push(self, draws: Draws) -> Tensor:
        """(N, w_dim) along one of the model's directions each, some steps of it."""
        directions = self.teacher.directions
        if directions is None or not len(directions):
            return torch.zeros(len(draws), self.generator.widths.w_dim, device=self.device)
        chosen = draws.integers(0, len(directions))
        return directions.to(self.device)[chosen] * (STEPS_STD * draws.normal(1))

    def _synthesise(self, ws: Tensor, draws: Draws) -> Tensor:
        return self.paint(ws)

    def paint(self, ws: Tensor) -> Tensor:
        """The student's pictures of ws, float (N, 3, H, W)."""
        image: Tensor = self.generator.synthesis(ws)
        return image.float()
