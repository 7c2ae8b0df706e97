"""An artist's images on the canvas: prepared once, then mapped from the cache."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from models import cache
from models.canvas import Canvas
from models.fitting import check_fit, fit_image
from models.image_source import DatasetError, ImageSource, folder_source
from models.video_frames import is_video, video_source

DEFAULT_FRAMES = 1000
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Dataset:
    """Images as uint8 (N, 3, H, W), and the files that could not be read, with the reason.

    The pixels may be mapped from the cache; `fingerprint` is a hash of all of them in order.
    """

    images: Tensor
    skipped: dict[Path, str]
    fingerprint: str


def open_source(path: Path, frames: int | None = None) -> ImageSource:
    """A folder of images, or evenly chosen `frames` of a video; raises `DatasetError`."""
    if is_video(path):
        return video_source(path, frames or DEFAULT_FRAMES)
    source = folder_source(path)
    if frames is not None:
        raise DatasetError(f"{path}: --frames is for a video, and this is a folder")
    return source


def load_folder(folder: Path, canvas: Canvas, progress: Progress | None = None) -> Dataset:
    """Every image below `folder`, its middle cut to the canvas; raises `DatasetError`."""
    return load_images(folder_source(folder), canvas, progress)


def load_images(
    source: ImageSource, canvas: Canvas, progress: Progress | None = None, fit: str = "crop"
) -> Dataset:
    """All images of a source, from the cache where they did not change.

    Broken ones are skipped and named. Raises `DatasetError` when none is left, or for a `fit`
    that is not in `FITS`.
    """
    check_fit(fit)

    def items() -> cache.Items:
        for done, (name, found) in enumerate(source.read(), start=1):
            yield name, found if isinstance(found, str) else fit_image(found, canvas, fit)
            if progress:
                progress(done, source.count)

    key = cache.key_of(source.root, source.files, f"{canvas} {fit} {source.frames}")
    shape = (source.count, canvas.height_px, canvas.width_px, 3)
    prepared = cache.load(key, shape)
    if prepared is not None and progress:
        progress(source.count, source.count)
    prepared = prepared or cache.store(key, shape, items) or cache.collect(shape, items())
    if not prepared.names:
        raise DatasetError(f"{source.root}: none of its {source.count} images can be read")
    skipped = {source.root / name: reason for name, reason in prepared.skipped.items()}
    images = torch.from_numpy(prepared.pixels).permute(0, 3, 1, 2)
    return Dataset(images, skipped, prepared.fingerprint)
