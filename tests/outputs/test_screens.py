"""Windows on SDL's dummy driver: what part of the picture each shows, and how it is bent."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pygame
import pytest

from performer.clock import ManualClock
from performer.outputs.display import PygameDisplay
from performer.outputs.layout import Blend, Output, load_outputs
from performer.outputs.overlay import BLANK
from performer.outputs.screen import Screen
from performer.outputs.test_card import CardShow, paint_card

SIZE = (400, 200)
RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)
CLOCK = ManualClock(1.0)


def quarters() -> np.ndarray:
    """Red, green over blue, white: (100, 200, 3)."""
    image = np.zeros((100, 200, 3), np.uint8)
    image[:50, :100], image[:50, 100:], image[50:, :100], image[50:, 100:] = RED, GREEN, BLUE, WHITE
    return image


Opener = Callable[..., PygameDisplay]


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Iterator[Opener]:
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    displays = []

    def open_(*outputs: Output, **options: bool) -> PygameDisplay:
        displays.append(PygameDisplay(CLOCK, outputs, hint=False, **options))
        return displays[-1]

    yield open_
    for display in displays:
        display.close()


def window(**settings: object) -> Output:
    return Output(**({"windowed": True, "size": SIZE, "fit": "stretch"} | settings))


def seen(screen: Screen, image: np.ndarray) -> np.ndarray:
    """A window's pixels (H, W, 3) as drawn."""
    screen.draw(image)
    surface = screen.renderer.to_surface()
    return pygame.surfarray.array3d(surface).swapaxes(0, 1)


def corners_of(pixels: np.ndarray) -> list[tuple[int, ...]]:
    """The colours near the top left, top right, bottom left and bottom right."""
    height, width = pixels.shape[:2]
    places = [(y, x) for y in (20, height - 20) for x in (20, width - 20)]
    return [tuple(int(c) for c in pixels[place]) for place in places]


@pytest.mark.parametrize(
    ("settings", "colours"),
    [
        ({}, [RED, GREEN, BLUE, WHITE]),
        ({"crop": (0.5, 0.0, 1.0, 1.0)}, [GREEN, GREEN, WHITE, WHITE]),
        ({"crop": (0.0, 0.5, 1.0, 1.0)}, [BLUE, WHITE, BLUE, WHITE]),
        ({"mirror": "left-right"}, [GREEN, RED, WHITE, BLUE]),
        ({"mirror": "top-bottom"}, [BLUE, WHITE, RED, GREEN]),
        ({"mirror": "both"}, [WHITE, BLUE, GREEN, RED]),
        ({"mirror": "left-right", "crop": (0.0, 0.0, 0.5, 1.0)}, [RED, RED, BLUE, BLUE]),
        ({"fit": "cover", "crop": (0.0, 0.0, 1.0, 0.5)}, [RED, GREEN, RED, GREEN]),
    ],
)
def test_a_part_of_the_picture(opened: Opener, settings: dict, colours: list) -> None:
    screen = opened(window(**settings))._screens[0]
    assert corners_of(seen(screen, quarters())) == colours


def test_a_cropped_part_between_bars_stays_within_them(opened: Opener) -> None:
    screen = opened(window(fit="contain", crop=(0.0, 0.0, 0.5, 1.0)))._screens[0]
    pixels = seen(screen, quarters())
    assert not pixels[:, :98].any() and not pixels[:, 302:].any()
    assert tuple(pixels[20, 110]) == RED and tuple(pixels[20, 290]) == RED


def test_a_crop_is_exact_to_a_pixel_of_the_screen(opened: Opener) -> None:
    """Two outputs that meet at 0.537 show one line where they meet, on a canvas of 20 columns."""
    image = np.zeros((10, 20, 3), np.uint8)
    image[:, 11:] = 255
    edge = 11 / 20
    for crop in ((0.0, 0.0, 0.737, 1.0), (0.237, 0.0, 1.0, 1.0)):
        display = opened(window(crop=crop))
        row = seen(display._screens[0], image)[100, :, 0].astype(int)
        place = (edge - crop[0]) / (crop[2] - crop[0]) * SIZE[0]
        assert abs(np.argmax(row > 127) - place) <= 1
        display.close()


