"""A video or animation: frames at their times, and the sound of another file, through PyAV."""

import errno
import os
from collections.abc import Generator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from PIL import Image as Pillow

from performer.extras import install_command
from performer.outputs.base import Image
from performer.outputs.fit import fitted

if TYPE_CHECKING:
    import av

CLOCK_HZ = 90_000
SOUND_HZ = 48_000
AAC_SAMPLES = 1024
BT709 = 1
LIMITED_RANGE = 1


class Kind(NamedTuple):
    """How a file is written: FFmpeg's format, its encoder and pixels; "" where H.264 chooses them.

    An animation has no sound, and is too slow to write during a show.
    """

    format: str
    codec: str = ""
    pixels: str = ""
    animation: bool = False


KINDS = {
    ".mp4": Kind("mp4"),
    ".mkv": Kind("matroska"),
    ".mov": Kind("mp4"),
    ".webp": Kind("webp", "libwebp", "yuv420p", animation=True),
}
# Of an animation: for ever, and good. libwebp_anim makes it smaller, but leaves blocks of old
# frames behind where the picture changes slowly.
WEBP = {"loop": "0", "quality": "75", "compression_level": "4"}
# As good as the eye can tell; a live one must leave the processor to the show.
CAREFUL = {"preset": "medium", "crf": "16"}
QUICK = {"preset": "veryfast" if (os.cpu_count() or 1) >= 8 else "ultrafast", "crf": "20"}
# Whatever ends the process, what is in the file up to then can be played.
FRAGMENTED = {"movflags": "frag_keyframe+empty_moov+default_base_moof", "flush_packets": "1"}
HARDWARE = ("h264_nvenc", "h264_videotoolbox", "h264_qsv", "h264_amf")
BITS_A_PIXEL = 0.15
KEY_FRAME_EVERY = 60


class MovieError(Exception):
    """A video that cannot be written: one sentence that names it and what is wrong."""


def check_movie(path: Path, *, live: bool = False, sound: bool = False) -> None:
    """Raises `MovieError` when no video, or none during a show or with sound, can be there."""
    pyav()
    suffixes = [suffix for suffix, kind in KINDS.items() if not (kind.animation and live)]
    suffix = path.suffix.lower()
    if suffix not in suffixes:
        raise MovieError(f"{path}: a video's name ends in {', '.join(suffixes)}")
    if sound and KINDS[suffix].animation:
        raise MovieError(f"{path}: an animation has no sound; leave out --sound")
    if not path.parent.is_dir():
        raise MovieError(f"{path}: there is no such folder")


def check_new_movie(path: Path) -> None:
    """`check_movie` of a show's file, which must not be there yet."""
    check_movie(path, live=True)
    if path.exists():
        raise MovieError(f"{path} is there already; a video of a show is never overwritten")


def pyav() -> Any:
    """The library; raises `MovieError` where it is missing."""
    try:
        import av
    except ImportError:
        raise MovieError(f"video needs PyAV: {install_command('video')}") from None
    return av


def even(size: tuple[int, int]) -> tuple[int, int]:
    """The largest (width, height) within `size` that a video can have: its colours are halved."""
    return max(size[0] & ~1, 2), max(size[1] & ~1, 2)


def letterboxed(image: Image, size: tuple[int, int]) -> Image:
    """A uint8 image (H, W, 3) in (width, height): scaled between black bars, never stretched."""
    height, width = image.shape[:2]
    if even((width, height)) == size:
        return image[: size[1], : size[0]]
    left, top, wide, high = fitted((width, height), size, "contain")
    sheet = np.zeros((size[1], size[0], 3), dtype=np.uint8)
    scaled = Pillow.fromarray(image).resize((wide, high), Pillow.Resampling.LANCZOS)
    sheet[top : top + high, left : left + wide] = np.asarray(scaled)
    return sheet


def hardware_codec(size: tuple[int, int]) -> str | None:
    """The encoder of a graphics card that works here, found by trying."""
    av = pyav()
    for name in HARDWARE:
        try:
            context = av.CodecContext.create(name, "w")
            context.width, context.height = size
            context.pix_fmt = "nv12"
            context.time_base = Fraction(1, CLOCK_HZ)
            context.open()
        except (av.FFmpegError, ValueError):
            continue
        return name
    return None


