"""Waves: what LFOs, noise and random steps are at any phase, so that every frame rate agrees."""

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Seeds = npt.NDArray[np.uint64]


def wave(shape: str, turns: Array, seeds: Seeds) -> Array:
    """A wave of any shape, -1..1, at phases in turns; the periodic ones ask for no seed."""
    if shape == "noise":
        return noise(turns, seeds)
    if shape == "steps":
        return steps(turns, seeds)
    return periodic(shape, turns)


def periodic(shape: str, turns: Array) -> Array:
    """A periodic wave, -1..1; all but the square begin at 0 and rise."""
    if shape == "sine":
        return np.sin(2.0 * np.pi * turns)
    if shape == "triangle":
        return 4.0 * np.abs((turns + 0.75) % 1.0 - 0.5) - 1.0
    if shape == "saw":
        return 2.0 * ((turns + 0.5) % 1.0) - 1.0
    return np.where(turns % 1.0 < 0.5, 1.0, -1.0)


def noise(turns: Array, seeds: Seeds) -> Array:
    """Value noise, -1..1: one random value per turn, joined by smoothstep (so C1-continuous).

    It depends on the phase alone, so every frame rate draws the same walk.
    """
    whole = np.floor(turns)
    part = turns - whole
    blend = part * part * (3.0 - 2.0 * part)
    before, after = _random(whole, seeds), _random(whole + 1.0, seeds)
    return before + (after - before) * blend


def steps(turns: Array, seeds: Seeds) -> Array:
    """Sample and hold, -1..1: one random value per turn, kept until the next."""
    return _random(np.floor(turns), seeds)


def _random(whole: Array, seeds: Seeds) -> Array:
    """A value -1..1 for each (whole number, seed): the SplitMix64 finaliser of Steele et al."""
    # Before the first beat the whole number is negative.
    bits = whole.astype(np.int64).astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    bits += (seeds + np.uint64(1)) * np.uint64(0xD1B54A32D192ED03)
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    bits ^= bits >> np.uint64(31)
    return (bits >> np.uint64(11)).astype(np.float64) / 2.0**52 - 1.0
