"""When a cycle of JACK began, in seconds of the system's clock."""

WINDOW_S = 0.5
_FRAMES = 1 << 32


class FrameClock:
    """Turns JACK's frame counter, which is exact but of another clock, into seconds.

    A process callback runs some time after its cycle began, never before: so of the last cycles
    the one whose callback ran soonest tells how the two clocks lie to each other. The window of
    half a second to a second follows the drift of a sound card's clock (100 ppm: 0.1 ms).
    """

    def __init__(self, rate_hz: float) -> None:
        self._rate_hz = rate_hz
        self._total = self._frame = self._next = 0
        self._window_end_s = float("-inf")
        self._before_s = self._lead_s = float("-inf")

    def begin_s(self, frame: int, length: int, now_s: float) -> float:
        """When the cycle began that starts at `frame` and is `length` frames long.

        `frame` counts modulo 2**32 (24.8 hours at 48 kHz); `now_s` is taken in its callback. The
        comparison begins anew where the counter jumps, and where a callback seems to run later
        than a whole cycle: then the server was late, and with it the counter.
        """
        self._total += (frame - self._frame) % _FRAMES
        driver_s = self._total / self._rate_hz
        lead_s = now_s - driver_s
        late_s = lead_s - min(self._before_s, self._lead_s)
        if frame != self._next or late_s > length / self._rate_hz:
            self._before_s = self._lead_s = lead_s
            self._window_end_s = now_s + WINDOW_S
        elif now_s >= self._window_end_s:
            self._before_s, self._lead_s = self._lead_s, lead_s
            self._window_end_s = now_s + WINDOW_S
        self._frame, self._next = frame, (frame + length) % _FRAMES
        self._lead_s = min(self._lead_s, lead_s)
        return driver_s + min(self._before_s, self._lead_s)