class Movie:
    """A video file that is being written; every method raises `MovieError`.

    A `live` one is quick, takes the graphics card's encoder where there is one, and can be played
    wherever it is cut off.
    """

    def __init__(
        self,
        path: Path,
        size: tuple[int, int],
        *,
        fps: float,
        live: bool = False,
        sound: Path | None = None,
    ) -> None:
        """`size` is (width, height), `fps` the usual rate of frames."""
        self._av, self.path, self._size = pyav(), path, even(size)
        self._kind = KINDS[path.suffix.lower()]
        codec = hardware_codec(self._size) if live else None
        self.codec = self._kind.codec or codec or "libx264"
        self._last = -1
        try:
            options = FRAGMENTED if live and self._kind.format == "mp4" else {}
            if self._kind.animation:
                options = {"loop": WEBP["loop"]}
            self._file = self._av.open(str(path), "w", format=self._kind.format, options=options)
            self._video = self._stream(fps, live)
            self._sound = _Sound(self._file, sound) if sound else None
        except (self._av.FFmpegError, ValueError) as error:
            raise self._reason(error) from None

    def _stream(self, fps: float, live: bool) -> "av.VideoStream":
        rate = Fraction(fps).limit_denominator(1001)
        stream = self._file.add_stream(self.codec, rate=rate)
        stream.width, stream.height = self._size
        context = stream.codec_context
        context.time_base = Fraction(1, CLOCK_HZ)
        if self._kind.animation:
            stream.pix_fmt, stream.options = self._kind.pixels, WEBP
            return stream
        stream.pix_fmt = "yuv420p" if self.codec == "libx264" else "nv12"
        context.color_primaries = context.color_trc = context.colorspace = BT709
        context.color_range = LIMITED_RANGE
        if live:
            context.gop_size = KEY_FRAME_EVERY
        if self.codec == "libx264":
            stream.options = QUICK if live else CAREFUL
        else:
            stream.bit_rate = int(self._size[0] * self._size[1] * fps * BITS_A_PIXEL)
        return stream

    def put(self, image: Image, time_s: float) -> None:
        """The next frame, uint8 (H, W, 3) of any size, seen from `time_s` on."""
        frame = self._av.VideoFrame.from_ndarray(letterboxed(image, self._size), format="rgb24")
        if self._kind.animation:
            frame = frame.reformat(format=self._kind.pixels)
        else:
            frame = frame.reformat(
                format=self._video.pix_fmt, dst_colorspace="ITU709", dst_color_range="MPEG"
            )
        frame.pts = self._last = max(round(time_s * CLOCK_HZ), self._last + 1)
        frame.time_base = Fraction(1, CLOCK_HZ)
        try:
            self._file.mux(self._video.encode(frame))
            if self._sound:
                self._sound.until(time_s)
        except (self._av.FFmpegError, ValueError) as error:
            raise self._reason(error) from None

    def close(self, end_s: float = 0.0) -> None:
        """Write what is left; the sound goes on until `end_s`."""
        try:
            if self._last >= 0:
                self._file.mux(self._video.encode(None))
                if self._sound:
                    self._sound.until(end_s)
                    self._sound.close()
            self._file.close()
        except (self._av.FFmpegError, ValueError) as error:
            raise self._reason(error) from None

    def _reason(self, error: Exception) -> MovieError:
        number = getattr(error, "errno", 0) or 0
        reason = os.strerror(number) if number in errno.errorcode else str(error)
        return MovieError(f"{self.path}: cannot be written: {reason}")


class _Sound:
    """The first sound of a file, as AAC beside the video."""

    def __init__(self, file: "av.container.OutputContainer", path: Path) -> None:
        self._av = pyav()
        self._file = file
        self._blocks = self._decoded(path)
        self._first = next(self._blocks, None)  # What cannot be read is told before the work.
        self._stream = file.add_stream("aac", rate=SOUND_HZ, layout="stereo")
        self._samples = 0

    def _decoded(self, path: Path) -> Generator["av.AudioFrame", None, None]:
        """Stereo blocks of the size that the encoder takes; raises `MovieError`."""
        resampler = self._av.AudioResampler("fltp", "stereo", SOUND_HZ, AAC_SAMPLES)
        try:
            with self._av.open(str(path)) as source:
                if not source.streams.audio:
                    raise MovieError(f"{path}: holds no sound")
                for block in source.decode(source.streams.audio[0]):
                    yield from resampler.resample(block)
                yield from resampler.resample(None)
        except (self._av.FFmpegError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise MovieError(f"{path}: its sound cannot be read: {reason}") from None

    def until(self, time_s: float) -> None:
        """Encode up to a time."""
        while self._samples < time_s * SOUND_HZ:
            block = self._first or next(self._blocks, None)
            self._first = None
            if block is None:
                return
            block.pts, block.time_base = self._samples, Fraction(1, SOUND_HZ)
            self._samples += block.samples
            self._file.mux(self._stream.encode(block))

    def close(self) -> None:
        self._file.mux(self._stream.encode(None))
        self._blocks.close()
