"""How long an instrument may be silent, and how soon a fallen one is started again."""

# To load a model and try it out; and, once that is done, to open a window and draw.
START_S, CALL_S = 120.0, 8.0
# Or so many times what is usual, for a large model or a busy machine is slow, yet alive.
SILENCE_S, SLOW, LONGEST_SILENCE_S = 1.25, 8.0, 10.0
USUAL = 0.1  # how much one beat counts in what is usual
# A longer step of the watch is a machine that slept, which is nobody's silence.
LONGEST_LOOK_S = 0.2
WAITS_S = (0.0, 0.0, 1.0, 2.0, 5.0)
FORGIVEN_AFTER_S = 60.0


class Pulse:
    """Whether something still lives, from a number that changes while it does.

    `start_s` is how long it may take to begin.
    """

    def __init__(self, now_s: float, first: int, start_s: float = START_S) -> None:
        self._start_s = start_s
        self._last, self._looked_s = first, now_s
        self._silent_s = self._usual_s = 0.0
        self.begun = False

    def feel(self, now_s: float, pulse: int) -> None:
        """Take the number as it is at `now_s`."""
        self._silent_s += min(now_s - self._looked_s, LONGEST_LOOK_S)
        self._looked_s = now_s
        if pulse != self._last:
            if self.begun:
                self._usual_s += USUAL * (self._silent_s - self._usual_s)
            self._last, self._silent_s, self.begun = pulse, 0.0, True

    @property
    def is_lost(self) -> bool:
        """Whether it was silent for too long: longer is allowed while it starts."""
        borne_s = min(max(SILENCE_S, SLOW * self._usual_s), LONGEST_SILENCE_S)
        return self._silent_s > (borne_s if self.begun else self._start_s)


class Restarts:
    """At once at first, later and later while it keeps falling; a good minute forgives all.

    `falls` counts those in a row.
    """

    def __init__(self) -> None:
        self.falls = 0

    def wait_s(self, played_s: float) -> float:
        """How long to wait before the next start, after it played for `played_s`."""
        if played_s > FORGIVEN_AFTER_S:
            self.falls = 0
        wait_s = WAITS_S[min(self.falls, len(WAITS_S) - 1)]
        self.falls += 1
        return wait_s
