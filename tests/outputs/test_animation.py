"""An animated picture of a take: it plays for ever at its rate, in its colours, and is no video."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from performer.outputs.movie import Movie, MovieError, check_movie, check_new_movie

pytest.importorskip("av", reason="PyAV is missing; the extra [video] has it")
RED, GREEN = (220, 30, 20), (10, 200, 40)


def of_colour(colour: tuple[int, int, int]) -> np.ndarray:
    return np.full((72, 128, 3), colour, np.uint8)


@pytest.fixture
def animation(tmp_path: Path) -> Path:
    """A second of red and half a second of green, twelve frames a second."""
    path = tmp_path / "loop.webp"
    movie = Movie(path, (128, 72), fps=12)
    for index in range(18):
        movie.put(of_colour(RED if index < 12 else GREEN), index / 12)
    movie.close(1.5)
    return path


def test_it_plays_for_ever_at_its_rate(animation: Path) -> None:
    with Pillow.open(animation) as picture:
        assert picture.size == (128, 72) and picture.info["loop"] == 0
        durations, colours = [], []
        for index in range(picture.n_frames):
            picture.seek(index)
            pixel = picture.convert("RGB").getpixel((64, 36))
            durations.append(picture.info["duration"])
            colours.append(pixel)
    assert np.allclose(colours[0], RED, atol=12) and np.allclose(colours[-1], GREEN, atol=12)
    green_from = next(i for i, colour in enumerate(colours) if colour[1] > colour[0])
    assert abs(sum(durations[:green_from]) - 1000) <= 84  # a frame more or less
    assert abs(sum(durations) - 1500) <= 84


def test_a_slow_change_leaves_nothing_of_older_frames_behind(tmp_path: Path) -> None:
    path = tmp_path / "slow.webp"
    movie = Movie(path, (128, 72), fps=12)
    for index in range(48):
        movie.put(of_colour((0, 60 - index, 20 + index)), index / 12)
    movie.close(4.0)
    with Pillow.open(path) as picture:
        assert picture.n_frames == 48
        picture.seek(47)
        last = np.asarray(picture.convert("RGB"), dtype=int)
    # The encoder's own rounding is 5; an encoder that reuses old blocks was off by 11.
    assert np.abs(last - (0, 13, 67)).max() <= 7


def test_during_a_show_none_can_be_written(tmp_path: Path) -> None:
    check_movie(tmp_path / "loop.webp")
    for check in (lambda path: check_movie(path, live=True), check_new_movie):
        with pytest.raises(MovieError, match=r"a video's name ends in \.mp4, \.mkv, \.mov$"):
            check(tmp_path / "loop.webp")


def test_it_has_no_sound(tmp_path: Path) -> None:
    check_movie(tmp_path / "loop.mp4", sound=True)
    with pytest.raises(MovieError, match=r"loop.webp: an animation has no sound; leave out --sou"):
        check_movie(tmp_path / "loop.webp", sound=True)


def test_another_name_is_refused_with_all_that_are_allowed(tmp_path: Path) -> None:
    with pytest.raises(MovieError, match=r"ends in \.mp4, \.mkv, \.mov, \.webp$"):
        check_movie(tmp_path / "loop.gif")
