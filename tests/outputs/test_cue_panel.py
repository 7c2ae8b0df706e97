"""The cue list on the HUD: in bounds at any size, and the next cue's picture is there."""

import dataclasses

import numpy as np
import pygame
import pytest

from performer.outputs.hud import Hud
from performer.outputs.overlay import BLANK

RED = np.zeros((90, 160, 3), dtype=np.uint8)
RED[..., 0] = 255
STATUS = dataclasses.replace(BLANK, cues=("3 Deep", "4 " + "Bright shore " * 9), preview=RED)


def drawn(size: tuple[int, int], status=STATUS) -> tuple[Hud, pygame.Surface]:
    pygame.font.init()
    hud, surface = Hud(size), pygame.Surface(size, pygame.SRCALPHA, 32)
    hud.draw(surface, status)
    return hud, surface


@pytest.mark.parametrize("size", [(1280, 720), (1920, 1080), (640, 360), (720, 1280)])
@pytest.mark.parametrize("picture", [RED, RED[:1], RED[:, :1], None])
def test_it_stays_in_the_huds_areas(size: tuple[int, int], picture: np.ndarray | None) -> None:
    hud, surface = drawn(size, dataclasses.replace(STATUS, preview=picture, storing=True))
    assert len(hud.areas()) == 3
    for area in hud.areas():
        surface.fill((0, 0, 0, 0), area)
    assert not pygame.surfarray.pixels_alpha(surface).any()


def test_the_picture_is_shown_whole() -> None:
    _, surface = drawn((1280, 720))
    pixels = pygame.surfarray.pixels3d(surface)
    red = (pixels[..., 0] > 250) & (pixels[..., 1] < 5) & (pixels[..., 2] < 5)
    assert 158 * 88 <= red.sum() <= 160 * 90


def test_without_cues_the_picture_keeps_its_room() -> None:
    hud, _ = drawn((1280, 720), BLANK)
    assert len(hud.areas()) == 2
