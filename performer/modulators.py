"""Modulators: motion added to parameters by itself, LFOs and a smooth noise walk."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from performer.parameters import INDEX, TABLE
from performer.schema import Modulator

Array = npt.NDArray[np.float64]

MINIMA = np.array([parameter.minimum for parameter in TABLE])
MAXIMA = np.array([parameter.maximum for parameter in TABLE])
STEPPED = [(i, parameter) for i, parameter in enumerate(TABLE) if parameter.step]
SHAPES = ("sine", "triangle", "saw", "square", "noise")
SETTLE_S = 0.1
TURNS_MAXIMUM = 2.0**52  # beyond it no turn has parts


class Modulators:
    """All the modulators of a patch; each has its phase, of its own or the music's.

    A phase of the music's leaps where the beat does; what it moves glides there. `beat` is the
    one up to which they have gone.
    """

    def __init__(self, specs: Sequence[Modulator]) -> None:
        self.beat = 0.0
        self._leaps = False
        self._load(specs)
        self._turns = np.array([spec.phase for spec in specs], dtype=np.float64)
        self._lag = np.zeros(len(specs))

    def replace(self, specs: Sequence[Modulator]) -> None:
        """Take other modulators; one that only changes its pace or depth goes on where it is."""
        turns = dict(zip(self._identities, self._turns, strict=True))
        waves = dict(zip(self._identities, self.waves(), strict=True))
        self._load(specs)
        starts = [
            spec.phase if spec.beats else turns.get(key, spec.phase)
            for key, spec in zip(self._identities, specs, strict=True)
        ]
        self._turns = np.array(starts, dtype=np.float64)
        self._lag = np.zeros(len(specs))
        fresh = self.waves()
        befores = [waves.get(key, wave) for key, wave in zip(self._identities, fresh, strict=True)]
        self._lag = np.array(befores, dtype=np.float64) - fresh

    @property
    def turns(self) -> tuple[float, ...]:
        """The phase of each, in turns."""
        return tuple(self._turns.tolist())

    def restore(self, turns: Sequence[float], beat: float) -> None:
        """Go on from these phases and the music's beat, if they are those of as many."""
        largest = np.abs((*turns, beat)).max()
        if len(turns) == len(self._turns) and largest < TURNS_MAXIMUM:
            self._turns = np.array(turns, dtype=np.float64)
            self._lag[:] = 0.0
            self.beat, self._leaps = beat, False

    def _load(self, specs: Sequence[Modulator]) -> None:
        self._identities = [
            (i, spec.shape, spec.parameter, spec.phase, spec.seed) for i, spec in enumerate(specs)
        ]
        self._targets = np.array([INDEX[spec.parameter] for spec in specs], dtype=np.intp)
        self._rates_hz = np.array([spec.rate_hz or 0.0 for spec in specs], dtype=np.float64)
        self.beats = np.array([spec.beats or np.inf for spec in specs], dtype=np.float64)
        depths = np.array([spec.depth for spec in specs], dtype=np.float64)
        self._depths = depths * (MAXIMA - MINIMA)[self._targets]
        self._seeds = np.array([spec.seed for spec in specs], dtype=np.uint64)
        self._members = [
            (shape, np.array([i for i, spec in enumerate(specs) if spec.shape == shape], np.intp))
            for shape in SHAPES
            if any(spec.shape == shape for spec in specs)
        ]

    def expect_leap(self) -> None:
        """The next beat will not follow from the one before: go on from where the waves are."""
        self._leaps = True

    def advance(self, dt_s: float, beat: float) -> None:
        """Let `dt_s` pass, up to a beat of the music."""
        before = self.waves() if self._leaps else None
        self._turns += self._rates_hz * dt_s
        self.beat = beat
        self._lag *= np.exp(-dt_s / SETTLE_S)
        if before is not None:
            self._leaps = False
            in_time = np.isfinite(self.beats)
            self._lag[in_time] += (before - self.waves())[in_time]

    def apply(self, values: Array) -> Array:
        """The values, in table order and units, with the motion added, inside their ranges."""
        moved = values.copy()
        np.add.at(moved, self._targets, self._depths * self.waves())
        np.clip(moved, MINIMA, MAXIMA, out=moved)
        for i, parameter in STEPPED:
            moved[i] = parameter.clamp(float(moved[i]))
        return moved

    def waves(self) -> Array:
        """Where each modulator is now, -1..1."""
        waves = np.empty(len(self._turns))
        phases = self._turns + self.beat / self.beats
        for shape, members in self._members:
            turns = phases[members]
            waves[members] = (
                noise(turns, self._seeds[members]) if shape == "noise" else wave(shape, turns)
            )
        return np.clip(waves + self._lag, -1.0, 1.0)


def wave(shape: str, turns: Array) -> Array:
    """A periodic wave, -1..1; all but the square begin at 0 and rise."""
    if shape == "sine":
        return np.sin(2.0 * np.pi * turns)
    if shape == "triangle":
        return 4.0 * np.abs((turns + 0.75) % 1.0 - 0.5) - 1.0
    if shape == "saw":
        return 2.0 * ((turns + 0.5) % 1.0) - 1.0
    return np.where(turns % 1.0 < 0.5, 1.0, -1.0)


def noise(turns: Array, seeds: npt.NDArray[np.uint64]) -> Array:
    """Value noise, -1..1: one random value per turn, joined by smoothstep (so C1-continuous).

    It depends on the phase alone, so every frame rate draws the same walk.
    """
    whole = np.floor(turns)
    part = turns - whole
    blend = part * part * (3.0 - 2.0 * part)
    before, after = _random(whole, seeds), _random(whole + 1.0, seeds)
    return before + (after - before) * blend


def _random(whole: Array, seeds: npt.NDArray[np.uint64]) -> Array:
    """A value -1..1 for each (whole number, seed): the SplitMix64 finaliser of Steele et al."""
    # Before the first beat the whole number is negative.
    bits = whole.astype(np.int64).astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    bits += (seeds + np.uint64(1)) * np.uint64(0xD1B54A32D192ED03)
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    bits ^= bits >> np.uint64(31)
    return (bits >> np.uint64(11)).astype(np.float64) / 2.0**52 - 1.0
