"""The display without a screen, and that it is a `Display`."""

import numpy as np

from performer.clock import ManualClock
from performer.events import KeyEvent
from performer.outputs import Display
from performer.outputs.memory import MemoryDisplay
from performer.outputs.overlay import BLANK


def test_it_keeps_a_copy_of_the_last_image_and_counts() -> None:
    display = MemoryDisplay(ManualClock())
    image = np.full((4, 6, 3), 7, np.uint8)
    display.present(image, lambda: BLANK)
    image[:] = 9
    assert display.last is not None and (display.last == 7).all()
    assert display.frames == 1 and display.last_status is None


def test_scripted_keys_come_at_their_time() -> None:
    clock = ManualClock()
    display = MemoryDisplay(clock, keys=[(1.0, "b", True), (1.0, "h", True), (2.0, "b", False)])
    assert display.poll() == []
    clock.now_s = 1.5
    assert display.poll() == [KeyEvent(1.0, "b", True)]
    assert display.switches.hud
    clock.now_s = 2.0
    assert display.poll() == [KeyEvent(2.0, "b", False)]


def test_a_visible_overlay_asks_for_the_status_when_due() -> None:
    clock = ManualClock()
    display = MemoryDisplay(clock, keys=[(0.0, "h", True)])
    display.poll()
    calls = []
    for frame in range(60):
        clock.now_s = frame / 60
        display.present(np.zeros((2, 2, 3), np.uint8), lambda: calls.append(1) or BLANK)
    assert 9 <= len(calls) <= 11


def test_escape_closes_it() -> None:
    display: Display = MemoryDisplay(ManualClock(), keys=[(0.0, "escape", True)])
    display.poll()
    assert display.closed
