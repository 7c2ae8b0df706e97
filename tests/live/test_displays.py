"""Outputs on two real displays: each full, each its part, and bent as the file says."""

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from parts import running, wait_until
from two_displays import screenshot, two_displays

pytestmark = pytest.mark.live

PERFORMER = (sys.executable, "-c", "from performer.cli import main; main()")
DEADLINE_S = 20.0
OUTPUTS = """
version = 1
[[outputs]]
name = "one"
fit = "stretch"
[[outputs]]
name = "two"
display = 1
fit = "stretch"
mirror = "left-right"
"""


@pytest.fixture
def display(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with two_displays(tmp_path) as name:
        monkeypatch.setenv("DISPLAY", name)
        monkeypatch.setenv("SDL_VIDEODRIVER", "x11")
        yield name


def halves(display: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    both = screenshot(display).astype(int)
    assert both.shape == (480, 1280, 3)
    return both[:, :640], both[:, 640:]


def test_two_displays_show_the_card_and_follow_the_file(display: str, tmp_path: Path) -> None:
    file = tmp_path / "wall.toml"
    file.write_text(OUTPUTS)

    def shows_both() -> bool:
        """The second is the first turned over, but for the names in the middle."""
        left, right = halves(display)
        off = abs(left - right[:, ::-1])[:180]
        return bool(left[:180].std() > 20 and off.mean() < 4)

    def is_bent() -> bool:
        left, right = halves(display)
        return bool(not right[:90, :150].any() and left[:90, :150].std() > 20)

    with running(*PERFORMER, "play", "--test-card", "--outputs", str(file)) as process:
        wait_until(shows_both, DEADLINE_S, "the card on both displays")
        file.write_text(OUTPUTS + "corners = [[0.3, 0.2], [1, 0], [1, 1], [0.3, 1]]\n")
        wait_until(is_bent, DEADLINE_S, "the bent card")
        process.terminate()
        assert process.wait(DEADLINE_S) == 0
        assert process.stdout is not None
        told = process.stdout.read()
    assert "one: fullscreen 640x480 on display 0" in told
    assert "two: fullscreen 640x480 on display 1" in told


def test_the_show_plays_on_two_displays(display: str, tmp_path: Path) -> None:
    file = tmp_path / "wall.toml"
    file.write_text(OUTPUTS)

    def shows_both() -> bool:
        left, right = halves(display)
        return bool(left.std() > 10 and abs(left - right[:, ::-1]).mean() < 4)

    command = ["play", "--outputs", str(file), "--osc", "none", "--midi", "none"]
    with running(*PERFORMER, *command):
        wait_until(shows_both, DEADLINE_S, "the show on both displays")


def test_a_display_that_is_not_there_is_one_sentence(display: str, tmp_path: Path) -> None:
    file = tmp_path / "wall.toml"
    file.write_text("version = 1\n[[outputs]]\ndisplay = 2\n")
    with running(*PERFORMER, "play", "--test-card", "--outputs", str(file)) as process:
        assert process.wait(DEADLINE_S) == 1
        assert process.stdout is not None
        assert process.stdout.read() == "There is no display 2: there are 2, 0 to 1.\n"
