"""The window on SDL's dummy driver: what is drawn, what the keys do, how it refuses."""

from collections.abc import Callable, Iterator

import numpy as np
import pygame
import pytest

from performer.clock import ManualClock
from performer.events import KeyEvent
from performer.outputs import Display, DisplayError
from performer.outputs import window as windows
from performer.outputs.display import PygameDisplay
from performer.outputs.layout import Output
from performer.outputs.overlay import BLANK
from performer.status import Status

CALLS: list[Status] = []


def status() -> Status:
    CALLS.append(BLANK)
    return BLANK


def halves(height: int = 90, width: int = 160) -> np.ndarray:
    """Red on the left, blue on the right."""
    image = np.zeros((height, width, 3), np.uint8)
    image[:, : width // 2] = (255, 0, 0)
    image[:, width // 2 :] = (0, 0, 255)
    return image


def press(name: str, unicode: str = "") -> None:
    for kind in (pygame.KEYDOWN, pygame.KEYUP):
        code = pygame.key.key_code(name)
        pygame.event.post(pygame.event.Event(kind, key=code, unicode=unicode, mod=0))


Opener = Callable[..., PygameDisplay]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(100.0)


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch, clock: ManualClock) -> Iterator[Opener]:
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    displays = []

    def open_(**options: object) -> PygameDisplay:
        hint = bool(options.pop("hint", False))
        output = Output(**({"windowed": True, "size": (640, 360)} | options))
        displays.append(PygameDisplay(clock, [output], hint=hint))
        displays[-1].poll()
        return displays[-1]

    CALLS.clear()
    yield open_
    for display in displays:
        display.close()


def shot(display: PygameDisplay, image: np.ndarray) -> np.ndarray:
    """The window's pixels (H, W, 3) as drawn; read before the swap, which may discard them."""
    renderer, seen = display._renderer, []
    original = display._draw_caption

    def draw_and_look() -> None:
        original()
        seen.append(pygame.surfarray.array3d(renderer.to_surface()).swapaxes(0, 1))

    display._draw_caption = draw_and_look  # type: ignore[method-assign]
    display.present(image, status)
    display._draw_caption = original  # type: ignore[method-assign]
    return seen[0]


def test_the_image_fills_a_window_of_its_shape(opened: Opener) -> None:
    pixels = shot(opened(), halves())
    assert pixels.shape == (360, 640, 3)
    assert (pixels[:, :300] == (255, 0, 0)).all()
    assert (pixels[:, 340:] == (0, 0, 255)).all()


def test_contain_leaves_black_bars_and_cover_leaves_none(opened: Opener) -> None:
    contained = opened()
    pixels = shot(contained, halves(100, 100))
    assert (pixels[:, :139] == 0).all() and (pixels[:, 501:] == 0).all()
    assert (pixels[:, 141:310] == (255, 0, 0)).all()
    contained.close()
    assert (shot(opened(fit="cover"), halves(100, 100))[:, 0] == (255, 0, 0)).all()


def test_a_canvas_may_change_its_size(opened: Opener) -> None:
    display = opened()
    for size in ((90, 160), (180, 320), (36, 64)):
        assert (shot(display, halves(*size))[180, 10] == (255, 0, 0)).all()


def test_a_clean_output_never_asks_for_the_status(opened: Opener) -> None:
    display = opened()
    display.present(halves(), status)
    assert not CALLS


def test_h_shows_the_hud_and_hides_it(opened: Opener, clock: ManualClock) -> None:
    display = opened()
    clean = shot(display, halves())
    press("h")
    assert display.poll() == []
    covered = shot(display, halves())
    assert covered[30, 20, 0] < 80 and (covered[150, 20] == (255, 0, 0)).all()
    press("h")
    display.poll()
    assert (shot(display, halves()) == clean).all()


@pytest.mark.parametrize(("key", "unicode"), [("f1", ""), ("/", "/"), ("-", "?")])
def test_the_help_covers_the_picture(opened: Opener, key: str, unicode: str) -> None:
    display = opened()
    press(key, unicode)
    display.poll()
    assert display.switches.help
    assert shot(display, halves())[180, 20, 0] < 80


def test_an_overlay_is_drawn_ten_times_a_second(opened: Opener, clock: ManualClock) -> None:
    display = opened()
    display.switches.hud = True
    for frame in range(60):
        clock.now_s = 100.0 + frame / 60
        display.present(halves(), status)
    assert 9 <= len(CALLS) <= 11


def test_other_keys_are_events_with_the_clock_on_them(opened: Opener) -> None:
    display = opened()
    press("space")
    assert display.poll() == [
        KeyEvent(100.0, "space", True),
        KeyEvent(100.0, "space", False),
    ]


@pytest.mark.parametrize("key", ["escape", "q"])
def test_a_key_quits(opened: Opener, key: str) -> None:
    display = opened()
    press(key)
    assert display.poll() == []
    assert display.closed


def test_the_closed_window_quits(opened: Opener) -> None:
    display = opened()
    pygame.event.post(pygame.event.Event(pygame.WINDOWCLOSE))
    display.poll()
    assert display.closed


def test_after_close_nothing_happens(opened: Opener) -> None:
    display = opened()
    display.close()
    display.close()
    display.present(halves(), status)
    assert display.poll() == []
    assert display.closed
    assert display.describe() == "closed"


def test_f_goes_fullscreen_and_back(opened: Opener) -> None:
    display: Display = opened()
    press("f")
    display.poll()
    assert display.describe().startswith("fullscreen 1024x768")
    assert not pygame.mouse.get_visible()
    press("f")
    display.poll()
    assert display.describe().startswith("window")
    assert pygame.mouse.get_visible()


def test_a_display_that_is_not_there(opened: Opener) -> None:
    with pytest.raises(DisplayError, match="no display 3: there is only display 0"):
        opened(display=3)
    with pytest.raises(DisplayError, match="there are 2, 0 to 1"):
        windows.check_display(-1, 2)


@pytest.mark.parametrize("driver", ["nosuch", "x11"])
def test_no_screen_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, clock: ManualClock, driver: str
) -> None:
    monkeypatch.setenv("SDL_VIDEODRIVER", driver)
    monkeypatch.delenv("DISPLAY", raising=False)
    with pytest.raises(DisplayError, match="--headless"):
        PygameDisplay(clock, [Output()])


def test_drawing_to_nowhere_is_refused(monkeypatch: pytest.MonkeyPatch, clock: ManualClock) -> None:
    for name in ("SDL_VIDEODRIVER", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(windows.pygame.display, "get_driver", lambda: "offscreen")
    monkeypatch.setattr(windows.pygame.display, "init", lambda: None)
    with pytest.raises(DisplayError, match="No screen was found"):
        PygameDisplay(clock, [Output()])


def test_a_dummy_screen_does_not_pace(opened: Opener) -> None:
    display = opened()
    assert not display.paced
    assert display.refresh_hz == 60.0
