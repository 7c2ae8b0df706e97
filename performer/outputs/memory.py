"""Outputs without devices: a display without a screen, and controllers that only remember."""

from collections import deque
from collections.abc import Callable, Iterable, Mapping

from performer.clock import Clock
from performer.events import KeyEvent
from performer.outputs.base import OVERLAY_PERIOD_S, Image
from performer.outputs.window_keys import Switches
from performer.status import Status


class MemoryDisplay:
    """Keeps the last image, counts frames, and plays scripted keys.

    `keys` are (time in seconds, pygame key name, pressed) in the order of time; each is handed
    over by the first `poll` at or after its time, stamped with that time.
    """

    paced = False

    def __init__(
        self,
        clock: Clock,
        *,
        refresh_hz: float = 60.0,
        keys: Iterable[tuple[float, str, bool]] = (),
    ) -> None:
        self.refresh_hz = refresh_hz
        self.frames = 0
        self.last: Image | None = None
        self.last_status: Status | None = None
        self.switches = Switches()
        self._clock = clock
        self._keys = deque(keys)
        self._overlay_due_s = float("-inf")

    @property
    def closed(self) -> bool:
        return self.switches.closed

    def present(self, image: Image, status: Callable[[], Status]) -> None:
        # A copy, because an engine may draw the next frame into the same buffer.
        self.last = image.copy()
        self.frames += 1
        now_s = self._clock.now()
        if self.switches.overlay and now_s >= self._overlay_due_s:
            self._overlay_due_s = now_s + OVERLAY_PERIOD_S
            self.last_status = status()

    def poll(self) -> list[KeyEvent]:
        events = []
        while self._keys and self._keys[0][0] <= self._clock.now():
            time_s, key, pressed = self._keys.popleft()
            if not self.switches.take(key, pressed, time_s):
                events.append(KeyEvent(time_s, key, pressed))
        return events

    def describe(self) -> str:
        return "memory, no screen"

    def close(self) -> None:
        self.switches.closed = True


class MemoryControllers:
    """MIDI devices and OSC programs that remember what they were told, and how often."""

    def __init__(self) -> None:
        self.midi: dict[tuple[str, int, int], int] = {}
        self.osc: dict[tuple[str, int], dict[str, float]] = {}
        self.count = 0

    def send(self, port: str, status: int, number: int, value: int) -> None:
        self.midi[port, status, number] = value
        self.count += 1

    def tell(self, peer: tuple[str, int], state: Mapping[str, float]) -> None:
        self.osc.setdefault(peer, {}).update(state)
        self.count += len(state)
