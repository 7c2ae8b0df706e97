"""What reading one file may cost, so that a few bytes cannot ask for much."""

from models.importers.refusal import refuse

STEPS = 500_000  # an official file of 256 px takes 32,000, one of 1024 px little more
SPARE_BYTES = 1 << 20
DEPTH = 64


class Budget:
    """Counts the steps and the bytes that one file still may use, all that is nested in it too."""

    def __init__(self, file_bytes: int) -> None:
        self._steps = STEPS
        # A file has its numbers once, and at most once more as text of an old protocol.
        self._bytes = 2 * file_bytes + SPARE_BYTES

    def step(self) -> None:
        """One step of the reader."""
        self._steps -= 1
        if self._steps < 0:
            refuse("it takes more steps to read than any model does")

    def take(self, count: int) -> None:
        """Memory for something that the file describes but does not itself hold."""
        self._bytes -= count
        if count < 0 or self._bytes < 0:
            refuse("it asks for more memory than its own size")
