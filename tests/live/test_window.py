"""A real window under a real X server: what is on its screen, and what its keys do."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray
from parts import Screen, end, require, wait_until

pytestmark = pytest.mark.live

DEADLINE_S = 15.0

PLAYER = """
import sys
import numpy as np
from performer.clock import SystemClock
from performer.outputs.display import PygameDisplay
from performer.outputs.layout import Output
from performer.outputs.overlay import BLANK

output = Output(windowed="--fullscreen" not in sys.argv, size=(640, 360))
display = PygameDisplay(SystemClock(), [output], hint=False)
print(display.describe(), flush=True)
image = np.zeros((90, 160, 3), np.uint8)
image[:, :80], image[:, 80:] = (255, 0, 0), (0, 0, 255)
while not display.closed:
    display.present(image, lambda: BLANK)
    for event in display.poll():
        print(event.key, event.pressed, flush=True)
display.close()
print("closed", flush=True)
"""


@dataclass
class Player:
    """The program with the window, and hands for its keyboard."""

    process: subprocess.Popen[str]
    window: str

    def do(self, *command: str) -> None:
        xdotool(*command)

    def press(self, key: str) -> None:
        xdotool("key", key)

    def line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()


def xdotool(*command: str) -> str:
    program = require("xdotool", "xdotool")
    done = subprocess.run([program, *command], capture_output=True, text=True, timeout=DEADLINE_S)
    return done.stdout.strip()


def the_window() -> str:
    return xdotool("search", "--onlyvisible", "--class", "^performer$").partition("\n")[0]


@pytest.fixture
def play(xvfb: Screen, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Player]]:
    # By its class, because xdotool cannot read the title as SDL writes it.
    monkeypatch.setenv("SDL_VIDEO_X11_WMCLASS", "performer")
    processes = []

    def start(*options: str) -> Player:
        process = subprocess.Popen(
            [sys.executable, "-c", PLAYER, *options], stdout=subprocess.PIPE, text=True
        )
        processes.append(process)
        player = Player(process, "")
        assert " on display 0" in player.line()
        until(the_window, "a window")
        player.window = the_window()
        xdotool("windowfocus", player.window)
        return player

    yield start
    for process in processes:
        with process:
            end(process)


def until(predicate: Callable[[], object], what: str) -> None:
    wait_until(predicate, DEADLINE_S, what)


def red_box(pixels: NDArray[np.uint8]) -> tuple[int, int, int, int]:
    """Left, top, width and height of what is purely red; zeros when nothing is."""
    red = (pixels[:, :, 0] > 250) & (pixels[:, :, 1] < 5) & (pixels[:, :, 2] < 5)
    if not red.any():
        return 0, 0, 0, 0
    rows, columns = np.flatnonzero(red.any(1)), np.flatnonzero(red.any(0))
    top, left = int(rows[0]), int(columns[0])
    return left, top, int(columns[-1]) - left + 1, int(rows[-1]) - top + 1


def near(box: tuple[int, ...], expected: tuple[int, ...]) -> bool:
    return all(abs(a - b) <= 4 for a, b in zip(box, expected, strict=True))


def test_the_image_is_on_the_screen_and_resizing_keeps_its_shape(
    xvfb: Screen, play: Callable[..., Player]
) -> None:
    player = play()
    until(lambda: near(red_box(xvfb.screenshot()), (320, 180, 320, 360)), "the image")
    player.do("windowmove", player.window, "0", "0")
    player.do("windowsize", player.window, "400", "600")
    # 400 wide at 16:9 is 225 high: bars of 187 above and below, red half of the width.
    until(lambda: near(red_box(xvfb.screenshot()), (0, 187, 200, 225)), "the resized image")
    assert not xvfb.screenshot()[10:180, :400].any()


def test_the_keys_of_the_window(xvfb: Screen, play: Callable[..., Player]) -> None:
    player = play()
    until(lambda: near(red_box(xvfb.screenshot()), (320, 180, 320, 360)), "the image")
    player.press("h")
    until(lambda: xvfb.screenshot()[193, 335, 0] < 80, "the HUD")
    player.press("h")
    until(lambda: near(red_box(xvfb.screenshot()), (320, 180, 320, 360)), "the clean image")
    player.press("F1")
    until(lambda: xvfb.screenshot()[360, 340, 0] < 80, "the help")
    player.press("space")
    assert [player.line(), player.line()] == ["space True", "space False"]
    player.press("q")
    assert player.line() == "closed"
    assert player.process.wait(DEADLINE_S) == 0


def test_fullscreen_fills_the_screen_without_a_border(
    xvfb: Screen, play: Callable[..., Player]
) -> None:
    player = play("--fullscreen")
    until(lambda: near(red_box(xvfb.screenshot()), (0, 0, 640, 720)), "the fullscreen image")
    assert xvfb.screenshot()[:, -1].any(axis=1).all()
    player.press("f")
    until(lambda: near(red_box(xvfb.screenshot()), (320, 180, 320, 360)), "the window")
    player.press("Escape")
    assert player.process.wait(DEADLINE_S) == 0


def test_in_fullscreen_a_second_stroke_quits_and_a_held_key_is_one(
    xvfb: Screen, play: Callable[..., Player]
) -> None:
    player = play("--fullscreen")
    clean = (0, 0, 640, 720)
    until(lambda: near(red_box(xvfb.screenshot()), clean), "the fullscreen image")
    player.do("keydown", "Escape")
    until(lambda: is_asked(xvfb), "the words")
    until(lambda: not is_asked(xvfb), "the words' end, while the X server repeats the key")
    time.sleep(1.0)
    player.do("keyup", "Escape")
    player.press("space")
    assert [player.line(), player.line()] == ["space True", "space False"], "it goes on"
    player.do("key", "Escape", "q")
    assert player.line() == "closed"
    assert player.process.wait(DEADLINE_S) == 0


def is_asked(screen: Screen) -> bool:
    """Whether the words lie over the foot of the picture, which is red and blue."""
    return bool((screen.screenshot()[600:, :, 1] > 200).any())


def test_alt_enter_and_f11_are_the_windows(xvfb: Screen, play: Callable[..., Player]) -> None:
    player = play("--fullscreen")
    until(lambda: near(red_box(xvfb.screenshot()), (0, 0, 640, 720)), "the fullscreen image")
    player.press("alt+Return")
    until(lambda: near(red_box(xvfb.screenshot()), (320, 180, 320, 360)), "the window")
    player.press("F11")
    player.press("Return")
    said = [player.line() for _ in range(4)]
    assert said[:2] == ["left alt True", "left alt False"], "Alt+Enter is no Return"
    assert said[2:] == ["return True", "return False"], "F11 is nobody else's"


def test_sigterm_closes_the_window_in_order(xvfb: Screen, play: Callable[..., Player]) -> None:
    player = play()
    until(lambda: red_box(xvfb.screenshot())[2] > 0, "the image")
    player.process.terminate()
    assert player.line() == "closed"
    assert player.process.wait(DEADLINE_S) == 0
