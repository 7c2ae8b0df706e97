"""Tempo: where the music is, in beats."""


class Tempo:
    """Counts beats; `beat` is how many have passed since the show began."""

    def __init__(self) -> None:
        self.beat = 0.0

    def advance(self, dt_s: float, bpm: float) -> None:
        """Let `dt_s` pass at `bpm` beats a minute."""
        self.beat += dt_s * bpm / 60.0
