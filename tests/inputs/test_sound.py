"""Sound from a file, and what is said where there is none."""

import wave
from pathlib import Path

import numpy as np
import pytest

from performer.clock import SystemClock
from performer.events import Inbox, SoundEvent
from performer.inputs import InputError
from performer.inputs.hearing import HOP
from performer.inputs.sound import FILE_RATE_HZ, SoundInput, sound_of

pytest.importorskip("av", reason="PyAV is missing: pip install av")


def written(path: Path, seconds: float, rate_hz: int = 44_100) -> Path:
    """A stereo file with a 440 Hz tone."""
    tone = np.sin(2 * np.pi * 440 * np.arange(int(seconds * rate_hz)) / rate_hz)
    samples = (np.stack([tone, tone], axis=1) * 16_000).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes(samples.tobytes())
    return path


def test_a_file_is_one_channel_at_48_khz(tmp_path: Path) -> None:
    blocks = list(sound_of(written(tmp_path / "a.wav", 0.5)))
    assert {block.shape for block in blocks} == {(HOP,)}
    assert len(blocks) == -(-FILE_RATE_HZ // 2 // HOP)
    sound = np.concatenate(blocks)[: FILE_RATE_HZ // 2]
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound))))
    assert np.argmax(spectrum) * FILE_RATE_HZ / len(sound) == pytest.approx(440, abs=3)


def test_a_file_is_heard_as_it_would_be_played_again_and_again(tmp_path: Path) -> None:
    inbox, clock = Inbox(), SystemClock()
    begin_s = clock.now()
    sound = SoundInput(inbox, clock, str(written(tmp_path / "a.wav", 0.2)))
    events: list[SoundEvent] = []
    while clock.now() < begin_s + 10.0 and len(events) < 40:
        clock.sleep_until(clock.now() + 0.01)
        events += [event for event in inbox.drain() if isinstance(event, SoundEvent)]
    sound.close()
    times = np.diff([event.time_s for event in events])
    assert len(events) >= 40 and np.allclose(times, HOP / FILE_RATE_HZ)
    assert sound.name == "a.wav" and events[-5].level > 0.9


@pytest.mark.parametrize("content", [b"", b"no sound", b"RIFF\0\0\0\0WAVE"])
def test_what_is_no_sound_is_one_sentence(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(content)
    with pytest.raises(InputError) as error:
        SoundInput(Inbox(), SystemClock(), str(path))
    assert str(path) in str(error.value) and "\n" not in str(error.value)


def test_an_unknown_device_is_one_sentence() -> None:
    with pytest.raises(InputError) as error:
        SoundInput(Inbox(), SystemClock(), "no such device")
    assert "\n" not in str(error.value) and str(error.value).startswith("sound")
