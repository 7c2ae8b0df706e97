"""Takes of the artist of the tests, and a picture of gestures beside them, as in docs/gestures.md.

python -m tests.gesture_figures takes FOLDER
python -m tests.gesture_figures plot FOLDER mine.safetensors gestures.png
"""

import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from models.gestures.checkpoint import load_gestures
from models.gestures.measures import noise_walks
from models.gestures.recipe import RATE_HZ
from models.gestures.trainer import Trace, draw_trace, span
from performer.takes import Take
from performer.traces import PLAYABLE, trace
from tests.artist import play_take

SECONDS = {"0.take": 480.0, "1.take": 480.0, "2.take": 240.0, "held-out.take": 300.0}
SHOWN_S = 60.0
WIDTH_PX, ROW_PX, MARGIN_PX = 1000, 130, 12
COLOURS = ("#f07850", "#fabe46", "#6ec878", "#5aaafa", "#c878f0")


def write_takes(folder: Path) -> None:
    """Twenty minutes to learn from, and five that are held out."""
    for seed, (name, seconds) in enumerate(SECONDS.items(), 1):
        play_take(folder / name, seconds, seed)


def plot(folder: Path, file: Path, out: Path) -> None:
    """A minute of each: a take, the held-out one, the gestures, noise walks."""
    generator, manifest = load_gestures(file)
    names = [p.name for p in PLAYABLE]
    columns = [names.index(name) for name in manifest.parameters]
    takes = [trace(Take(folder / name), RATE_HZ)[:, columns] for name in SECONDS]
    learnt, steps = takes[:-1], round(SHOWN_S * RATE_HZ)
    rows = {
        "a take": learnt[0],
        "the held-out take": takes[-1],
        "gestures": draw_trace(generator, 2 * steps, seed=2)[steps:],
        "noise walks": noise_walks(learnt, steps, seed=0),
    }
    image = Image.new("RGB", (WIDTH_PX, ROW_PX * len(rows)), "#0c0e12")
    for row, (title, found) in enumerate(rows.items()):
        _draw(ImageDraw.Draw(image), row * ROW_PX, title, found[:steps], span(learnt))
    image.save(out, optimize=True)


def _draw(
    target: ImageDraw.ImageDraw, top: int, title: str, found: Trace, ends: tuple[Trace, Trace]
) -> None:
    low, high = ends
    height, width = ROW_PX - 3 * MARGIN_PX, WIDTH_PX - 2 * MARGIN_PX
    heights = top + 2 * MARGIN_PX + height * (1.0 - (found - low) / (high - low))
    places = MARGIN_PX + width * np.arange(len(found)) / len(found)
    target.text((MARGIN_PX, top + 4), title, fill="#c8c8c8")
    for column, colour in zip(heights.T, COLOURS, strict=True):
        target.line(list(zip(places.tolist(), column.tolist(), strict=True)), colour, width=2)


if __name__ == "__main__":
    asked, *paths = sys.argv[1:]
    {"takes": write_takes, "plot": plot}[asked](*map(Path, paths))
