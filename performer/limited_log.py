"""A log that says a thing once in a while, however often it happens."""

import logging

PERIOD_S = 5.0


class LimitedLog:
    """At most one line a period; what was left out is counted in the next."""

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger
        self._next_s = float("-inf")
        self._silent = 0

    def warning(self, now_s: float, message: str, *args: object) -> None:
        """Log at the instrument's time `now_s`, or only count."""
        if now_s < self._next_s:
            self._silent += 1
            return
        more = f" (and {self._silent} more)" if self._silent else ""
        self._logger.warning(message + more, *args)
        self._next_s, self._silent = now_s + PERIOD_S, 0
