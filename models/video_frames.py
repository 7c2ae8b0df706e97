"""Frames of a video as images: evenly chosen over its whole length. Needs the extra `video`."""

import contextlib
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from models.image_source import DatasetError, Found, ImageSource
from performer.extras import install_command

SUFFIXES = {
    ".mp4",
    ".mov",
    ".m4v",
    ".mkv",
    ".webm",
    ".avi",
    ".mpg",
    ".mpeg",
    ".mts",
    ".wmv",
    ".ogv",
}


def is_video(path: Path) -> bool:
    """Whether it is a file that is named like a video."""
    return path.suffix.lower() in SUFFIXES and path.is_file()


def video_source(path: Path, frames: int) -> ImageSource:
    """`frames` of a video, or all when it has fewer; raises `DatasetError`."""
    av = _pyav(path)
    try:
        with av.open(str(path)) as container:
            # Counted, not believed: many files tell no number of frames, or a wrong one.
            total = sum(bool(packet.size) for packet in container.demux(video=0))
    except (av.FFmpegError, IndexError) as error:
        raise DatasetError(f"{path}: no video that can be read ({_reason(error)})") from None
    if total == 0:
        raise DatasetError(f"{path}: a video without a frame")
    chosen = sorted({int(i) for i in np.linspace(0, total - 1, frames).round()})
    return ImageSource(path, (path,), len(chosen), lambda: _read_frames(path, chosen), frames)


def _pyav(path: Path) -> Any:
    try:
        import av
    except ImportError:
        raise DatasetError(f"{path}: videos need PyAV: {install_command('train')}") from None
    return av


def _read_frames(path: Path, chosen: list[int]) -> Iterator[Found]:
    """The chosen frames, decoded from the start on: seeking would decode key frames many times."""
    left = iter(chosen)
    wanted = next(left, None)
    for index, found in enumerate(_decode(path)):
        if index == wanted:
            yield _name(index), _upright(*found)
            wanted = next(left, None)
        if wanted is None:
            return
    missing = [] if wanted is None else [wanted, *left]
    yield from ((_name(index), "damaged: the video ends before it") for index in missing)


def _decode(path: Path) -> Iterator[tuple[Any, Fraction | None]]:
    """Every frame that can be decoded, and the aspect of its pixels; what is damaged is missing."""
    av = _pyav(path)
    with contextlib.suppress(av.FFmpegError), av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        for packet in container.demux(stream):
            frames = []
            with contextlib.suppress(av.FFmpegError):
                frames = packet.decode()
            yield from ((frame, stream.sample_aspect_ratio) for frame in frames)


def _upright(frame: Any, aspect: Fraction | None) -> Image.Image:
    """As a player shows it: with square pixels, turned as the file says."""
    image: Image.Image = frame.to_image()
    if aspect and aspect != 1:
        image = image.resize((max(1, round(image.width * float(aspect))), image.height))
    return image.rotate(frame.rotation, expand=True) if frame.rotation else image


def _name(index: int) -> str:
    return f"frame {index:06d}"


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
