"""What a collection of images is like before training: what is there, and what is wrong with it."""

import hashlib
import io
import warnings
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from models.canvas import Canvas
from models.duplicates import Look, group_alike, look_at
from models.fitting import enlargement, misfit
from models.image_source import ImageSource
from models.reading import UNREADABLE as BROKEN

ENLARGED_MOST = 1.5
MISFIT_MOST = 0.25
GREY_LEVELS = 8
PREVIEW_PX = (192, 144)
ENOUGH_TO_START = 2

UNREADABLE, COPY, ALIKE = "unreadable", "copies", "near-duplicates"
SMALL, ASPECT, TRANSPARENT = "too small", "odd aspect", "transparent"
PROBLEMS = (UNREADABLE, COPY, ALIKE, SMALL, ASPECT, TRANSPARENT)  # The gravest first.


@dataclass(frozen=True, slots=True)
class Picture:
    """One image that can be read: its name, format, (width, height), and what it looks like.

    `preview` is a small JPEG; `content` a hash of the file's bytes, empty for a frame of a video.
    """

    name: str
    format: str
    size: tuple[int, int]
    transparent: bool
    grey: bool
    content: str
    look: Look
    preview: bytes


@dataclass(frozen=True, slots=True)
class Report:
    """All that was found; every group's first is the one to keep."""

    canvas: Canvas
    fit: str
    pictures: list[Picture]
    unreadable: dict[str, str]
    copies: list[list[str]]
    alike: list[list[str]]

    @property
    def problems(self) -> dict[str, list[str]]:
        """The names of the images with each of `PROBLEMS`, those without any left out."""
        found: dict[str, list[str]] = defaultdict(list)
        found[UNREADABLE] += self.unreadable
        found[COPY] += [name for group in self.copies for name in group[1:]]
        found[ALIKE] += [name for group in self.alike for name in group[1:]]
        for picture in self.pictures:
            if enlargement(picture.size, self.canvas, self.fit) > ENLARGED_MOST:
                found[SMALL].append(picture.name)
            if misfit(picture.size, self.canvas) > MISFIT_MOST:
                found[ASPECT].append(picture.name)
            if picture.transparent:
                found[TRANSPARENT].append(picture.name)
        return {problem: found[problem] for problem in PROBLEMS if found[problem]}

    @property
    def different(self) -> int:
        """How many images are left when of all that look the same one counts."""
        return len(self.pictures) - sum(len(group) - 1 for group in (*self.copies, *self.alike))

    @property
    def trainable(self) -> bool:
        """Whether training would start at all."""
        return len(self.pictures) >= ENOUGH_TO_START

    def count_by(self, kind: Callable[[Picture], str]) -> list[tuple[str, int]]:
        """How many pictures there are of each kind, the most frequent first."""
        return Counter(map(kind, self.pictures)).most_common()


def examine(
    source: ImageSource,
    canvas: Canvas,
    fit: str,
    progress: Callable[[int, int], None] | None = None,
) -> Report:
    """Look at every image of a source; `fit` is a name in `FITS`."""
    pictures: list[Picture] = []
    unreadable: dict[str, str] = {}
    for done, (name, found) in enumerate(source.read(), start=1):
        try:
            if isinstance(found, str):
                unreadable[name] = found
            else:
                pictures.append(_picture(source.root, name, found))
        except BROKEN as error:  # It was removed or replaced a moment ago.
            unreadable[name] = str(error)
        if progress:
            progress(done, source.count)
    copies, alike = _repeated(pictures)
    return Report(canvas, fit, pictures, unreadable, copies, alike)


def _picture(root: Path, name: str, image: Image.Image) -> Picture:
    kind, transparent, content = "frame", False, ""
    if root.is_dir():
        kind, transparent, content = _file_facts(root / name)
    preview = image.copy()
    preview.thumbnail(PREVIEW_PX, Image.Resampling.BICUBIC, reducing_gap=2.0)
    jpeg = io.BytesIO()
    preview.save(jpeg, "JPEG", quality=85)
    levels = np.asarray(preview, dtype=np.int16)
    grey = bool(np.ptp(levels, axis=2).max() <= GREY_LEVELS)
    look = look_at(image)
    return Picture(name, kind, image.size, transparent, grey, content, look, jpeg.getvalue())


def _file_facts(path: Path) -> tuple[str, bool, str]:
    """The format that the file has, whatever its suffix; whether it lets light through; a hash."""
    content = path.read_bytes()
    with _quietly_open(content) as image:
        transparent = False
        if image.has_transparency_data:  # Many files have an alpha channel that is full.
            lowest, _ = image.convert("RGBA").getchannel("A").getextrema()
            transparent = isinstance(lowest, int) and lowest < 255
        kind = image.format or "unknown"
    return kind, transparent, hashlib.blake2b(content, digest_size=16).hexdigest()


@contextmanager
def _quietly_open(content: bytes) -> Iterator[Image.Image]:
    """Without Pillow's warning of large scans, which are welcome."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with Image.open(io.BytesIO(content)) as image:
            yield image


def _repeated(pictures: list[Picture]) -> tuple[list[list[str]], list[list[str]]]:
    """Groups of names: of the same bytes, and, one of each of these, of the same look.

    Of copies the one with the shortest name comes first, of the alike the largest.
    """
    by_content: dict[str, list[Picture]] = defaultdict(list)
    for picture in pictures:
        by_content[picture.content or picture.name].append(picture)
    same = [sorted(group, key=lambda each: len(each.name)) for group in by_content.values()]
    firsts = [group[0] for group in same]
    firsts.sort(key=lambda each: each.size[0] * each.size[1], reverse=True)
    groups = group_alike([picture.look for picture in firsts])
    return (
        [[picture.name for picture in group] for group in same if len(group) > 1],
        [[firsts[index].name for index in group] for group in groups],
    )
