"""Sound: listens to an input device, or to a file as if it were played."""

import contextlib
import logging
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from performer.clock import Clock
from performer.events import Inbox
from performer.inputs import InputError
from performer.inputs.hearing import HOP, Hearing

DEFAULT = "default"
FILE_RATE_HZ = 48_000
RETRY_S = 2.0
Block = NDArray[np.float32]


class SoundInput:
    """Posts a SoundEvent about a hundred times a second; a lost device is sought until it is back.

    `what` is `default`, a part of a device's name, or a file that is listened to again and again.
    Raises `InputError` where that cannot be, in a sentence.
    """

    def __init__(self, inbox: Inbox, clock: Clock, what: str = DEFAULT) -> None:
        self._inbox, self._clock = inbox, clock
        self._closing = threading.Event()
        path = Path(what)
        listen = self._listen_to_device
        if path.is_file():
            if next(sound_of(path), None) is None:
                raise InputError(f"{path}: it holds no sound")
            self.name, self._path, listen = path.name, path, self._listen_to_file
        else:
            self._stream = _open_stream(what)
            self.name, self._what = _name_of(self._stream), what
        self._thread = threading.Thread(target=listen, name="sound", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        self._closing.set()
        self._thread.join()

    def _listen_to_file(self) -> None:
        begin_s, heard = self._clock.now(), 0
        hearing = Hearing(FILE_RATE_HZ)
        while not self._closing.is_set():
            try:
                for block in sound_of(self._path):
                    heard += 1
                    end_s = begin_s + heard * HOP / FILE_RATE_HZ
                    if self._closing.wait(max(end_s - self._clock.now(), 0.0)):
                        return
                    self._inbox.put(hearing.hear(block, end_s))
            except InputError as error:
                _log().warning("%s", error)
                return

    def _listen_to_device(self) -> None:
        stream = self._stream
        while not self._closing.is_set():
            try:
                with stream:
                    self._read(stream)
            except Exception as error:  # Whatever a driver does, the show goes on.
                _log().warning("sound: %s is lost (%s); looking for it", self.name, error)
            found = self._seek()
            if found is None:
                return
            stream = found

    def _read(self, stream: Any) -> None:
        hearing = Hearing(float(stream.samplerate))
        while not self._closing.is_set():
            samples, _ = stream.read(HOP)
            self._inbox.put(hearing.hear(samples.mean(axis=1), self._clock.now()))

    def _seek(self) -> Any:
        """The device once it is back; None when this is closed."""
        import sounddevice

        while not self._closing.wait(RETRY_S):
            with contextlib.suppress(Exception):
                # PortAudio sees new devices only when it starts anew.
                sounddevice._terminate()
                sounddevice._initialize()
                return _open_stream(self._what)
        return None


def sound_of(path: Path) -> Iterator[Block]:
    """The sound of a file in blocks of HOP samples, one channel at 48 kHz; raises `InputError`."""
    try:
        import av
    except ImportError:
        raise InputError(
            'sound files need PyAV, which is not here; pip install -e ".[sound]" brings it'
        ) from None
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


def _open_stream(what: str) -> Any:
    try:
        import sounddevice
    except ImportError:
        raise InputError(
            'sound needs sounddevice, which is not here; pip install -e ".[sound]" brings it'
        ) from None
    except OSError:
        raise InputError("sound needs PortAudio; on Debian: apt install libportaudio2") from None
    device = None if what == DEFAULT else what
    try:
        channels = min(int(sounddevice.query_devices(device, "input")["max_input_channels"]), 2)
        return sounddevice.InputStream(
            device=device, channels=channels, blocksize=HOP, dtype="float32", latency="low"
        )
    except (sounddevice.PortAudioError, ValueError) as error:
        names = [d["name"] for d in sounddevice.query_devices() if d["max_input_channels"] > 0]
        reason = str(error).partition("\n")[0]
        raise InputError(
            f"sound: {reason}; inputs here: {', '.join(names) or 'none'}; or name a sound file"
        ) from None


def _name_of(stream: Any) -> str:
    import sounddevice

    return str(sounddevice.query_devices(stream.device)["name"])


def _log() -> logging.Logger:
    return logging.getLogger(__name__)
