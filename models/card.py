"""A model card: what a model is, what it learnt from and how to play it, in Markdown beside it."""

import html
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from urllib.parse import quote

from models.architectures import channels_of
from models.checkpoint import Images, Lineage, Manifest, Origin, TaughtBy
from models.directions import UNIT, Directions
from models.metrics import TITLES, Measures
from models.onnx.design import IDLE, ONNX

NOT_TOLD = "not told"
DIRECTIONS = """\
A step of 1 along any of them changes a picture {share:.0%} as much as another seed does. They stand
in the order of how much each shows that those before it do not. Strength is how many times as much
it shows as a random push of the same length.

{table}

{found_by}"""
FOUND_IN_W = (
    "PCA: a principal component of W (GANSpace). SeFa: a factor of those layers' style weights."
)
FOUND_IN_Z = "Jacobian: a mixture of small pushes that together change pictures most."
UNSEEN = """\
The principal components of W (GANSpace), the largest first; a step of 1 is a standard deviation.
How much each shows was not looked at."""
UNSEEN_IN_Z = "Directions by chance, as long as z varies. How much each shows was not looked at."

INHERITED = "Those of its teacher, under the same numbers: its W is the same."
LIKENESS = """\
It was distilled from another model: it has that model's W, so that seeds, patches and directions
play alike, and paints with a narrower network.

{table}

Feature distance is that of random-convolution features, where 1 is as far as one of the teacher's
pictures is from the one most like it."""


def card(
    manifest: Manifest,
    directions: Directions | None,
    *,
    parameters: int,
    model: str = "model.safetensors",
    picture: str = "",
    measures: Measures | None = None,
    floor: Measures | None = None,
) -> str:
    """The card of the file `model`, with `measures` beside the `floor` that real images score.

    Without `directions` it is played along the principal components of W. `model` and `picture`,
    an image to show, are paths from where the card will lie.
    """
    name = _plain(manifest.name) or "A model"
    paragraphs = [
        f"# {name}",
        f"![Pictures by {name}]({quote(picture)})" if picture else "",
        f"It paints pictures of {manifest.canvas} pixels. To play it, in this folder:",
        f'```sh\nperformer play --model "{model}"\n```',
        "## What it is",
        _table(("", ""), _facts(manifest, parameters)),
        *_source(manifest),
        "## How good it is",
        _measured(measures, floor, model),
        "## Its directions",
        _directions(manifest, directions),
    ]
    return "\n\n".join(filter(None, paragraphs)) + "\n"


def write_card(model: Path, text: str) -> Path:
    """Write the card beside the model's file, under its name; returns where."""
    path = model.with_suffix(".md")
    path.write_text(text, encoding="utf-8")
    return path


def _facts(manifest: Manifest, parameters: int) -> Iterator[tuple[str, ...]]:
    widths = manifest.widths
    channels = channels_of(manifest.canvas, widths, manifest.architecture)
    yield "Canvas", f"{manifest.canvas} pixels"
    yield "Architecture", type(manifest.architecture).__name__
    yield "Size", f"{parameters:,} parameters"
    if isinstance(manifest.architecture, ONNX):
        yield "Widths", f"z {widths.z_dim}"
        yield "Played", IDLE
    else:
        yield (
            "Widths",
            f"z {widths.z_dim}, w {widths.w_dim}, {widths.mapping_layers} mapping layers, "
            f"{channels[0]} channels at the coarsest level, {channels[-1]} at the finest",
        )
    if widths.classes:
        yield "Classes", f"{widths.classes:,}, chosen by `/class`"
    if not manifest.origin:
        shown = f"it was shown {manifest.kimg * 1000:,.0f} images"
        yield "Training", f"{manifest.kimg:,.1f} kimg: {shown}"
        yield "Loss", _plain(manifest.loss)
        yield "Seed", str(manifest.seed)
    made = _plain(manifest.made).replace("T", ", ").replace("+00:00", " UTC")
    yield "Imported" if manifest.origin else "Made", made


