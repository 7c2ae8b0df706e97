"""The line at the foot of the picture: the hint, and the question whether to quit."""

from collections.abc import Callable, Iterator

import numpy as np
import pygame
import pytest

from performer.clock import ManualClock
from performer.events import KeyEvent
from performer.outputs.captions import hint_alpha, question_surface
from performer.outputs.display import PygameDisplay
from performer.outputs.layout import Output
from performer.outputs.overlay import BLANK

SIZE = (640, 360)
WHITE = np.full((90, 160, 3), 255, np.uint8)
BLACK = np.zeros((90, 160, 3), np.uint8)
Opener = Callable[..., PygameDisplay]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(100.0)


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch, clock: ManualClock) -> Iterator[Opener]:
    """Opens a display of outputs, fullscreen (1024x768) if nothing else is asked for."""
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    displays = []

    def open_(*outputs: Output, hint: bool = False) -> PygameDisplay:
        displays.append(PygameDisplay(clock, outputs or [Output(fit="stretch")], hint=hint))
        displays[-1].poll()
        return displays[-1]

    yield open_
    for display in displays:
        display.close()


def strike(
    name: str, mod: int = 0, kinds: tuple[int, ...] = (pygame.KEYDOWN, pygame.KEYUP)
) -> None:
    for kind in kinds:
        code = pygame.key.key_code(name)
        pygame.event.post(pygame.event.Event(kind, key=code, unicode="", mod=mod))


def shot(display: PygameDisplay, image: np.ndarray, screen: int = 0) -> np.ndarray:
    """A window's pixels (H, W, 3), read before the swap."""
    renderer, seen = display._screens[screen].renderer, []
    drawn = display._draw_caption

    def draw_and_look() -> None:
        drawn()
        seen.append(pygame.surfarray.array3d(renderer.to_surface()).swapaxes(0, 1))

    display._draw_caption = draw_and_look  # type: ignore[method-assign]
    display.present(image, lambda: BLANK)
    display._draw_caption = drawn  # type: ignore[method-assign]
    return seen[0]


@pytest.mark.parametrize("key", ["escape", "q"])
@pytest.mark.parametrize("picture", [WHITE, BLACK])
def test_a_stroke_asks_legibly_for_two_seconds_and_leaves_no_trace(
    opened: Opener, clock: ManualClock, key: str, picture: np.ndarray
) -> None:
    display = opened()
    clean = shot(display, picture)
    strike(key)
    assert display.poll() == [] and not display.closed
    for after_s in (0.0, 1.0, 2.0):
        clock.now_s = 100.0 + after_s
        asking = shot(display, picture)
        plate = asking[650:730, 400:624]
        assert ((plate > 225).all(axis=2)).sum() > 500, "bright letters"
        assert ((plate < 16).all(axis=2)).sum() > 5000, "on a dark plate"
        assert (asking[:600] == clean[:600]).all()
    clock.now_s = 102.01
    assert (shot(display, picture) == clean).all()
    strike(key)
    display.poll()
    assert not display.closed, "too late: it asks anew"
    strike("escape")
    display.poll()
    assert display.closed


def test_two_strokes_in_one_frame_quit(opened: Opener) -> None:
    display = opened()
    strike("escape")
    strike("escape")
    display.poll()
    assert display.closed


def test_a_held_key_only_asks(opened: Opener, clock: ManualClock) -> None:
    display = opened()
    for frame in range(180):
        clock.now_s = 100.0 + frame / 60
        strike("escape", kinds=(pygame.KEYDOWN,))
        display.poll()
    assert not display.closed


def test_it_lies_over_the_hud_and_the_help(opened: Opener) -> None:
    display = opened()
    line = question_surface((1024, 768))
    for overlay in ("h", "f1"):
        strike(overlay)
        strike("escape")
        display.poll()
        assert not display.closed
        pixels = shot(display, WHITE)
        top, left = 768 - 2 * line.get_height(), (1024 - line.get_width()) // 2
        plate = pixels[top : top + line.get_height(), left : left + line.get_width()]
        opaque = pygame.surfarray.array_alpha(line).T == 255
        expected = pygame.surfarray.array3d(line).swapaxes(0, 1)
        assert (abs(plate.astype(int) - expected)[opaque] <= 2).all()
        display.switches.quitting.withdraw()


def test_it_is_lettered_for_the_window_as_it_is(opened: Opener, clock: ManualClock) -> None:
    display = opened(Output(windowed=True, size=SIZE, fit="stretch"))
    display.switches.others_fullscreen = True
    strike("q")
    display.poll()
    small = (shot(display, WHITE) < 16).sum()
    strike("f")
    display.poll()
    assert (shot(display, WHITE) < 16).sum() > 1.5 * small


