"""A sound device, by way of PortAudio."""

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

from performer.clock import Clock
from performer.extras import install_command
from performer.inputs import InputError
from performer.inputs.hearing import HOP, Block

DEFAULT = "default"


class DeviceSource:
    """The device whose name contains `what`, or the default one.

    Raises `InputError` where there is none, in a sentence.
    """

    def __init__(self, what: str, clock: Clock) -> None:
        portaudio = _portaudio()
        self._stream, self._clock = _open_stream(portaudio, what), clock
        self.name = str(portaudio.query_devices(self._stream.device)["name"])
        self.rate_hz = float(self._stream.samplerate)

    def blocks(self, closing: threading.Event) -> Iterator[tuple[Block, float]]:
        """HOP samples each (HOP,), and when they ended; until `closing`.

        Raises what PortAudio does.
        """
        with self._stream:
            while not closing.is_set():
                samples, _ = self._stream.read(HOP)
                yield samples.mean(axis=1), self._clock.now()


def _portaudio() -> Any:
    """The library that is PortAudio to us; raises `InputError` where it is not here."""
    try:
        import sounddevice
    except ImportError:
        raise InputError(f"sound needs sounddevice: {install_command('sound')}") from None
    except OSError:
        raise InputError("sound needs PortAudio; on Debian: apt install libportaudio2") from None
    return sounddevice


def look_again() -> None:
    """Let PortAudio see new devices, which it does only when it starts anew."""
    with contextlib.suppress(Exception):
        import sounddevice

        sounddevice._terminate()
        sounddevice._initialize()


def _open_stream(portaudio: Any, what: str) -> Any:
    device = None if what == DEFAULT else what
    try:
        channels = min(int(portaudio.query_devices(device, "input")["max_input_channels"]), 2)
        return portaudio.InputStream(
            device=device, channels=channels, blocksize=HOP, dtype="float32", latency="low"
        )
    except (portaudio.PortAudioError, ValueError) as error:
        names = [d["name"] for d in portaudio.query_devices() if d["max_input_channels"] > 0]
        if not names:
            raise InputError("sound: no input is here; plug one in, or name a sound file") from None
        reason, known = str(error).partition("\n")[0], ", ".join(names)
        raise InputError(f"sound: {reason}; inputs here: {known}; or name a sound file") from None
