"""`performer measure`: how good a model's pictures are against the images it learnt from."""

import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from rich import box
from rich.console import Console
from rich.table import Table

from models.checkpoint import load_checkpoint
from models.dataset import load_folder
from models.device import pick_device, prepare
from models.inception_weights import load_inception
from models.metrics import COMPARED_MAXIMUM, TITLES, Measures, Reference, floor
from models.sampling import draw
from models.watch import COVERAGE_LOW, MEMORY_LOW, VARIETY_LOW, Moment, Watch
from performer.commands.inception import ByInception, measure_by
from performer.paths import model_file

SEED = 0
COLOURS = {"good": "green", "watch": "yellow", "bad": "red"}


@dataclass(frozen=True, slots=True)
class Result:
    """A model's measures beside those of real images against real ones.

    `inception` is there when the user handed over weights for it.
    """

    model: Path
    pictures: int
    images: int
    measures: Measures
    floor: Measures
    inception: ByInception | None = None

    @property
    def verdicts(self) -> dict[str, str]:
        """`good`, `watch` or `bad` for each measure."""
        values, limits = asdict(self.measures), bounds(self.floor)
        return {name: verdict(value, *limits[name]) for name, value in values.items()}

    @property
    def flags(self) -> dict[str, str]:
        """What an artist has to be told."""
        return Watch((Moment(0.0, self.measures),)).flags


def bounds(real: Measures) -> dict[str, tuple[float, float]]:
    """Each measure's bounds of `good` and of `bad`, from what real images score."""
    kid = max(real.kid, 0.0)
    return {
        "kid": (kid + 0.1, kid + 0.3),
        "coverage": (max(0.6 * real.coverage, COVERAGE_LOW), COVERAGE_LOW),
        "fake_to_train": (0.75, MEMORY_LOW),
        "fake_to_fake": (0.6, VARIETY_LOW),
        "swd": (2 * real.swd, 4 * real.swd),
        "spectrum_db": (max(2 * real.spectrum_db, 1.0), max(4 * real.spectrum_db, 3.0)),
    }


def verdict(value: float, good: float, bad: float) -> str:
    """`good` up to the one bound, `bad` beyond the other; which way is up follows from them."""
    if not math.isfinite(value):
        return "bad"
    if good >= bad:
        value, good, bad = -value, -good, -bad
    return "good" if value <= good else "bad" if value > bad else "watch"


def measure(
    model: Path,
    images: Path,
    count: int,
    device: str,
    as_json: bool,
    console: Console,
    inception: Path | None = None,
) -> None:
    """Measure and print; by the weights of Inception v3 too, where there are some."""
    result = _measured(model_file(model), images, count, pick_device(device), inception)
    if as_json:
        print(dump(result))
    else:
        console.print(table(result))
        for sentence in result.inception.notes if result.inception else ():
            console.print(sentence, highlight=False)
        for sentence in result.flags.values():
            console.print(sentence, style="yellow", highlight=False)


def _measured(
    model: Path, folder: Path, count: int, device: torch.device, weights: Path | None
) -> Result:
    prepare(device)
    generator, manifest, _ = load_checkpoint(model)
    network = load_inception(weights).to(device) if weights else None
    images = load_folder(folder, manifest.canvas).images
    real = floor(images, seed=SEED, device=device)
    reference = Reference(images, seed=SEED, device=device)
    fakes = draw(generator.to(device), min(count, COMPARED_MAXIMUM), seed=SEED)
    measures = reference.measure(fakes)
    by = measure_by(network, generator, images, count, SEED) if network else None
    return Result(model, len(fakes), len(images), measures, real, by)


def dump(result: Result) -> str:
    """Everything as JSON; what is not finite becomes null."""
    told = asdict(result) | {"verdicts": result.verdicts, "flags": result.flags}
    if result.inception:
        told["inception"]["notes"] = result.inception.notes
    else:
        del told["inception"]
    return json.dumps(_plain(told), indent=2)


def _plain(value: object) -> object:
    """What JSON can hold."""
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return str(value) if isinstance(value, Path) else value


def table(result: Result) -> Table:
    """A row for each measure."""
    made = Table(
        box=box.SIMPLE,
        caption=f"{result.pictures} pictures against {result.images} images; "
        "the floor is one half of your images against the other.",
    )
    for column in ("Measure", "Value", "Floor", "Verdict", "What it means"):
        made.add_column(column, justify="right" if column in ("Value", "Floor") else "left")
    verdicts, real = result.verdicts, asdict(result.floor)
    for name, value in asdict(result.measures).items():
        title, meaning = TITLES[name]
        judged = f"[{COLOURS[verdicts[name]]}]{verdicts[name]}[/]"
        made.add_row(title, f"{value:.3f}", f"{real[name]:.3f}", judged, meaning)
    for row in result.inception.rows if result.inception else ():
        made.add_row(*row)
    return made
