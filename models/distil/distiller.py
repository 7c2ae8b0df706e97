"""The trainer of a student: its real images are its teacher's, and each has to be met.

The student's picture of a w is compared with the teacher's of the same w, scale by scale; so no
image of the artist's is needed (Aguinaldo et al., "Compressing GANs using Knowledge
Distillation", arXiv 1902.00159). That alone makes blurred pictures, for what a narrow network
cannot meet it averages; so it also plays against a discriminator whose real images are the
teacher's (Chang & Lu, "TinyGAN", arXiv 2009.13829; Belousov, "MobileStyleGAN", arXiv 2104.04767),
with the losses, the optimisers and the saves of every other run.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from models.distil.student import StudentPair
from models.distil.teacher import Teacher
from models.division import Part
from models.ranks import Ranks
from models.recipe import Recipe
from models.trainer import Trainer

SCALES = 4
ADVERSARIAL_WEIGHT = 0.1


@dataclass(frozen=True, slots=True)
class Lesson:
    """What a step teaches this process: ws (N, num_ws, w_dim) and the teacher's pictures of them.

    Pictures are float (N, 3, H, W) in -1..1; `at` is the step and the attempt.
    """

    at: tuple[int, int]
    ws: Tensor
    pictures: Tensor


class Distiller(Trainer):
    """A trainer whose generator is taught; its recipe has one stage and knows no augmentation."""

    pair: StudentPair

    def __init__(
        self,
        recipe: Recipe,
        teacher: Teacher,
        images: Tensor,
        device: torch.device,
        ranks: Ranks | None = None,
    ) -> None:
        """`images` uint8 (N, 3, H, W) are the teacher's, by which the run is measured."""
        self.teacher = teacher
        self._lesson: Lesson | None = None
        super().__init__(recipe, images, device, ranks)

    def make_pair(self, stage: int) -> StudentPair:
        """The student, begun as its narrowed teacher."""
        return StudentPair(self.recipe, stage, self.device, self.teacher)

    def lesson(self) -> Lesson:
        """This step's, the same one for both networks."""
        at = (self.step, self.attempt)
        if self._lesson is None or self._lesson.at != at:
            with torch.no_grad(), self.pair.autocast():
                ws = self.pair.draw_ws(self.draws("lesson", self.division.rows))
                self._lesson = Lesson(at, ws, self.teacher.paint(ws, self.canvas))
        return self._lesson

    def real_images(self, part: Part) -> Tensor:
        """The teacher's pictures of this step, float (N, 3, H, W) in -1..1."""
        return self.lesson().pictures[self._rows(part)].clone()

    def generator_part(self, part: Part) -> Tensor:
        """Add a part's gradients; its loss, (1,)."""
        lesson, rows = self.lesson(), self._rows(part)
        with self.pair.autocast():
            pictures = self.pair.paint(lesson.ws[rows])
        fake = self.pair.judge(pictures, part.draws)
        loss = difference(pictures, lesson.pictures[rows])
        loss = loss + ADVERSARIAL_WEIGHT * self.loss.generator(fake, self.rivals(part))
        (loss * part.share).backward()
        return loss.detach()[None]

    def _rows(self, part: Part) -> slice:
        start = self.division.rows.start
        return slice(part.rows.start - start, part.rows.stop - start)


def difference(pictures: Tensor, targets: Tensor) -> Tensor:
    """The Laplacian-pyramid L1 of (N, 3, H, W): on SCALES scales, each half of the one before.

    The mean absolute values of what each scale adds to the coarser ones, and of the coarsest, are
    summed (Bojanowski et al., arXiv 1707.05776): edges and grain, which are few of the pixels,
    weigh as much as composition and colour.
    """
    left, total = pictures - targets, torch.zeros([], device=pictures.device)
    for _ in range(SCALES):
        if min(left.shape[2:]) < 2:
            break
        coarse = F.avg_pool2d(left, 2)
        fine = left - F.interpolate(coarse, left.shape[2:], mode="bilinear", align_corners=False)
        total, left = total + fine.abs().mean(), coarse
    return total + left.abs().mean()
