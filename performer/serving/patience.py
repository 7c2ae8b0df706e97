"""How long an instrument may be silent, and how soon a fallen one is started again."""

START_S = 120.0
SILENCE_S = 1.0
WAITS_S = (0.0, 0.0, 1.0, 3.0, 10.0, 30.0)
FORGIVEN_AFTER_S = 60.0


class Pulse:
    """Whether something still lives, from a number that changes while it does."""

    def __init__(self, now_s: float, first: int) -> None:
        self._last, self._heard_s, self._begun = first, now_s, False

    def feel(self, now_s: float, pulse: int) -> None:
        """Take the number as it is at `now_s`."""
        if pulse != self._last:
            self._last, self._heard_s, self._begun = pulse, now_s, True

    @property
    def begun(self) -> bool:
        """Whether it was ever alive."""
        return self._begun

    def is_lost(self, now_s: float) -> bool:
        """Whether it was silent for too long: longer is allowed while it starts."""
        return now_s - self._heard_s > (SILENCE_S if self._begun else START_S)


class Restarts:
    """At once at first, later and later while it keeps falling; a good minute forgives all."""

    def __init__(self) -> None:
        self.count = 0
        self._falls = 0

    def wait_s(self, played_s: float) -> float:
        """How long to wait before the next start, after it played for `played_s`."""
        if played_s > FORGIVEN_AFTER_S:
            self._falls = 0
        wait_s = WAITS_S[min(self._falls, len(WAITS_S) - 1)]
        self._falls += 1
        self.count += 1
        return wait_s
