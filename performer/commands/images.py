"""`performer images`: what is in a folder or a video, and what is wrong with it for training."""

from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Table

from models.canvas import DEFAULT_SIZE, parse_size
from models.contact_sheet import draw_sheet
from models.dataset import open_source
from models.fitting import check_fit
from models.guidance import guidance
from models.image_source import DatasetError
from models.preparation import ALIKE, COPY, UNREADABLE, Report, examine

KINDS_SHOWN = 4
NAMES_SHOWN = 3


def images(
    path: Path,
    size: str | None,
    fit: str,
    frames: int | None,
    sheet: Path | None,
    console: Console,
) -> bool:
    """Print the report and write the contact sheet; whether it can be trained on.

    Raises `CanvasError`, or `DatasetError` where there is nothing to look at.
    """
    canvas = parse_size(size or DEFAULT_SIZE)
    check_fit(fit)
    source = open_source(path, frames)
    if sheet is not None:
        _check_sheet(sheet, path)
    with Progress(TextColumn("Looking at images"), BarColumn(), console=console) as bar:
        task = bar.add_task("look", total=source.count)
        report = examine(source, canvas, fit, lambda done, _: bar.update(task, completed=done))
    console.print(table(report, str(path)))
    for sentence in guidance(report):
        console.print(f"- {sentence}", markup=False, highlight=False)
    if sheet is not None:
        draw_sheet(report, path.resolve().name).save(sheet, "PNG")
        console.print(f"Contact sheet: {sheet}", markup=False, highlight=False, soft_wrap=True)
    return report.trainable


def _check_sheet(sheet: Path, images: Path) -> None:
    """Before the images are read, which can take long."""
    if sheet.suffix.lower() != ".png" or sheet.is_dir():
        raise DatasetError(f"{sheet}: the contact sheet is a .png file")
    if sheet.resolve().is_relative_to(images.resolve()):
        raise DatasetError(f"{sheet}: it would be trained on; choose a place outside {images}")
    try:
        sheet.parent.mkdir(parents=True, exist_ok=True)
        sheet.touch()
    except OSError as error:
        raise DatasetError(f"{sheet}: cannot be written ({error.strerror})") from None


def table(report: Report, title: str) -> Table:
    """What is there, then what is wrong: how many, and which."""
    rows = Table("", "Images", "Which", title=escape(f"{title} for {report.canvas}"))
    formats = report.count_by(lambda each: each.format)
    rows.add_row("readable", str(len(report.pictures)), _listed(formats))
    sizes = report.count_by(lambda each: f"{each.size[0]}x{each.size[1]}")
    rows.add_row("sizes", str(len(sizes)), _listed(sizes))
    grey = sum(picture.grey for picture in report.pictures)
    rows.add_row("grey", str(grey), f"{grey / max(len(report.pictures), 1):.0%}", end_section=True)
    problems = report.problems
    for problem, names in problems.items():
        rows.add_row(f"[yellow]{problem}[/]", str(len(names)), escape(_which(report, problem)))
    if not problems:
        rows.add_row("[green]nothing is wrong[/]", "", "")
    return rows


def _listed(counts: list[tuple[str, int]]) -> str:
    words = [f"{name} ({count})" for name, count in counts[:KINDS_SHOWN]]
    return ", ".join(words) + (", ..." if len(counts) > KINDS_SHOWN else "")


def _which(report: Report, problem: str) -> str:
    """The first few: a reason for each that is unreadable, what it is like for a repeated one."""
    groups = {COPY: report.copies, ALIKE: report.alike}
    if problem == UNREADABLE:
        words = [f"{name}: {reason}" for name, reason in report.unreadable.items()]
    elif problem in groups:
        words = [" = ".join(_some(group)) for group in groups[problem]]
    else:
        words = report.problems[problem]
    return "\n".join(_some(words))


def _some(words: list[str]) -> list[str]:
    more = len(words) - NAMES_SHOWN
    return words[:NAMES_SHOWN] + ([f"and {more} more"] if more > 0 else [])
