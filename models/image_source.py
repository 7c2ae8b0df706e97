"""Where images come from: a folder, or whatever else can hand them over one by one."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from models.reading import UNREADABLE, read_image

SUFFIXES = {".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp", ".gif", ".avif", ".ppm"}
Found = tuple[str, Image.Image | str]


class DatasetError(ValueError):
    """Images that cannot be trained on, in one sentence."""


@dataclass(frozen=True, slots=True)
class ImageSource:
    """Images below `root`.

    `read` begins anew at each call and yields `count` pairs: a name below `root`, and the upright
    sRGB image or the reason why there is none. What it yields depends on `files` and on `frames`
    only: how many were asked of a video, 0 for a folder.
    """

    root: Path
    files: tuple[Path, ...]
    count: int
    read: Callable[[], Iterator[Found]]
    frames: int = 0


def folder_source(folder: Path) -> ImageSource:
    """The image files below a folder; raises `DatasetError` where there are none."""
    paths = find_images(folder)
    return ImageSource(folder, tuple(paths), len(paths), lambda: _read_files(folder, paths))


def find_images(folder: Path) -> list[Path]:
    """The image files below a folder, hidden ones left out, in a stable order."""
    if not folder.is_dir():
        raise DatasetError(f"{folder}: no such folder")
    paths = [
        path
        for path in sorted(folder.rglob("*"))
        if path.suffix.lower() in SUFFIXES
        and path.is_file()
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    ]
    if not paths:
        kinds = ", ".join(sorted(suffix[1:] for suffix in SUFFIXES))
        raise DatasetError(f"{folder}: no images in it (looked for {kinds})")
    return paths


def _read_files(folder: Path, paths: list[Path]) -> Iterator[Found]:
    for path in paths:
        found: Image.Image | str
        try:
            found = read_image(path)
        except UNREADABLE as error:
            found = str(error) or type(error).__name__
        yield str(path.relative_to(folder)), found
