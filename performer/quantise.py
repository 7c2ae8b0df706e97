"""Triggers that wait for the beat, so that the frame seen nearest to it is the one that changes."""

import math

FRAMES_AVERAGED = 10
# After a leap what waited for a beat that has just gone by waits no longer.
JUST_NOW_BEATS = 0.25


class Quantiser:
    """Knows which beats each frame is the nearest to, and which triggers wait for one."""

    def __init__(self) -> None:
        self._frame_s = 0.0
        self._begin = self._end = 0.0
        self._waiting: list[tuple[str, float]] = []

    def advance(self, dt_s: float, beat: float, bpm: float, *, leapt: bool = False) -> None:
        """The next frame, seen at `beat`; `leapt` if that does not follow from the one before."""
        self._frame_s += (max(dt_s, 0.0) - self._frame_s) / FRAMES_AVERAGED
        frame_beats = self._frame_s * bpm / 60
        end = beat + frame_beats / 2
        self._begin = end - max(frame_beats, JUST_NOW_BEATS) if leapt else self._end
        self._end = max(end, self._begin)

    def lands_on(self, beats: float) -> bool:
        """Whether this frame is the one nearest to a multiple of `beats`."""
        return math.floor(self._end / beats) > math.floor(self._begin / beats)

    def wait(self, name: str, beats: float) -> None:
        """Let a trigger wait for the next multiple of `beats`; it waits once, however often hit."""
        if (name, beats) not in self._waiting:
            self._waiting.append((name, beats))

    def due(self) -> list[str]:
        """The triggers whose beat this frame shows, in the order they came; they wait no more."""
        due = [entry for entry in self._waiting if self.lands_on(entry[1])]
        self._waiting = [entry for entry in self._waiting if entry not in due]
        return [name for name, _ in due]

    def clear(self) -> None:
        """Forget what waits."""
        self._waiting.clear()