def test_with_one_output_fullscreen_the_leading_window_asks_and_the_others_stay_clean(
    opened: Opener,
) -> None:
    display = opened(Output(windowed=True, size=SIZE), Output())
    clean = shot(display, WHITE, 1)
    strike("escape")
    display.poll()
    assert not display.closed
    assert (shot(display, WHITE, 0) < 16).any() and (shot(display, WHITE, 1) == clean).all()


def test_of_windows_alone_one_stroke_is_enough(opened: Opener) -> None:
    display = opened(Output(windowed=True, size=SIZE), Output(windowed=True, size=SIZE))
    strike("escape")
    display.poll()
    assert display.closed


def test_in_a_window_nothing_is_asked(opened: Opener) -> None:
    display = opened()
    strike("escape")
    strike("f")
    display.poll()
    assert not (shot(display, WHITE)[300:] < 16).any()


@pytest.mark.parametrize("event", [pygame.WINDOWCLOSE, pygame.QUIT])
def test_the_windows_button_and_the_system_end_it_at_once(opened: Opener, event: int) -> None:
    display = opened()
    pygame.event.post(pygame.event.Event(event))
    display.poll()
    assert display.closed


@pytest.mark.parametrize("mod", [pygame.KMOD_LALT, pygame.KMOD_RCTRL, pygame.KMOD_LMETA])
def test_a_shortcut_of_the_system_with_esc_is_no_stroke(opened: Opener, mod: int) -> None:
    display = opened(Output(windowed=True, size=SIZE))
    strike("escape", mod)
    assert display.poll() == [] and not display.closed
    strike("escape", pygame.KMOD_LSHIFT)
    display.poll()
    assert display.closed


def test_esc_may_come_up_while_another_key_is_held(opened: Opener) -> None:
    display = opened()
    strike("escape", kinds=(pygame.KEYDOWN,))
    strike("escape", pygame.KMOD_LCTRL, kinds=(pygame.KEYUP,))
    strike("escape")
    display.poll()
    assert display.closed


@pytest.mark.parametrize("mod", [pygame.KMOD_LCTRL, pygame.KMOD_LMETA, pygame.KMOD_LSHIFT])
def test_q_is_q_whatever_is_held_with_it(opened: Opener, mod: int) -> None:
    display = opened()
    strike("q", mod)
    display.poll()
    assert not display.closed
    strike("q", mod)
    display.poll()
    assert display.closed


@pytest.mark.parametrize("mod", [pygame.KMOD_LALT, pygame.KMOD_RALT])
@pytest.mark.parametrize("key", ["return", "enter"])
def test_alt_and_enter_toggle_fullscreen_and_are_no_cue(opened: Opener, key: str, mod: int) -> None:
    display = opened(Output(windowed=True, size=SIZE))
    strike(key, mod)
    assert display.poll() == []
    assert display.describe().startswith("fullscreen")
    strike(key)
    events = [KeyEvent(100.0, key, True), KeyEvent(100.0, key, False)]
    assert display.poll() == events, "alone it goes to the next cue"
    assert display.describe().startswith("fullscreen")


def test_f11_toggles_fullscreen(opened: Opener) -> None:
    display = opened(Output(windowed=True, size=SIZE))
    strike("f11")
    assert display.poll() == [] and display.describe().startswith("fullscreen")
    strike("f11")
    assert display.poll() == [] and display.describe().startswith("window")


def test_the_hint_holds_then_fades() -> None:
    assert hint_alpha(0.0) == hint_alpha(2.9) > hint_alpha(3.5) > hint_alpha(4.0) == 0
    assert hint_alpha(3.5) == 75


def test_the_hint_fades_and_stays_away(opened: Opener, clock: ManualClock) -> None:
    display = opened(hint=True)
    assert shot(display, BLACK).any()
    clock.now_s += 5.0
    assert not shot(display, BLACK).any()
    clock.now_s = 100.0
    assert not shot(display, BLACK).any()


def test_the_hint_goes_with_the_first_overlay(opened: Opener) -> None:
    display = opened(hint=True)
    strike("h")
    display.poll()
    shot(display, BLACK)
    strike("h")
    display.poll()
    assert not shot(display, BLACK).any()


def test_the_hint_says_how_often_to_press_esc(opened: Opener) -> None:
    widths = []
    for output in (Output(), Output(windowed=True, size=(1024, 768))):
        columns = shot(opened(output, hint=True), BLACK).any(axis=(0, 2))
        widths.append(columns.sum())
    assert widths[0] > widths[1] > 0