def test_a_corner_pin(opened: Opener) -> None:
    corners = ((0.25, 0.25), (0.75, 0.0), (1.0, 1.0), (0.0, 1.0))
    screen = opened(window(corners=corners))._screens[0]
    pixels = seen(screen, quarters())
    assert not pixels[10, 10:250].any() and not pixels[:30, :90].any()
    assert tuple(pixels[70, 120]) == RED and tuple(pixels[30, 290]) == GREEN
    assert tuple(pixels[190, 20]) == BLUE and tuple(pixels[190, 380]) == WHITE
    # In perspective the middle of the picture lies where the diagonals cross.
    middle = np.array([3 / 7, 3 / 7])
    for corner, colour in zip(corners, (RED, GREEN, WHITE, BLUE), strict=True):
        x, y = (middle + 0.1 * (np.array(corner) - middle)) * SIZE
        assert tuple(pixels[round(y), round(x)]) == colour


def test_soft_edges_also_when_bent(opened: Opener) -> None:
    white = np.full((10, 20, 3), 255, np.uint8)
    for corners in (Output().corners, ((0.0, 0.0), (1.0, 0.02), (1.0, 1.0), (0.0, 1.0))):
        display = opened(window(blend=Blend(left=0.5), corners=corners))
        row = seen(display._screens[0], white)[100, :, 0].astype(int)
        assert row[1] < 40 and row[-5] == 255
        assert (np.diff(row[:190]) >= -1).all() and abs(row[100] - 255 * 0.5 ** (1 / 2.2)) < 6
        display.close()


def test_every_window_shows_its_part_and_only_the_first_may_wait(opened: Opener) -> None:
    left, right = window(name="left"), window(name="right", crop=(0.5, 0.0, 1.0, 1.0))
    display = opened(left, right)
    display.present(quarters(), lambda: BLANK)
    told = display.describe().split("; ")
    assert told[0].startswith("left: window 400x200") and told[1].startswith("right: window")
    assert "vsync" not in told[1]
    first, second = (corners_of(seen(screen, quarters())) for screen in display._screens)
    assert (first[0], second[0]) == (RED, GREEN)


def test_the_overlay_is_on_the_first_window_only(opened: Opener) -> None:
    asked = []
    display = opened(window(), window(corners=((0.1, 0.1), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))))
    display.switches.hud = True
    display.present(quarters(), lambda: asked.append(1) or BLANK)
    assert len(asked) == 1


def test_the_card_follows_the_file(opened: Opener, tmp_path: Path, caplog) -> None:
    file = tmp_path / "wall.toml"
    text = 'version = 1\n[[outputs]]\nname = "x"\nsize = [400, 200]\nfit = "stretch"\n'
    file.write_text(text)
    display = opened(*load_outputs(file), captions=True)
    show = CardShow(display, file)
    file.write_text(text + 'mirror = "both"\n')
    show.look(0.0)
    assert display._screens[0].output.mirror == "both"
    file.write_text(text + 'mirror = "bot"\n')
    show.look(0.1)
    assert not caplog.messages, "it does not look every frame"
    show.look(1.0)
    assert 'wall.toml:6: outputs[1].mirror: "bot" is not allowed' in caplog.messages[0]
    assert display._screens[0].output.mirror == "both"
    file.unlink()
    show.look(2.0)


def test_the_card_shows_names_and_stops(opened: Opener) -> None:
    display = opened(window(name="balcony"), captions=True)
    CardShow(display, None).show(CLOCK, lambda: False, 3, None)
    card = paint_card()
    assert card.shape == (1080, 1920, 3) and (card[0] == 255).all() and (card[:, -1] == 255).all()
    named = seen(display._screens[0], card).astype(int)
    plain = seen(opened(window())._screens[0], card).astype(int)
    changed = np.argwhere((named != plain).any(2))
    assert len(changed) > 100
    assert changed.min(0).tolist() > [80, 150] and changed.max(0).tolist() < [120, 250]
