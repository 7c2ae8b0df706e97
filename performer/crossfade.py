"""The fade to the other deck that a trigger begins; a hand on the crossfader ends it."""

SHORTEST_S = 1e-3


class Crossfade:
    """Moves the crossfader, 0 (deck A) to 1 (deck B), at an even pace."""

    def __init__(self) -> None:
        self._goal: float | None = None

    def swap(self, mix: float) -> None:
        """From `mix` go to the deck that is less seen, or back, if it is on its way."""
        towards = self._goal if self._goal is not None else round(mix)
        self._goal = 1.0 - towards

    def stop(self) -> None:
        """Stay where it is."""
        self._goal = None

    def advance(self, mix: float, dt_s: float, fade_s: float) -> float | None:
        """Where the crossfader is `dt_s` later, if it moves; the whole way takes `fade_s`."""
        if self._goal is None:
            return None
        step = dt_s / max(fade_s, SHORTEST_S)
        mix = min(mix + step, 1.0) if self._goal else max(mix - step, 0.0)
        if mix == self._goal:
            self._goal = None
        return mix
