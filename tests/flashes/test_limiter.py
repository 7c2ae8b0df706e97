"""The flash limiter against an independent analyser: what may pass passes, nothing else does."""

import numpy as np
import pytest
from flash_analyser import Array, fails, flashes, turning_points
from numpy.typing import NDArray

from performer.flashes.light import CELLS, measure
from performer.flashes.limiter import FlashLimiter, crowded, spread

Film = NDArray[np.uint8]
BLACK, WHITE, RED, GREY = (0, 0, 0), (255, 255, 255), (255, 0, 0), (54, 54, 54)
AREAS = {
    "all": np.s_[:, :],
    "half": np.s_[:, :16],
    "quarter": np.s_[:9, 16:],
    "third": np.s_[6:12, 10:21],
    "small": np.s_[2:4, 3:6],
}


def film(
    hz: float, fps: int, colours: tuple[tuple[int, ...], ...], area: str, wave: str = "square"
) -> Film:
    """Two seconds and a half of an area that swings between two colours, on grey."""
    turns = np.arange(int(2.5 * fps)) / fps * hz % 1.0
    share = {
        "square": (turns < 0.5).astype(float),
        "pulse": (turns < 0.15).astype(float),
        "sine": 0.5 - 0.5 * np.cos(2.0 * np.pi * turns),
    }[wave]
    begin, end = np.array(colours, float)
    frames = np.full((len(turns), 18, 32, 3), 60, np.uint8)
    swing = np.round(begin + (end - begin) * share[:, None]).astype(np.uint8)
    for frame, colour in zip(frames, swing, strict=True):
        frame[AREAS[area]] = colour
    return frames


def limited(frames: Film, fps: float, limiter: FlashLimiter | None = None) -> Film:
    limiter = limiter or FlashLimiter()
    return np.array([limiter.apply(frame, 1.0 / fps) for frame in frames])


def fade(*levels: float, frames: int) -> Film:
    """From level 0..255 to level, so many frames each."""
    ways = [np.linspace(a, b, frames) for a, b in zip(levels, levels[1:], strict=False)]
    grey = np.round(np.concatenate(ways)).astype(np.uint8)
    return np.broadcast_to(grey[:, None, None, None], (len(grey), 18, 32, 3)).copy()


@pytest.mark.parametrize("fps", [24, 60, 144])
@pytest.mark.parametrize("hz", [3.5, 5, 10, 15, 30])
@pytest.mark.parametrize("colours", [(BLACK, WHITE), (BLACK, RED), (RED, GREY)], ids=str)
def test_what_flashes_too_often_is_made_safe(
    fps: int, hz: float, colours: tuple[tuple[int, ...], ...]
) -> None:
    frames = film(hz, fps, colours, "all")
    if 4 <= hz < fps / 2 - 3:  # 24 frames cannot show the fastest, and 3.5 is three and a rest
        assert fails(frames, fps)
    assert not fails(limited(frames, fps), fps)


@pytest.mark.parametrize("area", ["half", "quarter", "third"])
@pytest.mark.parametrize("colours", [(BLACK, WHITE), (BLACK, RED)], ids=str)
def test_parts_that_flash_are_made_safe(area: str, colours: tuple[tuple[int, ...], ...]) -> None:
    for hz in (4, 12):
        frames = film(hz, 60, colours, area)
        assert fails(frames, 60) and not fails(limited(frames, 60), 60)


@pytest.mark.parametrize("wave", ["sine", "pulse"])
@pytest.mark.parametrize("hz", [4, 10, 25])
def test_other_waves_are_made_safe(wave: str, hz: float) -> None:
    for colours in ((BLACK, WHITE), (GREY, (140, 140, 140)), (BLACK, RED)):
        assert not fails(limited(film(hz, 60, colours, "all", wave), 60), 60)


@pytest.mark.parametrize("fps", [24, 60, 144])
@pytest.mark.parametrize("hz", [1, 2, 3])
@pytest.mark.parametrize("colours", [(BLACK, WHITE), (BLACK, RED)], ids=str)
def test_three_flashes_a_second_pass_untouched(
    fps: int, hz: int, colours: tuple[tuple[int, ...], ...]
) -> None:
    frames = film(hz, fps, colours, "all")
    assert not fails(frames, fps)
    assert np.array_equal(limited(frames, fps), frames)


def test_small_areas_bright_ones_and_weak_ones_pass_untouched() -> None:
    for frames in (
        film(10, 60, (BLACK, WHITE), "small"),
        film(10, 60, ((238, 238, 238), WHITE), "all"),
        film(10, 60, ((60, 60, 60), (85, 85, 85)), "all"),
    ):
        assert not fails(frames, 60)
        assert np.array_equal(limited(frames, 60), frames)


def test_what_does_not_flash_beside_it_is_untouched() -> None:
    frames = film(10, 60, (BLACK, WHITE), "quarter")
    frames[:, 12:, :8] = np.arange(len(frames), dtype=np.uint8)[:, None, None, None]
    shown = limited(frames, 60)
    assert np.array_equal(shown[:, 12:, :8], frames[:, 12:, :8])
    assert not np.array_equal(shown, frames)


def test_fades_and_a_blackout_by_hand_pass_untouched() -> None:
    for frames in (
        fade(0, 255, 0, frames=60),
        fade(200, 0, frames=6),
        fade(0, 255, 0, 255, 0, 255, 0, frames=11),
    ):
        assert np.array_equal(limited(frames, 60), frames)


