"""Envelopes: one rise and fall for each trigger."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from performer.schema import Modulator
from performer.triggers import parse_trigger

Array = npt.NDArray[np.float64]

# What was struck so long before a frame is over: the show was frozen or stalled.
LATEST_S = 0.25


class Envelopes:
    """The modulators with a trigger.

    `state` is (3, n): how long ago each was struck, in its own seconds; where it stood then; and
    how strong the stroke was. It depends on these alone, so every frame rate draws the same.
    """

    def __init__(self, specs: Sequence[Modulator]) -> None:
        self._attacks_s = np.array([spec.attack_s for spec in specs], dtype=np.float64)
        self._decays_s = np.array([spec.decay_s for spec in specs], dtype=np.float64)
        holds_s = np.array([spec.hold_s for spec in specs], dtype=np.float64)
        self._falls_s = self._attacks_s + holds_s
        self._members: dict[str, list[int]] = {}
        for i, spec in enumerate(specs):
            self._members.setdefault(parse_trigger(spec.trigger), []).append(i)
        self.state = np.zeros((3, len(specs)))
        self.state[0] = np.inf
        self._struck: dict[int, tuple[float, float]] = {}
        self._beat = 0.0

    def hear(self, word: str, time_s: float, strength: float) -> None:
        """Something was struck at `time_s`, `scene.3` for a scene too; the next frame shows it."""
        for each in {word, word.partition(".")[0]}:
            for i in self._members.get(each, ()):
                self._struck[i] = time_s, strength

    def go_on(self, beat: float) -> None:
        """Stand at a beat, without a stroke."""
        self._beat = beat

    def advance(self, now_s: float, dt_s: float, beat: float, rates: Array) -> None:
        """Let `dt_s`, times its rate (n,) for each, pass up to `now_s` and a beat."""
        self._count(now_s, dt_s, beat)
        self.state[0] += dt_s * rates
        for i, (time_s, strength) in self._struck.items():
            if now_s - time_s <= LATEST_S + dt_s:
                ago_s = min(max(now_s - time_s, 0.0), dt_s) * rates[i]
                before = self._shape(self.state[:, i], i, self.state[0, i] - ago_s)
                self.state[:, i] = ago_s, before, strength
        self._struck.clear()

    def _count(self, now_s: float, dt_s: float, beat: float) -> None:
        """Strike what waits for the beat or the bar that began since the last frame."""
        before, self._beat = self._beat, beat
        for word, beats in (("beat", 1.0), ("bar", 4.0)):
            begun = np.floor(beat / beats)
            if word in self._members and begun != np.floor(before / beats):
                ago = (beat - begun * beats) / (beat - before) if beat > before else 0.0
                self.hear(word, now_s - min(float(ago), 1.0) * dt_s, 1.0)

    def outputs(self) -> Array:
        """Where each is, 0..1."""
        return self._shape(self.state, slice(None), self.state[0])

    def _shape(self, state: Array, which: int | slice, ages_s: Array | float) -> Array:
        """A line up, and after the hold a parabola down, which ends at rest."""
        attacks_s, decays_s = self._attacks_s[which], self._decays_s[which]
        rise = np.where(attacks_s > 0.0, np.clip(ages_s / np.maximum(attacks_s, 1e-9), 0.0, 1.0), 1)
        left_s = self._falls_s[which] + decays_s - ages_s
        fall = np.clip(left_s / np.maximum(decays_s, 1e-9), 0.0, 1.0)
        return (state[1] + (state[2] - state[1]) * rise) * fall * fall
