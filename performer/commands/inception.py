"""FID and KID for `performer measure --inception`, with the weights that the user hands over."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from torch import Tensor

from models.architectures import AnyGenerator
from models.fid import Distances, distances, distances_of_halves
from models.inception import Inception, extract
from models.sampling import draw_parts

IMAGES_AT_ONCE = 32
FEW = 2_000
ORIGINAL_CLASSES = 1008
TITLES = {
    "fid": ("FID", 1, "As in papers: how unlike your images they are; 0 is best."),
    "kid": ("KID x 1000", 1000, "The same, and fair to few images."),
}


@dataclass(frozen=True, slots=True)
class ByInception:
    """A model's distances to its images beside those of one half of these to the other.

    They get no verdict: what is good depends on the images and on how many there are.
    """

    pictures: int
    images: int
    classes: int
    measures: Distances
    floor: Distances

    @property
    def rows(self) -> list[tuple[str, str, str, str, str]]:
        """Rows of the table: title, value, floor, no verdict, meaning."""
        values, floor = asdict(self.measures), asdict(self.floor)
        return [
            (title, f"{values[name] * unit:.3f}", f"{floor[name] * unit:.3f}", "", meaning)
            for name, (title, unit, meaning) in TITLES.items()
        ]

    @property
    def notes(self) -> list[str]:
        """How many were compared, and what the numbers may not be taken for."""
        half = self.images // 2
        notes = [
            f"FID and KID: {self.pictures} pictures against {self.images} images; "
            f"the floor: {half} images against {half}."
        ]
        if min(self.pictures, self.images) < FEW:
            notes.append(
                f"With fewer than about {FEW} on either side, FID is too high by chance alone, and "
                "its floor, of half as many, even more so; KID is right on average."
            )
        if self.classes != ORIGINAL_CLASSES:
            notes.append(
                "FID by these weights cannot be compared with published values: those are by the "
                f"weights of 2015, which have {ORIGINAL_CLASSES} classes."
            )
        return notes


def measure_by(
    network: Inception, generator: AnyGenerator, images: Tensor, count: int, seed: int
) -> ByInception:
    """`count` pictures against all of uint8 (N, 3, H, W); shows how far it is on stderr."""
    columns = TextColumn("Inception v3"), BarColumn(), TimeRemainingColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("look", total=len(images) + count)

        def seen(parts: Iterable[Tensor]) -> Iterator[Tensor]:
            for part in parts:
                yield part
                bar.advance(task, len(part))

        drawn = draw_parts(generator, count, seed=seed, batch=IMAGES_AT_ONCE)
        fake = extract(network, seen(drawn))
        real = extract(network, seen(images.split(IMAGES_AT_ONCE)))
    return ByInception(
        pictures=count,
        images=len(images),
        classes=network.classes,
        measures=distances(fake, real),
        floor=distances_of_halves(real, seed),
    )