def test_a_blackout_comes_even_out_of_a_strobe_and_the_picture_comes_back() -> None:
    limiter, strobe = FlashLimiter(), film(12, 60, (BLACK, WHITE), "all")
    limited(strobe, 60, limiter)
    assert limiter.is_limiting
    dark = limited(np.zeros((180, 18, 32, 3), np.uint8), 60, limiter)
    assert dark[-1].max() == 0 and not limiter.is_limiting
    noise = np.random.default_rng(1).integers(0, 90, (60, 18, 32, 3)).astype(np.uint8)
    assert np.array_equal(limited(noise[:1], 60, limiter), noise[:1])


def test_it_smooths_and_does_not_freeze() -> None:
    shown = limited(np.concatenate([film(10, 60, (BLACK, WHITE), "all")] * 3), 60)
    late = shown[300:, 0, 0, 0].astype(int)
    assert len(set(late.tolist())) > 3
    assert np.abs(np.diff(late)).max() < 12


def test_frames_of_uneven_length_are_limited_too() -> None:
    random = np.random.default_rng(7)
    lengths = random.uniform(0.002, 0.05, 400)
    at = np.cumsum(lengths)
    bright = (at * 9.0) % 1.0 < 0.5
    frames = np.where(bright[:, None, None, None], 255, 0).astype(np.uint8)
    frames = np.broadcast_to(frames, (400, 18, 32, 3))
    limiter = FlashLimiter()
    shown = [limiter.apply(f, dt)[0, 0, 0] for f, dt in zip(frames, lengths, strict=True)]
    # Each frame again as the milliseconds for which it stands.
    film_1000 = np.repeat(np.array(shown), np.round(lengths * 1000).astype(int))
    still = np.broadcast_to(film_1000[:, None, None, None], (len(film_1000), 3, 3, 3))
    assert not fails(still, 1000.0)


def test_random_flicker_in_places_of_their_own_is_made_safe() -> None:
    random = np.random.default_rng(3)
    rates = random.uniform(2.0, 14.0, (6, 8)).repeat(3, axis=0).repeat(4, axis=1)
    turns = np.arange(150)[:, None, None] / 60 * rates % 1.0
    frames = np.where(turns[..., None] < 0.5, (250, 30, 20), (10, 20, 60)).astype(np.uint8)
    assert fails(frames, 60) and not fails(limited(frames, 60), 60)


def test_another_canvas_in_the_middle_of_a_strobe() -> None:
    limiter, strobe = FlashLimiter(), film(10, 60, (BLACK, WHITE), "all")
    first = limited(strobe, 60, limiter)
    larger = np.repeat(np.repeat(strobe, 2, axis=1), 3, axis=2)
    second = limited(larger, 60, limiter)
    assert second.shape == larger.shape
    assert not fails(np.concatenate((first, second[:, ::2, ::3])), 60)


def test_measures_are_those_of_the_guideline() -> None:
    frame = np.zeros((36, 64, 3), np.uint8)
    frame[:, :32] = (255, 0, 0)
    frame[:, 32:] = 128
    luminance, redness, share = measure(frame)
    assert luminance.shape == CELLS
    assert luminance[0, 0] == pytest.approx(0.2126, abs=1e-3)
    assert luminance[0, -1] == pytest.approx(0.2159, abs=1e-3)
    assert (redness[0, 0], redness[0, -1]) == (1.0, 0.0)
    assert share[0, 0] == 1.0 and share[0, -1] == pytest.approx(1 / 3, abs=1e-3)


@pytest.mark.parametrize("size", [(1, 1), (5, 3), (100, 150), (144, 256), (333, 97), (720, 1280)])
def test_any_size_is_measured_and_mixed(size: tuple[int, int]) -> None:
    limiter = FlashLimiter()
    for i in range(40):
        frame = np.full((*size, 3), 255 * (i // 3 % 2), np.uint8)
        shown = limiter.apply(frame, 1 / 60)
        assert shown.shape == frame.shape and shown.dtype == np.uint8
    assert limiter.is_limiting


def test_a_crowd_is_a_quarter_of_any_third_by_third() -> None:
    over = np.zeros(CELLS, bool)
    over[3, 3] = over[15, 30] = True
    assert not crowded(over).any()
    over[0:6, 0:3] = True
    assert crowded(over)[0:6, 0:10].all() and not crowded(over)[:, 20:].any()


def test_shares_spread_without_a_step() -> None:
    share = np.ones((18, 32))
    share[9, 16] = 0.0
    wide = spread(share, 180, 320)
    assert wide.shape == (180, 320) and wide.min() < 0.1 and wide.max() == pytest.approx(1.0)
    assert np.abs(np.diff(wide, axis=0)).max() < 0.15
    assert (spread(np.ones((1, 1)), 4, 5) == 1.0).all()


def test_the_analyser_counts_what_is_known() -> None:
    wave: Array = np.array([0, 0.05, 0.3, 0.2, 0.25, 0.1, 0.5, 0.45, 0.5])
    assert turning_points(wave, 0.1) == [0, 2, 5, 6]
    for hz, count in ((1, 1), (2, 2), (3, 3), (6, 6)):
        general, red = flashes(film(hz, 60, (BLACK, WHITE), "all"), 60)
        assert general.max() == count and red.max() == 0
        general, red = flashes(film(hz, 60, (BLACK, RED), "all"), 60)
        assert red.max() == count
