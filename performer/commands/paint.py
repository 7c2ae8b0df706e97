"""`performer paint`: the starter model's own images."""

import os
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from models.painting import paint_folder


def paint(out: Path, count: int, size: tuple[int, int], seed: int, console: Console) -> None:
    """Paint `count` pictures of (width, height) pixels; those that are there stay."""
    width_px, height_px = size
    with Progress(console=console) as bar:
        task = bar.add_task("Painting", total=count)
        paint_folder(
            out,
            count=count,
            height_px=height_px,
            width_px=width_px,
            seed=seed,
            workers=os.cpu_count() or 1,
            progress=lambda done: bar.update(task, completed=done),
        )
