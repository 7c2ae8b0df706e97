"""Measures of gestures: how alike movement is to an artist's, and whether it is a copy.

Each is near 0 for the artist playing once more, which is what held-out takes show, but for
`nearest`: that is 1 for what is as far from every recorded window as those are from each other,
and 0 for a copy.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.gestures.recipe import RATE_HZ
from models.gestures.trainer import Trace, span

NEAREST_S = 4.0
NEAREST_EVERY_S = 1.0
SPECTRUM_STEPS = 128
BANDS = 8
QUANTILES = np.linspace(0.0, 1.0, 101)
FLOOR_POWER = 1e-7
COMPARED_MAXIMUM = 1500
LIKENESS = ("range", "speed", "spectrum_db", "together")
MEASURED_STEPS = round(600.0 * RATE_HZ)
WALK_HZ = np.geomspace(0.02, 2.0, 25)

Array = NDArray[np.float64]

TITLES = {
    "range": "Range: how far quantiles of where parameters are lie apart (share of the range)",
    "speed": "Speed: how far quantiles of how fast they move lie apart (ranges/s)",
    "spectrum_db": "Spectrum: difference of the power of movement, over octaves (dB)",
    "together": "Together: difference of the correlations between parameters",
    "nearest": "Nearest recorded moment, beside that of the takes among themselves; 0 is a copy",
}


@dataclass(frozen=True, slots=True)
class GestureMeasures:
    """How movement stands to an artist's; see `TITLES`."""

    range: float
    speed: float
    spectrum_db: float
    together: float
    nearest: float


def measure(traces: Sequence[Trace], takes: Sequence[Trace]) -> GestureMeasures:
    """Traces, positions (steps, parameters), against the takes that were learnt from."""
    low, high = span(takes)
    played, learnt = (
        [(trace - low).astype(np.float64) / (high - low) for trace in some]
        for some in (traces, takes)
    )
    return GestureMeasures(
        range=_quantile_distance(np.concatenate(played), np.concatenate(learnt)),
        speed=_quantile_distance(_speeds(played), _speeds(learnt)),
        spectrum_db=float(np.abs(spectrum(played) - spectrum(learnt)).mean()),
        together=_matrix_distance(together(played), together(learnt)),
        nearest=_nearest(played, learnt) / max(_nearest_other(learnt), 1e-9),
    )


def _quantile_distance(ours: Array, theirs: Array) -> float:
    """The Wasserstein-1 distance of each column's values, its mean."""
    difference = np.quantile(ours, QUANTILES, axis=0) - np.quantile(theirs, QUANTILES, axis=0)
    return float(np.abs(difference).mean())


def _speeds(traces: Sequence[Array]) -> Array:
    return np.concatenate([np.abs(np.diff(trace, axis=0)) * RATE_HZ for trace in traces])


def spectrum(traces: Sequence[Array]) -> Array:
    """The power of movement in dB, (bands, parameters), by Welch's method over octaves."""
    window = np.hanning(SPECTRUM_STEPS)[:, None]
    powers = [
        np.abs(np.fft.rfft(window * (part - part.mean(axis=0)), axis=0)) ** 2 / SPECTRUM_STEPS
        for trace in traces
        for part in _parts(trace, SPECTRUM_STEPS, SPECTRUM_STEPS // 2)
    ]
    power = np.mean(powers, axis=0)[1:]
    edges = np.unique(np.geomspace(1, len(power) + 1, BANDS + 1).astype(int)) - 1
    bands = [power[a:b].mean(axis=0) for a, b in zip(edges[:-1], edges[1:], strict=True)]
    return np.asarray(10.0 * np.log10(np.array(bands) + FLOOR_POWER))


def together(traces: Sequence[Array]) -> Array:
    """How parameters go together: correlations of positions and of speeds, (2, P, P)."""
    positions = np.concatenate(traces)
    moves = np.concatenate([np.diff(trace, axis=0) for trace in traces])
    return np.array([_correlations(positions), _correlations(moves)])


def _correlations(columns: Array) -> Array:
    centred = columns - columns.mean(axis=0)
    scaled = centred / np.maximum(centred.std(axis=0), 1e-9)
    return np.asarray(scaled.T @ scaled / len(scaled))


def _matrix_distance(ours: Array, theirs: Array) -> float:
    """The root mean square difference beside the diagonal; of a single parameter none."""
    beside = ~np.eye(ours.shape[1], dtype=bool)
    return float(np.sqrt(np.square(ours - theirs)[:, beside].mean())) if beside.any() else 0.0


def _parts(trace: Array, steps: int, every: int) -> list[Array]:
    return [trace[start : start + steps] for start in range(0, len(trace) - steps + 1, every)]


def _moments(traces: Sequence[Array]) -> Array:
    """Windows in which something moves, if any does, flat, (N, steps * parameters)."""
    steps, every = round(NEAREST_S * RATE_HZ), round(NEAREST_EVERY_S * RATE_HZ)
    found = [part for trace in traces for part in _parts(trace, steps, every)]
    moving = [part.ravel() for part in found if np.ptp(part, axis=0).max() > 0.1]
    chosen = moving or [part.ravel() for part in found]
    return np.array(chosen[:: len(chosen) // COMPARED_MAXIMUM + 1])


def _nearest(ours: Sequence[Array], theirs: Sequence[Array]) -> float:
    """The median distance of a moment of ours to the nearest of theirs."""
    return float(np.median(_distances(_moments(ours), _moments(theirs)).min(axis=1)))


def _nearest_other(traces: Sequence[Array]) -> float:
    """The median distance of a moment to the nearest one that does not overlap it."""
    moments = _moments(traces)
    distances = _distances(moments, moments)
    apart = np.abs(np.subtract.outer(np.arange(len(moments)), np.arange(len(moments))))
    distances[apart < NEAREST_S / NEAREST_EVERY_S] = np.inf
    return float(np.median(distances.min(axis=1)))


def _distances(a: Array, b: Array) -> Array:
    squares = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1) - 2.0 * a @ b.T
    return np.asarray(np.sqrt(np.maximum(squares, 0.0) / a.shape[1]))


def noise_walks(takes: Sequence[Trace], steps: int, *, seed: int) -> Trace:
    """What the gestures have to be better than: a smooth walk of each parameter by itself.

    Value noise over the whole recorded range, joined smoothly, at the pace at which its speeds are
    most like the artist's.
    """
    low, high = span(takes)
    asked = _speeds([(take - low).astype(np.float64) / (high - low) for take in takes])
    walks = [_walk(steps, len(low), float(rate), seed) for rate in WALK_HZ]
    chosen = min(walks, key=lambda walk: _quantile_distance(_speeds([walk]), asked))
    return (low + (high - low) * chosen).astype(np.float32)


def _walk(steps: int, parameters: int, rate_hz: float, seed: int) -> Array:
    turns = np.arange(steps) / RATE_HZ * rate_hz
    points = np.random.default_rng(seed).random((int(turns[-1]) + 2, parameters))
    whole, part = turns.astype(int), (turns % 1.0)[:, None]
    blend = part * part * (3.0 - 2.0 * part)
    return np.asarray(points[whole] + (points[whole + 1] - points[whole]) * blend)
