"""What a distilling run shows of itself: how near the student is to its teacher."""

from collections.abc import Callable
from pathlib import Path

import msgspec
from torch import Tensor

from models.checkpoint import Images, Likeness, Manifest, TaughtBy, load_checkpoint
from models.distil.distiller import Distiller
from models.distil.likeness import COMPARED_SEED, Comparison, Moments
from models.presentation import write_grid, write_model_card
from models.sampling import draw
from models.saves import path_of
from models.snapshots import Snapshots


class StudentSnapshots(Snapshots):
    """Snapshots whose judge is the likeness to the teacher's pictures of the same latents."""

    def __init__(
        self, folder: Path, distiller: Distiller, images: Images, say: Callable[[str], None]
    ) -> None:
        super().__init__(folder, distiller, images, say)
        self.teacher = distiller.teacher
        self.moments = Moments(folder)
        self._comparison = Comparison(distiller.images, distiller.device)
        self._likeness: tuple[int, Likeness] | None = None
        self.find_directions()
        distiller.averaged.sight = self.teacher.generator.sight

    @property
    def best_save(self) -> Path | None:
        """The save at which the student was nearest to its teacher."""
        best = self.moments.best
        return path_of(self.folder, best[0]) if best else None

    @property
    def likeness(self) -> Likeness:
        """That of the student of now."""
        step = self.trainer.step
        if self._likeness is None or self._likeness[0] != step:
            pictures = self._pictures()
            self._likeness = step, self._comparison.of(pictures)
        return self._likeness[1]

    def _pictures(self) -> Tensor:
        student, batch = self.trainer.averaged, self.trainer.division.at_once
        return draw(student, len(self.trainer.images), seed=COMPARED_SEED, batch=batch)

    def take(self) -> set[str]:
        """Measure, and show all there is to show; a student raises no flags."""
        likeness, kimg = self.likeness, self.trainer.kimg
        self.moments.add(kimg, likeness)
        self.board.numbers(msgspec.structs.asdict(likeness), round(kimg * 1000))
        self.write_model("latest")
        best = self.moments.best
        if best is None or best[0] == kimg:
            self.write_model("model")
        self.film()
        return set()

    def find_directions(self) -> None:
        """The teacher's as they are: a push of w is the same push in both."""
        self._directions = self.teacher.directions

    def manifest(self) -> Manifest:
        """The student's, which tells its teacher, and of now how near it is."""
        teacher, told = self.teacher, self.teacher.manifest
        teaching = TaughtBy(
            told.name or teacher.path.stem,
            teacher.path.name,
            teacher.sha256,
            told.canvas,
            self.likeness,
        )
        return msgspec.structs.replace(super().manifest(), teacher=teaching)

    def forget_after(self, kimg: float) -> None:
        """Remove from the table what lies beyond the point from where a run goes on."""
        self.moments.forget_after(kimg)

    def finish(self, stop: Callable[[], bool]) -> None:
        """Write the card of the best student, with a grid of its pictures.

        There is nothing to learn for it: its w, and so its sight, is its teacher's.
        """
        path = self.folder / "model.safetensors"
        generator, manifest, _ = load_checkpoint(path)
        generator.to(self.trainer.device)
        write_grid(path, generator, manifest.seed)
        write_model_card(path, generator, manifest, None)
