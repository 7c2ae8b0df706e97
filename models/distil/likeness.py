"""How near a student is to its teacher: their pictures of the same latents, side by side."""

import contextlib
import csv
import math
from collections.abc import Iterator
from pathlib import Path

import msgspec
import torch
from torch import Tensor

from models.checkpoint import Likeness
from models.features import Standard, extract
from models.metrics import own_distance

TABLE = "likeness.csv"
COMPARED_SEED = 1  # Other pictures than those of the grids.
PSNR_MAXIMUM_DB = 99.0


class Comparison:
    """A teacher's pictures with their features, which a student's are compared with."""

    def __init__(self, images: Tensor, device: torch.device) -> None:
        """`images` is uint8 (N, 3, H, W); raises `MetricsError` when they are all alike."""
        self.images, self.device = images, device
        raw = extract(images, device)
        self._standard = Standard.of(raw)
        self._features = self._standard(raw)
        self._scale = own_distance(self._features)

    def of(self, pictures: Tensor) -> Likeness:
        """The likeness of uint8 (N, 3, H, W) of the same latents."""
        features = self._standard(extract(pictures, self.device))
        pairs = list(zip(pictures.split(16), self.images.split(16), strict=True))
        errors = [(one.float() - other.float()) / 255.0 for one, other in pairs]
        mean_square = sum(float(e.square().sum()) for e in errors) / pictures.numel()
        return Likeness(
            l1=sum(float(e.abs().sum()) for e in errors) / pictures.numel(),
            psnr_db=min(-10.0 * math.log10(max(mean_square, 1e-20)), PSNR_MAXIMUM_DB),
            apart=float((features - self._features).norm(dim=1).mean()) / self._scale,
        )


COLUMNS = ("kimg", *Likeness.__struct_fields__)


class Moments:
    """The table of a run, in its folder: kimg and likeness, oldest first."""

    def __init__(self, run: Path) -> None:
        self.path = run / TABLE
        self.rows = list(_read(self.path))

    @property
    def best(self) -> tuple[float, Likeness] | None:
        """The one at which the student was nearest to its teacher in features."""
        sound = [row for row in self.rows if math.isfinite(row[1].apart)]
        return min(sound, key=lambda row: row[1].apart, default=None)

    def add(self, kimg: float, found: Likeness) -> None:
        """Append a line, and write the whole table."""
        self.rows.append((kimg, found))
        self._write()

    def forget_after(self, kimg: float) -> None:
        """Remove what lies beyond the point from where a run goes on."""
        self.rows = [row for row in self.rows if row[0] <= kimg + 1e-6]
        if self.path.exists():
            self._write()

    def _write(self) -> None:
        part = self.path.with_name(f".{self.path.name}")
        with part.open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(COLUMNS)
            writer.writerows((kimg, *msgspec.structs.astuple(found)) for kimg, found in self.rows)
        part.replace(self.path)


def _read(path: Path) -> Iterator[tuple[float, Likeness]]:
    """The lines that are whole; a table that was spoilt by hand is no reason to stop."""
    if not path.exists():
        return
    with path.open(newline="", errors="replace") as file:
        for row in csv.DictReader(file):
            with contextlib.suppress(KeyError, TypeError, ValueError):
                kimg, *numbers = (float(row[name]) for name in COLUMNS)
                yield kimg, Likeness(*numbers)
