"""A sound file, listened to as if it were played, again and again."""

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from performer.clock import Clock
from performer.extras import install_command
from performer.inputs import InputError
from performer.inputs.hearing import HOP, Block

FILE_RATE_HZ = 48_000


class FileSource:
    """The sound of a file; raises `InputError` where it holds none, in a sentence."""

    rate_hz = float(FILE_RATE_HZ)

    def __init__(self, path: Path, clock: Clock) -> None:
        if next(sound_of(path), None) is None:
            raise InputError(f"{path}: it holds no sound")
        self.name, self._path, self._clock = path.name, path, clock

    def blocks(self, closing: threading.Event) -> Iterator[tuple[Block, float]]:
        """HOP samples each (HOP,), and when they ended; until `closing`. Raises `InputError`."""
        begin_s, heard = self._clock.now(), 0
        while True:
            for block in sound_of(self._path):
                heard += 1
                end_s = begin_s + heard * HOP / FILE_RATE_HZ
                if closing.wait(max(end_s - self._clock.now(), 0.0)):
                    return
                yield block, end_s


def sound_of(path: Path) -> Iterator[Block]:
    """The sound of a file in blocks of HOP samples, one channel at 48 kHz; raises `InputError`."""
    try:
        import av
    except ImportError:
        raise InputError(f"sound files need PyAV: {install_command('sound')}") from None
    try:
        with av.open(str(path)) as container:
            if not container.streams.audio:
                raise InputError(f"{path}: it holds no sound")
            resampler = av.AudioResampler("flt", "mono", FILE_RATE_HZ, frame_size=HOP)
            for frame in container.decode(container.streams.audio[0]):
                for part in resampler.resample(frame):
                    yield part.to_ndarray()[0]
            for part in resampler.resample(None):
                yield np.resize(part.to_ndarray()[0], HOP) * (np.arange(HOP) < part.samples)
    except (av.FFmpegError, OSError, ValueError) as error:
        raise InputError(f"{path}: it cannot be read as sound ({error})") from None
