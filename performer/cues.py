"""The cue list: which cue is out, which comes next, and when it follows by itself."""

from collections.abc import Sequence
from math import isfinite

from performer.schema import Cue

ROUNDING = 1e-6


class CueList:
    """The cues of a patch in their order; `index` is the one that is out, -1 before the first.

    The times count from the exact moment a cue was due, so a chain of follow-ons keeps its time
    at every frame rate.
    """

    def __init__(self, cues: Sequence[Cue]) -> None:
        self.cues = tuple(cues)
        self.index = -1
        self._passed_s = 0.0
        self._passed_beats = 0.0

    @property
    def current_index(self) -> int | None:
        """The place of the cue that is out."""
        return self.index if self.index >= 0 else None

    @property
    def current(self) -> Cue | None:
        """The cue that is out."""
        return self.cues[self.index] if self.index >= 0 else None

    @property
    def next_index(self) -> int | None:
        """The place of the next cue: after the last the first, if the last has a follow-on."""
        if self.index + 1 < len(self.cues):
            return self.index + 1
        current = self.current
        return 0 if current is not None and _follows(current) else None

    @property
    def next(self) -> Cue | None:
        """The cue that `go` lets out."""
        return None if self.next_index is None else self.cues[self.next_index]

    def go(self) -> Cue | None:
        """Let the next cue go out; None where there is none."""
        return None if self.next_index is None else self.go_to(self.next_index)

    def back(self) -> Cue | None:
        """Let the cue before go out again; None where there is none."""
        return self.go_to(self.index - 1)

    def go_to(self, index: int) -> Cue | None:
        """Let a cue go out, from 0; None where there is none of that number."""
        if not 0 <= index < len(self.cues):
            return None
        self.index = index
        self._passed_s = self._passed_beats = 0.0
        return self.cues[index]

    def rewind(self) -> None:
        """Before the first cue."""
        self.index = -1

    @property
    def passed(self) -> tuple[float, float]:
        """The seconds and beats since the cue went out."""
        return self._passed_s, self._passed_beats

    def follows_in_s(self, bpm: float) -> float | None:
        """The seconds until the next cue follows by itself; None where none does."""
        cue = self.current
        if cue is None or not _follows(cue):
            return None
        beats = cue.follow_beats - self._passed_beats
        left_s = beats * 60.0 / bpm if cue.follow_beats > 0.0 else cue.follow_s - self._passed_s
        return max(left_s, 0.0)

    def restore(self, index: int, passed_s: float, passed_beats: float) -> None:
        """Let a cue be out since then; where it is none of these, nothing changes."""
        if -1 <= index < len(self.cues) and isfinite(passed_s + passed_beats):
            self.index = index
            self._passed_s, self._passed_beats = max(passed_s, 0.0), max(passed_beats, 0.0)

    def replace(self, cues: Sequence[Cue]) -> None:
        """Take another list; the cue that is out keeps its place and time by name or number."""
        current = self.current
        self.cues = tuple(cues)
        if current is not None:
            names = [cue.name for cue in cues]
            named = current.name and current.name in names
            self.index = names.index(current.name) if named else min(self.index, len(cues) - 1)

    def advance(self, dt_s: float, beats: float) -> Cue | None:
        """Let `dt_s` and `beats` pass: the cue that now follows by itself, the last if many do."""
        self._passed_s += dt_s
        self._passed_beats += beats
        followed = None
        # Bounded, because a stall may have slept through any number of short ones.
        for _ in range(len(self.cues)):
            left = self._overdue(dt_s, beats)
            if left is None:
                break
            followed = self.go()
            self._passed_s, self._passed_beats = left * dt_s, left * beats
        return followed

    def _overdue(self, dt_s: float, beats: float) -> float | None:
        """The part 0..1 of this frame since the follow-on was due; None where it is not yet."""
        cue = self.current
        if cue is None or not _follows(cue):
            return None
        if cue.follow_beats > 0.0:
            late, step = self._passed_beats - cue.follow_beats, beats
        else:
            late, step = self._passed_s - cue.follow_s, dt_s
        # The sum of many frames misses a whole number by a little.
        if late < -ROUNDING:
            return None
        return min(max(late / step, 0.0), 1.0) if step > 0.0 else 0.0


def _follows(cue: Cue) -> bool:
    return cue.follow_s > 0.0 or cue.follow_beats > 0.0
