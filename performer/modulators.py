"""Modulators: motion added to parameters by itself, by the sound, by triggers and by formulas."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from performer.envelopes import Envelopes
from performer.followers import Followers
from performer.formulas import Formulas
from performer.oscillators import Oscillators
from performer.parameters import INDEX, MODULATORS, TABLE
from performer.readings import Readings, placed
from performer.schema import MODULATOR_KINDS, Modulator
from performer.status import Motion

Array = npt.NDArray[np.float64]

MINIMA = np.array([parameter.minimum for parameter in TABLE])
MAXIMA = np.array([parameter.maximum for parameter in TABLE])
DEFAULTS = np.array([parameter.default for parameter in TABLE])
AMOUNT = INDEX["modulation.amount"]
DEPTHS, RATES = (
    np.array([INDEX[f"modulation.{i}.{factor}"] for i in range(1, MODULATORS + 1)])
    for factor in ("depth", "rate")
)
SETTLE_S = 0.1
TURNS_MAXIMUM = 2.0**52  # beyond it no turn has parts


class Part(Protocol):
    """All modulators of one kind; what they remember is `state`, one column each."""

    state: Array

    def outputs(self) -> Array: ...


class Modulators:
    """All the modulators of a patch.

    What they read, their own depth and rate too, is the parameters as the hand and the scenes set
    them now, with the motion of the last frame: so a modulator may read what another moves, or
    what it moves itself, and there is no order and no loop.
    A phase of the music's leaps where the beat does; what it moves glides there.
    """

    def __init__(self, specs: Sequence[Modulator]) -> None:
        self._beat = 0.0
        self._leaps = False
        self._motion = np.zeros(len(TABLE))
        self._load(specs)

    def replace(self, specs: Sequence[Modulator]) -> dict[int, int]:
        """Take other modulators; one that only changes its pace or depth goes on where it is.

        A modulator is known by its name, or else by what it does, wherever it stands. Returns the
        new place of each that goes on and the one where it was, from 0.
        """
        places = {key: i for i, key in enumerate(self._keys)}
        outputs, before = self._outputs, (self._parts, self._columns)
        self._load(specs)
        kept = {i: places[key] for i, key in enumerate(self._keys) if key in places}
        for i, old in kept.items():
            kind, column = self._columns[i]
            old_kind, old_column = before[1][old]
            if kind == old_kind:
                self._parts[kind].state[:, column] = before[0][kind].state[:, old_column]
        self._oscillators.go_on(self._beat)
        self._envelopes.go_on(self._beat)
        self._refresh()
        for i, old in kept.items():
            self._lag[i] = outputs[old] - self._outputs[i]
        self._refresh()
        return kept

    @property
    def turns(self) -> tuple[float, ...]:
        """How many turns each oscillator has made at a pace of its own."""
        return tuple(self._oscillators.state[0].tolist())

    @property
    def beat(self) -> float:
        """The beat up to which they have gone."""
        return self._beat

    def restore(self, turns: Sequence[float], beat: float) -> None:
        """Go on from these turns at a beat, if they are those of as many oscillators."""
        state = self._oscillators.state[0]
        largest = np.abs((*turns, beat)).max()
        if len(turns) == len(state) and largest < TURNS_MAXIMUM:
            state[:] = turns
            self._beat, self._leaps = beat, False
            self._oscillators.go_on(beat)
            self._lag[:] = 0.0
            self._refresh()

    def _load(self, specs: Sequence[Modulator]) -> None:
        self.specs = tuple(specs)
        self._keys = _identities(specs)
        self._members = {
            kind: np.array([i for i, spec in enumerate(specs) if spec.kind == kind], np.intp)
            for kind in MODULATOR_KINDS
        }
        places = {i: (k, column) for k, m in self._members.items() for column, i in enumerate(m)}
        self._columns = [places[i] for i in range(len(specs))]
        self._factors = np.ones(len(specs))
        self._lag, self._outputs = np.zeros(len(specs)), np.zeros(len(specs))
        self._load_parts(specs)
        self._load_targets(specs)
        self._refresh()

    def _load_parts(self, specs: Sequence[Modulator]) -> None:
        of = {kind: [specs[i] for i in members] for kind, members in self._members.items()}
        self._readings = Readings([spec.name for spec in specs])
        self._oscillators = Oscillators(of["shape"])
        self._followers = Followers(of["source"], self._readings)
        self._envelopes = Envelopes(of["trigger"])
        self._formulas = Formulas(of["expression"], self._readings)
        self._parts: dict[str, Part] = {
            "shape": self._oscillators,
            "source": self._followers,
            "trigger": self._envelopes,
            "expression": self._formulas,
        }

    def _load_targets(self, specs: Sequence[Modulator]) -> None:
        names = [spec.name for spec in specs]
        targets = [INDEX[placed(spec.parameter, names)] for spec in specs]
        self._targets = np.array(targets, dtype=np.intp)
        self._stepped = [(i, TABLE[i]) for i in sorted(set(targets)) if TABLE[i].step]
        depths = np.array([spec.depth for spec in specs], dtype=np.float64)
        self._depths = depths * (MAXIMA - MINIMA)[self._targets]

    def expect_leap(self) -> None:
        """The next beat will not follow from the one before: go on from where the waves are."""
        self._leaps = True

    def hear(self, word: str, time_s: float, strength: float = 1.0) -> None:
        """A trigger was pulled, or something struck, at `time_s`; words as in `triggers`."""
        self._envelopes.hear(word, time_s, strength)

    def advance(
        self,
        now_s: float,
        dt_s: float,
        beat: float,
        values: Array = DEFAULTS,
        sound: Sequence[float] | None = None,
    ) -> None:
        """Let `dt_s` pass, up to `now_s` and a beat of the music.

        `values` are the parameters without motion, in table order and units; `sound` is as the
        ear tells it.
        """
        self._beat = beat
        if not self.specs:
            return
        known = np.clip(values + self._motion, MINIMA, MAXIMA)
        self._readings.update(sound, beat, known, self._outputs)
        rates = self._take_factors(known)
        self._lag *= np.exp(-dt_s / SETTLE_S)
        of = {kind: rates[members] for kind, members in self._members.items()}
        leapt = self._oscillators.advance(dt_s * of["shape"], beat, of["shape"])
        if self._leaps:
            leapt, self._leaps = self._oscillators.in_time, False
        self._followers.advance(dt_s * of["source"])
        self._envelopes.advance(now_s, dt_s, beat, of["trigger"])
        self._formulas.advance()
        before = self._outputs
        self._refresh()
        if leapt.any():
            places = self._members["shape"][leapt]
            self._lag[places] += (before - self._outputs)[places]
            self._refresh()

    def _take_factors(self, known: Array) -> Array:
        """Set how deep each goes, and tell how fast (n,)."""
        count = len(self.specs)
        rates = np.ones(count)
        rates[:MODULATORS] = known[RATES[:count]]
        self._factors = np.full(count, known[AMOUNT])
        self._factors[:MODULATORS] *= known[DEPTHS[:count]]
        return rates

    def _refresh(self) -> None:
        outputs = np.empty(len(self.specs))
        for kind, members in self._members.items():
            outputs[members] = self._parts[kind].outputs()
        self._outputs = np.clip(outputs + self._lag, -1.0, 1.0)

    def apply(self, values: Array) -> Array:
        """The values, in table order and units, with the motion added, inside their ranges."""
        moved = values.copy()
        np.add.at(moved, self._targets, self._depths * self._factors * self._outputs)
        np.clip(moved, MINIMA, MAXIMA, out=moved)
        for i, parameter in self._stepped:
            moved[i] = parameter.clamp(float(moved[i]))
        return moved

    def settle(self, values: Array, moved: Array) -> None:
        """The frame is made: from `values` the motion, the XY pad's too, led to `moved`."""
        self._motion = moved - values

    def waves(self) -> Array:
        """What each modulator gives now, -1..1."""
        return self._outputs

    def motions(self) -> tuple[Motion, ...]:
        """What each is and does now, for the player's eyes."""
        depths = self._depths * self._factors / (MAXIMA - MINIMA)[self._targets]
        return tuple(
            Motion(described(spec), spec.parameter, depth, output)
            for spec, depth, output in zip(
                self.specs, depths.tolist(), self._outputs.tolist(), strict=True
            )
        )


def described(spec: Modulator) -> str:
    """What moves, in a few words."""
    pace = f"{spec.beats:g} beats" if spec.beats else f"{spec.rate_hz or 0.0:g} Hz"
    what = f"{spec.shape} {pace}" if spec.shape else spec.source or spec.trigger or spec.expression
    return f"{spec.name}: {what}" if spec.name else what


def _identities(specs: Sequence[Modulator]) -> list[tuple[object, ...]]:
    """What tells the modulators apart: the name, or what each does, and the how many-th it is."""
    counts: dict[tuple[object, ...], int] = {}
    found = []
    for spec in specs:
        what = (spec.shape, spec.source, spec.trigger, spec.expression)
        key = (spec.name,) if spec.name else (*what, spec.parameter, spec.phase, spec.seed)
        counts[key] = counts.get(key, 0) + 1
        found.append((*key, counts[key]))
    return found
