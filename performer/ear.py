"""The ear: what was last heard of the sound, one look a frame."""

import math
from collections.abc import Sequence

from performer.events import SoundEvent

HEARD = ("level", "bass", "mid", "treble", "brightness", "onset")
# A device that tells nothing any more is silent, whatever it told last.
SILENT_AFTER_S = 0.5
ONSET_SEEN_S = 0.2


class Ear:
    """Keeps the newest of all that `HEARD` names, but the strongest onset since the last look."""

    def __init__(self) -> None:
        self._newest = [0.0] * len(HEARD)
        self._onset = 0.0
        self._last_onset = (0.0, 0.0)
        self._heard_s: float | None = None

    def take(self, event: SoundEvent) -> None:
        """Take in a moment of sound; what is no number is 0."""
        self._newest = [_unit(getattr(event, name)) for name in HEARD]
        self._onset = max(self._onset, self._newest[-1])
        if self._newest[-1]:
            self._last_onset = self._newest[-1], event.time_s
        self._heard_s = event.time_s

    def look(self, now_s: float) -> Sequence[float] | None:
        """What is heard at `now_s`, each 0..1, in the order of `HEARD`; None is nothing."""
        if self._heard_s is None or now_s - self._heard_s > SILENT_AFTER_S:
            return None
        heard = [*self._newest[:-1], self._onset]
        self._onset = 0.0
        return heard

    def meters(self, now_s: float) -> tuple[float, ...]:
        """The same for the eye, the onset fading, without taking it away; () is nothing."""
        if self._heard_s is None or now_s - self._heard_s > SILENT_AFTER_S:
            return ()
        strength, struck_s = self._last_onset
        fade = math.exp(-max(now_s - struck_s, 0.0) / ONSET_SEEN_S)
        return *self._newest[:-1], strength * fade


def _unit(value: float) -> float:
    return min(max(value, 0.0), 1.0) if math.isfinite(value) else 0.0
