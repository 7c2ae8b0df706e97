"""The looper: a hand's gestures, kept against the beat and repeated."""

import math
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from performer.parameter import Parameter
from performer.parameters import BY_NAME

CELLS = 128  # a beat: 4 ms at 120 bpm, finer than frames are
LONGEST_BEATS = 16
LENGTHS = (1, 2, 4, 8, 16)
DOUBLE = np.dtype("<f8")
# A knob says nothing when it is let go: a hand that rests so long has let go.
REST_BEATS = 0.5
ALONE = ("bpm", "loop.beats", "autopilot.after")


def loop_length(beats: float) -> int:
    """The nearest of 1, 2, 4, 8 and 16 beats."""
    return int(2 ** min(max(round(math.log2(max(beats, 1.0))), 0), int(math.log2(LONGEST_BEATS))))


def is_loopable(parameter: Parameter) -> bool:
    """Whether gestures of a parameter are kept: of all values but those that the loop runs by."""
    return parameter.kind == "value" and parameter.name not in ALONE


class Lane:
    """The loop of one parameter: its target in each cell of the loop, constant in memory.

    A gesture that begins a lane writes for one whole length, so that what the hand left stays
    until the loop comes round; a later one overwrites what it passes and leaves the rest.
    """

    def __init__(self, length_beats: int, beat: float, target: float) -> None:
        self.length_beats = length_beats
        self._cells: npt.NDArray[np.float64] = np.full(length_beats * CELLS, target)
        self._first = self._last = _cell(beat)
        self._touched, self._target = beat, target
        self._whole = False
        self.held = True
        self.yielded = False

    @classmethod
    def of(cls, cells: bytes, beat: float) -> "Lane | None":
        """The loop that has these cells, none where they are those of no loop."""
        length = len(cells) // (CELLS * DOUBLE.itemsize)
        if length not in LENGTHS or len(cells) != length * CELLS * DOUBLE.itemsize:
            return None
        numbers = np.frombuffer(cells, DOUBLE)
        if not np.isfinite(numbers).all():
            return None
        lane = cls(length, beat, 0.0)
        lane._cells = numbers.astype(np.float64)
        lane.release()
        return lane

    @property
    def cells(self) -> bytes:
        """Its targets in all its cells, as little-endian float64."""
        return self._cells.astype(DOUBLE).tobytes()

    def touch(self, beat: float, target: float) -> None:
        """The hand moved the parameter while its movement is kept."""
        if not self.held:
            self._last = _cell(beat)
        self.held, self.yielded, self._touched = True, False, beat
        self._write(beat, target)

    def advance(self, beat: float) -> None:
        """The beat has gone on under the hand, which holds still or has let go."""
        has_rested = not 0.0 <= beat - self._touched < REST_BEATS
        if has_rested and self._is_whole(_cell(beat)):
            self.release()
        else:
            self._write(beat, self._target)

    def release(self) -> None:
        """The movement is not kept any longer."""
        self._whole, self.held = True, False

    def at(self, beat: float) -> float:
        """The target at a beat."""
        return float(self._cells[_cell(beat) % len(self._cells)])

    def _is_whole(self, cell: int) -> bool:
        """Whether the gesture that began the lane has gone round by now."""
        return self._whole or not 0 <= cell - self._first < len(self._cells)

    def _write(self, beat: float, target: float) -> None:
        """Keep that the hand held its last target until `beat`, and `target` from then on."""
        now, size = _cell(beat), len(self._cells)
        self._whole = self._is_whole(now)
        if not self._whole:
            # What is not played yet holds the newest value, so a first gesture may end anywhere.
            self._fill(now, self._first + size, target)
        else:
            passed = now - self._last - 1
            self._fill(now - passed if 0 < passed < size else now, now, self._target)
            self._fill(now, now + 1, target)
        self._last, self._target = now, target

    def _fill(self, begin: int, end: int, target: float) -> None:
        """Fill the cells [begin, end), at most one length, going round."""
        size = len(self._cells)
        start, count = begin % size, end - begin
        self._cells[start : start + count] = target
        self._cells[: max(start + count - size, 0)] = target


class Looper:
    """Records and repeats gestures: one lane for each parameter that a hand has moved.

    All is a function of the beats and targets it is given, alike at every frame rate.
    """

    def __init__(self) -> None:
        self._lanes: dict[str, Lane] = {}
        self._touched: set[str] = set()
        self._recording = self._playing = False

    @property
    def lanes(self) -> int:
        """How many parameters have a loop."""
        return len(self._lanes)

    def state(self) -> tuple[tuple[str, bytes], ...]:
        """All loops, each the bytes of its cells."""
        return tuple((name, lane.cells) for name, lane in sorted(self._lanes.items()))

    def restore(self, loops: Sequence[tuple[str, bytes]], beat: float) -> None:
        """Repeat these loops from a beat on; what is none is left out."""
        for name, cells in loops:
            if name in BY_NAME and is_loopable(BY_NAME[name]):
                lane = Lane.of(cells, beat)
                if lane is not None:
                    self._lanes[name] = lane

    def touch(self, name: str) -> None:
        """A hand, or a message, moved a parameter since the last `advance`."""
        if is_loopable(BY_NAME[name]):
            self._touched.add(name)

    def clear(self) -> None:
        """Forget all loops."""
        self._lanes.clear()

    def rest(self) -> None:
        """Leave all parameters alone until playing is switched on again."""
        for lane in self._lanes.values():
            lane.yielded = True

    def advance(
        self, beat: float, target: Callable[[str], float], *, beats: float, record: bool, play: bool
    ) -> dict[str, float]:
        """Go on to `beat`; the targets to set, of the parameters that a loop moves now.

        `target` tells where a parameter is going, `beats` how long a new loop is. While `record`
        is on touched parameters are kept; when it is off a touch takes the parameter from its
        loop until `play` is switched on again.
        """
        self._switch(record, play)
        for name in sorted(self._touched):
            self._keep(name, beat, target(name), beats)
        moved = self._touched.copy()
        self._touched.clear()
        values = {}
        for name, lane in self._lanes.items():
            if lane.held and name not in moved:
                lane.advance(beat)
            if play and not (lane.held or lane.yielded):
                values[name] = lane.at(beat)
        return values

    def _switch(self, record: bool, play: bool) -> None:
        if self._recording and not record:
            for lane in self._lanes.values():
                lane.release()
        if play and not self._playing:
            for lane in self._lanes.values():
                lane.yielded = False
        self._recording, self._playing = record, play

    def _keep(self, name: str, beat: float, target: float, beats: float) -> None:
        lane = self._lanes.get(name)
        if not self._recording:
            if lane is not None:
                lane.yielded = True
        elif lane is None:
            self._lanes[name] = Lane(loop_length(beats), beat, target)
        else:
            lane.touch(beat, target)


def _cell(beat: float) -> int:
    """The number of the cell in which a beat lies, counted from the show's first beat."""
    return math.floor(beat * CELLS)
