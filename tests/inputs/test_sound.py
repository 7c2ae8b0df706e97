"""Sound from a file, and what is said where there is none."""

import os
import signal
import time
import wave
from pathlib import Path

import numpy as np
import pytest

from performer.events import Event, Inbox, SoundEvent
from performer.inputs import InputError
from performer.inputs import sound as sound_input
from performer.inputs.hearing import HOP
from performer.inputs.sound import Sound
from performer.inputs.sound_file import FILE_RATE_HZ, sound_of

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
    inbox = Inbox()
    sound = Sound(inbox, str(written(tmp_path / "a.wav", 0.2)))
    events = heard(inbox, 40)
    assert sound.name == "a.wav" and not sound.status
    sound.close()
    times = np.diff([event.time_s for event in events])
    assert len(events) >= 40 and np.allclose(times, HOP / FILE_RATE_HZ)
    assert events[-5].level > 0.9


def heard(inbox: Inbox, count: int) -> list[SoundEvent]:
    """The next so many sounds, or those that came in time."""
    events: list[Event] = []
    end_s = time.monotonic() + 20.0
    while time.monotonic() < end_s and len(events) < count:
        time.sleep(0.01)
        events += inbox.drain()
    return [event for event in events if isinstance(event, SoundEvent)]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_a_process_that_falls_or_hangs_is_another_one_soon(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sound_input, "SILENT_S", 3.0)
    inbox = Inbox()
    sound = Sound(inbox, str(written(tmp_path / "a.wav", 0.2)))
    assert len(heard(inbox, 10)) >= 10 and sound.process is not None
    first = sound.process
    os.kill(int(first.pid or 0), number)
    first.join(20.0)
    inbox.drain()
    assert len(heard(inbox, 10)) >= 10 and sound.process is not first
    assert sound.name == "a.wav" and "sound: its process has ended" in caplog.text
    sound.close()


def test_what_is_not_there_yet_is_sought_by_who_is_patient(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path, inbox = tmp_path / "later.wav", Inbox()
    sound = Sound(inbox, str(path), patient=True)
    end_s = time.monotonic() + 20.0
    while not sound.status and time.monotonic() < end_s:
        time.sleep(0.01)
    assert sound.status.startswith("sound") and not sound.name
    written(path, 0.2)
    assert len(heard(inbox, 10)) >= 10 and sound.name == "later.wav" and not sound.status
    sound.close()
    assert len([record for record in caplog.records if record.levelname == "WARNING"]) == 1


@pytest.mark.parametrize("content", [b"", b"no sound", b"RIFF\0\0\0\0WAVE"])
def test_what_is_no_sound_is_one_sentence(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(content)
    with pytest.raises(InputError) as error:
        Sound(Inbox(), str(path))
    assert str(path) in str(error.value) and "\n" not in str(error.value)


def test_an_unknown_device_is_one_sentence() -> None:
    with pytest.raises(InputError) as error:
        Sound(Inbox(), "no such device")
    assert "\n" not in str(error.value) and str(error.value).startswith("sound")
