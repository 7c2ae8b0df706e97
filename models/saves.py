"""The saves of a run: whole states to go on from, the last three and the best."""

from pathlib import Path

import msgspec
from torch import Tensor

from models.architectures import StyleGAN2
from models.checkpoint import CheckpointError, Images, in_range, load_tensors, save_tensors
from models.history import TABLE, History
from models.recipe import Recipe
from models.trainer import Trainer

KEPT = 3
BATCH_MAXIMUM = 1 << 16
SUFFIX = ".safetensors"


class StartOptions(msgspec.Struct, frozen=True):
    """Options that a run was started with and that its recipe does not tell; "" if not given.

    `start_from` and `grow` are absolute paths, `sha256` is that of the file there, "" of a folder.
    `target` is that of a student.
    """

    start_from: str = ""
    grow: str = ""
    sha256: str = ""
    target: str = ""


class Save(msgspec.Struct, frozen=True):
    """What a run is saved with: what it does, on which images, and how far it was.

    `start` is None where it was not kept.
    """

    recipe: Recipe
    images: Images
    kimg: float
    stage: int
    start: StartOptions | None = None


class Saves:
    """The folder `saves` of a run; `best` is the one that stays whatever follows."""

    def __init__(self, run: Path, start: StartOptions | None = None) -> None:
        """`start` is kept in each save that is written."""
        self.folder = run / "saves"
        self._start = start

    @property
    def files(self) -> list[Path]:
        """From the newest to the oldest: their names are numbers of images."""
        return sorted(self.folder.glob(f"*{SUFFIX}"), reverse=True)

    def write(self, trainer: Trainer, images: Images) -> Path:
        """Save a trainer's whole state; raises `SaveError`, and what was there before stays."""
        told = Save(trainer.recipe, images, trainer.kimg, trainer.stage, self._start)
        path = path_of(self.folder.parent, trainer.kimg)
        save_tensors(path, trainer.state(), {"save": msgspec.json.encode(told).decode()})
        return path

    def prune(self, best: Path | None) -> None:
        """Remove all but the last three and the best, and what a killed process left half done."""
        for path in self.files[KEPT:]:
            if path != best:
                path.unlink(missing_ok=True)
        for scrap in self.folder.glob(f".*{SUFFIX}.*"):
            scrap.unlink(missing_ok=True)

    def go_back_to_best(self) -> tuple[Save, dict[str, Tensor]]:
        """Load the best save and remove later ones; raises `CheckpointError`."""
        newest, _ = self.load()
        canvas = newest.recipe.canvas_at(newest.stage)
        history = History(self.folder.parent / TABLE, str(canvas))
        best = history.best
        if best is None:
            raise CheckpointError(f"{self.folder.parent}: nothing was measured, so none is best")
        path = path_of(self.folder.parent, best.kimg)
        found = self.load(path)
        for later in self.files:
            if later.name > path.name:
                later.unlink()
        return found

    def load(self, path: Path | None = None) -> tuple[Save, dict[str, Tensor]]:
        """A save, or the newest that is whole, with its tensors; raises `CheckpointError`."""
        failure = CheckpointError(f"{self.folder.parent}: holds no save of a training run")
        for candidate in [path] if path else self.files:
            try:
                return read(candidate)
            except CheckpointError as error:
                failure = error
        raise failure


def path_of(run: Path, kimg: float) -> Path:
    """The save of a moment; names sort like numbers of images."""
    return run / "saves" / f"{kimg:09.3f}{SUFFIX}"


def read(path: Path) -> tuple[Save, dict[str, Tensor]]:
    """What a save file holds; raises `CheckpointError`."""
    tensors, metadata = load_tensors(path)
    try:
        save = msgspec.json.decode(metadata["save"], type=Save)
    except (KeyError, msgspec.DecodeError, RecursionError) as error:
        raise CheckpointError(f"{path}: no training state of Performer's ({error})") from None
    recipe = save.recipe
    sound = (
        in_range(StyleGAN2(), recipe.canvas, recipe.widths)
        and all(0 <= stage.doublings <= recipe.canvas.doublings for stage in recipe.stages)
        and 0 <= save.stage < len(recipe.stages)
        and 1 <= recipe.batch <= BATCH_MAXIMUM
    )
    if not sound:
        raise CheckpointError(f"{path}: its training state asks for sizes out of range")
    return save, tensors
