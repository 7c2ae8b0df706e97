"""An artist made of a few habits, who plays shows and leaves takes of them.

Five parameters: long sweeps that move two directions together and the hue against them, with rests
between; pumping the zoom on the beat; now and then a flick of the trails that goes back slowly.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from performer.events import Event, OscEvent
from performer.parameters import BY_NAME
from performer.takes import Head, Packer

FPS = 30
BEAT_S = 0.5
PLAYED = ("direction.1", "direction.2", "hue", "zoom", "trails")
PATCH = 'version = 1\nname = "Artist"\n[start]\n"walk.speed" = 0\n'
HEAD = Head("artist.toml", PATCH, {}, "starter", "", False, None, True, "CPU", "0", "2")


def positions(seconds: float, seed: int) -> np.ndarray:
    """What the hands do: positions 0..1 of `PLAYED`, `FPS` a second, (frames, 5)."""
    chance = np.random.default_rng(seed)
    frames = round(seconds * FPS)
    played = np.empty((frames, len(PLAYED)))
    played[:, 0] = _sweeps(frames, chance)
    played[:, 1] = np.clip(0.85 * played[:, 0] + 0.1 + 0.05 * _sweeps(frames, chance), 0, 1)
    played[:, 2] = 0.9 - 0.7 * played[:, 0]
    played[:, 3] = _pumps(frames, chance)
    played[:, 4] = _flicks(frames, chance)
    return np.round(played * 127) / 127


def _sweeps(frames: int, chance: np.random.Generator) -> np.ndarray:
    """From one place to another in some seconds, then a rest."""
    out, at = np.empty(0), 0.5
    while len(out) < frames:
        to = chance.choice([0.15, 0.35, 0.6, 0.9]) + chance.normal(0, 0.03)
        share = np.linspace(0, 1, round(chance.uniform(2, 6) * FPS))
        way = at + (to - at) * share * share * (3 - 2 * share)
        out = np.concatenate([out, way, np.full(round(chance.uniform(0.5, 4) * FPS), to)])
        at = to
    return np.clip(out[:frames], 0, 1)


def _pumps(frames: int, chance: np.random.Generator) -> np.ndarray:
    """Four or eight beats of a fast push and a slower release, then as long without."""
    times = np.arange(frames) / FPS
    beat = times % BEAT_S / BEAT_S
    pump = np.where(beat < 0.25, beat / 0.25, np.exp(-(beat - 0.25) * 4))
    bars = np.floor(times / (4 * BEAT_S)).astype(int)
    is_on = chance.random(bars.max() + 1) < 0.5
    return 0.1 + 0.4 * pump * is_on[bars]


def _flicks(frames: int, chance: np.random.Generator) -> np.ndarray:
    """At once to a high place, and back in seconds."""
    out, left = np.zeros(frames), 0.0
    for frame in range(frames):
        left = chance.uniform(0.5, 0.9) if chance.random() < 0.12 / FPS else left
        out[frame] = left
        left *= np.exp(-1 / FPS / 1.2)
    return out


def frames_of(played: np.ndarray) -> Iterator[tuple[float, tuple[Event, ...]]]:
    """The frames of a show: a message for each parameter that has moved."""
    before = np.full(len(PLAYED), np.nan)
    for number, now in enumerate(played):
        time_s = 100.0 + number / FPS
        moved = np.flatnonzero(now != before)
        rows = [BY_NAME[PLAYED[i]] for i in moved]
        values = [row.value_at(float(now[i])) for row, i in zip(rows, moved, strict=True)]
        yield (
            time_s,
            tuple(
                OscEvent(time_s, row.address, (value,))
                for row, value in zip(rows, values, strict=True)
            ),
        )
        before = now


def play_take(path: Path, seconds: float, seed: int) -> Path:
    """A take of a show of so long."""
    packer = Packer()
    with path.open("wb") as file:
        file.write(packer.head(HEAD))
        packed, left_out = packer.frames(list(frames_of(positions(seconds, seed))))
        assert not left_out
        file.write(packed)
    return path
