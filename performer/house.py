"""The house: dark outside its hours, and sparing where the machine needs it."""

FADE_S = 8.0


class House:
    """How much light there is, 0..1: all while it is open."""

    def __init__(self) -> None:
        self._is_open = True
        self._light = 1.0
        self._has_begun = False

    def opens(self, is_open: bool) -> None:
        """Open or close it; a show that begins outside its hours begins dark."""
        self._is_open = is_open
        if not self._has_begun:
            self._light = float(is_open)

    def advance(self, dt_s: float) -> None:
        """Let `dt_s` pass."""
        self._has_begun |= dt_s > 0.0
        step = dt_s / FADE_S
        self._light = min(self._light + step, 1.0) if self._is_open else max(self._light - step, 0)

    def apply(self, values: dict[str, float]) -> None:
        """Take its light from a picture's values; in the dark none has to be drawn."""
        values["blackout"] = 1.0 - (1.0 - values["blackout"]) * self._light
        if self._light <= 0.0:
            values["freeze"] = 1.0


COSTLY = ("bloom.amount", "displacement.amount", "feedback.time")
SPARE_S = 1.0


class Thrift:
    """Fades the costly effects out where they are to be spared, and in again."""

    def __init__(self) -> None:
        self.spares = False
        self._share = 1.0

    def advance(self, dt_s: float) -> None:
        """Let `dt_s` pass."""
        step = dt_s / SPARE_S
        self._share = max(self._share - step, 0.0) if self.spares else min(self._share + step, 1.0)

    def apply(self, values: dict[str, float]) -> None:
        """Take their share from a picture's values."""
        if self._share < 1.0:
            values.update((name, self._share * values[name]) for name in COSTLY)
