"""Hearing: known sounds give known features, and nothing gives what is no number."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from performer.events import SoundEvent
from performer.inputs.hearing import HOP, Hearing

RATE_HZ = 48_000
FEATURES = ("level", "bass", "mid", "treble", "brightness", "onset")


def heard(sound: NDArray[np.floating]) -> list[SoundEvent]:
    hearing = Hearing(RATE_HZ)
    hops = len(sound) // HOP
    blocks = sound[: hops * HOP].reshape(hops, HOP)
    return [hearing.hear(block, (i + 1) * HOP / RATE_HZ) for i, block in enumerate(blocks)]


def tone(hz: float, seconds: float = 1.0, amplitude: float = 0.5) -> NDArray[np.floating]:
    return amplitude * np.sin(2 * np.pi * hz * np.arange(int(seconds * RATE_HZ)) / RATE_HZ)


def clicks(bpm: float, seconds: float) -> NDArray[np.floating]:
    """Short decaying bursts, the first after half a beat, over quiet noise."""
    random = np.random.default_rng(0)
    sound = random.normal(0, 1e-3, int(seconds * RATE_HZ))
    for k in range(int(seconds * bpm / 60)):
        begin = int((k + 0.5) * 60 / bpm * RATE_HZ)
        length = min(4_800, len(sound) - begin)
        sound[begin : begin + length] += random.normal(0, 0.4, length) * np.exp(
            -np.arange(length) / 900
        )
    return sound


@pytest.mark.parametrize(("hz", "band"), [(60, "bass"), (600, "mid"), (5_000, "treble")])
def test_a_tone_is_heard_in_its_band(hz: float, band: str) -> None:
    last = heard(tone(hz))[-1]
    bands = {name: getattr(last, name) for name in ("bass", "mid", "treble")}
    assert bands.pop(band) > 0.95 and max(bands.values()) < 0.4, (band, last)


def test_higher_is_brighter() -> None:
    heights = [heard(tone(hz))[-1].brightness for hz in (100, 400, 1_600, 6_400)]
    assert heights == sorted(heights) and heights[0] < 0.1 and heights[-1] > 0.9


def test_silence_is_nothing() -> None:
    for event in heard(np.zeros(RATE_HZ)):
        assert (event.level, event.bass, event.mid, event.treble, event.onset) == (0, 0, 0, 0, 0)


def test_quiet_music_moves_as_much_as_loud() -> None:
    loud, quiet = (heard(clicks(120, 8) * gain) for gain in (1.0, 0.1))
    for a, b in zip(loud[-200:], quiet[-200:], strict=True):
        assert a.level == pytest.approx(b.level, abs=0.25)


@pytest.mark.parametrize("bpm", [75.0, 120.0, 174.0])
def test_each_click_is_one_onset_on_time(bpm: float) -> None:
    found = [event.time_s for event in heard(clicks(bpm, 8)) if event.onset]
    beats = [(k + 0.5) * 60 / bpm for k in range(int(8 * bpm / 60))]
    assert len(found) == len(beats)
    assert max(abs(a - b) for a, b in zip(found, beats, strict=True)) < 2 * HOP / RATE_HZ


def test_a_steady_tone_has_one_onset_at_most() -> None:
    assert sum(event.onset > 0 for event in heard(tone(440, 4))) <= 1


@settings(max_examples=30)
@given(arrays.arrays(np.float32, 4 * HOP, elements=st.floats(width=32)))
def test_whatever_comes_every_feature_is_within_0_and_1(sound: NDArray[np.float32]) -> None:
    for event in heard(sound):
        assert all(0.0 <= getattr(event, name) <= 1.0 for name in FEATURES), event