def _source(manifest: Manifest) -> Iterator[str]:
    """Headings and tables of whose work is in the model."""
    if manifest.origin:
        yield "## Where it comes from"
        yield _table(("", ""), _origin(manifest.origin))
        return
    if manifest.teacher:
        yield "## Its teacher"
        yield LIKENESS.format(table=_table(("", ""), _teacher(manifest.teacher)))
    yield f"## What {'its teacher' if manifest.teacher else 'it'} learnt from"
    yield _table(("", ""), _lineage(manifest.lineage))


def _lineage(lineage: Lineage) -> Iterator[tuple[str, ...]]:
    for runs_since, images in enumerate(reversed(lineage.images)):
        yield from _learnt("Before: " if runs_since else "", images)
    if lineage.origin:
        for title, text in _origin(lineage.origin):
            yield f"At first: {title if title.isupper() else title.lower()}", text


def _learnt(when: str, images: Images) -> Iterator[tuple[str, ...]]:
    of_video = f", {images.frames:,} asked of each video" if images.frames else ""
    yield (f"{when}images".capitalize(), f"{images.count:,}{of_video}")
    yield f"{when}source".capitalize(), _plain(images.source) or NOT_TOLD
    yield f"{when}licence".capitalize(), _plain(images.licence) or NOT_TOLD


def _origin(origin: Origin) -> Iterator[tuple[str, ...]]:
    yield "Program", _plain(origin.program)
    yield "File", _plain(origin.file)
    yield "SHA-256", _plain(origin.sha256)
    yield "Licence", _plain(origin.licence) or NOT_TOLD


def _teacher(teacher: TaughtBy) -> Iterator[tuple[str, ...]]:
    likeness = teacher.likeness
    yield "Teacher", _plain(teacher.name)
    yield "File", _plain(teacher.file)
    yield "SHA-256", _plain(teacher.sha256)
    yield "Its canvas", f"{teacher.canvas} pixels"
    yield "L1, of the range", f"{likeness.l1:.2%}"
    yield "PSNR", f"{likeness.psnr_db:.1f} dB"
    yield "Feature distance", f"{likeness.apart:.2f}"


def _measured(measures: Measures | None, floor: Measures | None, model: str) -> str:
    if measures is None:
        return f'Not measured yet: `performer measure "{model}" my_images` does.'
    real = {name: f"{value:.3f}" for name, value in asdict(floor).items()} if floor else {}
    rows = (
        (TITLES[name][0], f"{value:.3f}", real.get(name, ""), TITLES[name][1])
        for name, value in asdict(measures).items()
    )
    table = _table(("Measure", "Model:", "Real images:", "What it means"), rows)
    return f"{table}\n\nReal images are one half of those it learnt from against the other half."


def _directions(manifest: Manifest, directions: Directions | None) -> str:
    if manifest.teacher:
        return INHERITED
    in_z = isinstance(manifest.architecture, ONNX)
    if directions is None:
        return UNSEEN_IN_Z if in_z else UNSEEN
    if not directions.ratios:
        return "None was found that shows."
    found = zip(directions.ratios, directions.origins, strict=True)
    rows = ((f"`/direction/{i}`", f"{ratio:.1f}", how) for i, (ratio, how) in enumerate(found, 1))
    table = _table(("Direction", "Strength:", "Found by"), rows)
    found_by = FOUND_IN_Z if in_z else FOUND_IN_W
    return DIRECTIONS.format(share=UNIT, table=table, found_by=found_by)


def _table(titles: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A Markdown table, legible as text too; a title that ends in a colon sets it to the right."""
    right = [title.endswith(":") for title in titles]
    cells = [tuple(title.rstrip(":") for title in titles), *rows]
    widths = [max(3, *map(len, column)) for column in zip(*cells, strict=True)]
    rule = tuple("-" * (w - r) + ":" * r for w, r in zip(widths, right, strict=True))
    lines = (
        (c.rjust(w) if r else c.ljust(w) for c, w, r in zip(row, widths, right, strict=True))
        for row in (cells[0], rule, *cells[1:])
    )
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _plain(text: str) -> str:
    """Someone's words, made harmless in a line or a table of Markdown."""
    escaped = html.escape(" ".join(text.split()), quote=False)
    return "".join(f"\\{sign}" if sign in "\\`*_[]|" else sign for sign in escaped)
