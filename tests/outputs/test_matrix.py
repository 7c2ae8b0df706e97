"""The matrix and the sound's meters: in bounds at any size, and alive."""

import dataclasses
import math

import pygame
import pytest

from performer.outputs.hud import Hud
from performer.outputs.matrix import Matrix
from performer.outputs.overlay import BLANK, Overlay
from performer.outputs.window_keys import Switches
from performer.status import Motion

SWAY = Motion("sine 4 beats", "hue", 0.3, 0.5)
SOUND = (0.5, 0.9, 0.1, 0.2, 0.3, 1.0)


def drawn(size: tuple[int, int] = (1280, 720), **changes: object) -> pygame.Surface:
    pygame.font.init()
    surface = pygame.Surface(size, pygame.SRCALPHA, 32)
    Matrix(size).draw(surface, dataclasses.replace(BLANK, **changes))  # type: ignore[arg-type]
    return surface


@pytest.mark.parametrize("size", [(1280, 720), (1920, 1080), (640, 360), (720, 1280), (1, 1)])
@pytest.mark.parametrize("count", [0, 1, 7, 8, 10, 20, 60])
def test_it_draws_at_any_size_and_only_in_its_area(size: tuple[int, int], count: int) -> None:
    wide = Motion("x" * 200, "y" * 200, -4.0, math.nan)
    surface = drawn(
        size, modulation=(SWAY, wide) * (count // 2) + (SWAY,) * (count % 2), sound=SOUND
    )
    if size[0] >= 640:
        surface.fill((0, 0, 0, 0), Matrix(size).areas()[0])
        assert not pygame.surfarray.pixels_alpha(surface).any()


@pytest.mark.parametrize(
    "changes",
    [
        {"modulation": (dataclasses.replace(SWAY, output=-0.5),)},
        {"modulation": (dataclasses.replace(SWAY, depth=0.2),)},
        {"modulation": (dataclasses.replace(SWAY, parameter="zoom"),)},
        {"modulation_amount": 0.5},
        {"sound": SOUND},
    ],
)
def test_what_happens_is_seen(changes: dict[str, object]) -> None:
    looks = [drawn(**({"modulation": (SWAY,)} | each)) for each in ({}, changes)]
    assert len({pygame.image.tobytes(look, "RGBA") for look in looks}) == 2


def test_the_hud_shows_the_sound_when_there_is_one() -> None:
    looks = []
    for sound in ((), SOUND, (0.0,) * 6):
        looks.append(pygame.Surface((1280, 720), pygame.SRCALPHA, 32))
        Hud((1280, 720)).draw(looks[-1], dataclasses.replace(BLANK, sound=sound))
    assert len({pygame.image.tobytes(look, "RGBA") for look in looks}) == 3


def test_its_key_shows_and_hides_it() -> None:
    switches = Switches()
    assert switches.take("m", True, 0.0) and switches.overlay == "matrix"
    assert switches.take("h", True, 0.0) and switches.overlay == "matrix"
    assert switches.take("f1", True, 0.0) and switches.overlay == "help"
    overlay = Overlay((1280, 720))
    switches.take("f1", True, 0.0)
    assert overlay.redraw(switches, 0.0, lambda: BLANK)
    assert overlay.areas == Matrix((1280, 720)).areas()
    assert not overlay.redraw(switches, 0.01, lambda: BLANK), "it is not due"
    switches.take("m", True, 0.0)
    assert switches.overlay == "hud" and overlay.redraw(switches, 0.02, lambda: BLANK)
