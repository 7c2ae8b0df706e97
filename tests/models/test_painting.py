"""Tests of the seeded paintings: determinism, composition across sizes, tone, and the folder."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from models.painting import paint, paint_folder
from models.painting.painter import FAMILIES
from models.painting.palettes import RING, STEPS, palette

ONE_OF_EACH = range(len(FAMILIES))


def _small(index: int, seed: int = 3) -> np.ndarray:
    return paint(index, seed=seed, height_px=72, width_px=128)


@pytest.mark.parametrize("index", ONE_OF_EACH)
def test_a_painting_depends_on_its_seed_and_number_only(index: int) -> None:
    first = _small(index)
    assert np.array_equal(first, _small(index))
    assert not np.array_equal(first, _small(index + len(FAMILIES)))


@pytest.mark.parametrize("index", ONE_OF_EACH)
@pytest.mark.parametrize(("height", "width"), [(36, 64), (57, 33)])
def test_every_frame_shape_is_painted(index: int, height: int, width: int) -> None:
    picture = paint(index, seed=1, height_px=height, width_px=width)
    assert picture.shape == (height, width, 3)
    assert picture.dtype == np.uint8
    assert picture.std() > 2


@pytest.mark.parametrize("index", ONE_OF_EACH)
def test_the_composition_is_the_same_at_two_sizes(index: int) -> None:
    small = paint(index, seed=5, height_px=72, width_px=128).astype(np.float32)
    large = paint(index, seed=5, height_px=144, width_px=256).astype(np.float32)
    halved = large.reshape(72, 2, 128, 2, 3).mean(axis=(1, 3))
    assert np.abs(halved - small).mean() < 6.0
    assert np.corrcoef(halved.ravel(), small.ravel())[0, 1] > 0.96


def test_another_seed_is_another_series() -> None:
    assert not np.array_equal(_small(0), _small(0, seed=4))


def test_tones_are_dark_but_lit() -> None:
    pictures = np.stack([_small(index) for index in range(24)]).astype(np.float32)
    luma = pictures @ np.array([0.2126, 0.7152, 0.0722], np.float32)
    assert 15 < luma.mean() < 100
    for one in luma:
        assert 4 < one.mean() < 150
        assert one.std() > 6
        assert np.percentile(one, 99.5) > 50
        assert (one > 250).mean() < 0.08


def test_the_palette_ring_closes_and_rises_from_dark_to_light() -> None:
    assert np.allclose(palette(0.0).ramp, palette(float(len(RING))).ramp)
    for row in range(len(RING)):
        light = palette(float(row)).ramp @ np.array([0.2126, 0.7152, 0.0722], np.float32)
        assert light.shape == (STEPS,)
        assert light[0] < 0.01
        assert light[-1] > 0.6
        assert np.all(np.diff(light) > -1e-4)


def test_the_folder_is_filled_and_resumed(tmp_path: Path) -> None:
    seen: list[int] = []
    paint_folder(tmp_path, count=3, height_px=18, width_px=32, seed=2, workers=1)
    kept = tmp_path / "00001.png"
    Image.new("RGB", (32, 18), (1, 2, 3)).save(kept)
    paint_folder(
        tmp_path, count=6, height_px=18, width_px=32, seed=2, workers=2, progress=seen.append
    )
    assert sorted(p.name for p in tmp_path.iterdir()) == [f"{i:05d}.png" for i in range(6)]
    assert seen == [4, 5, 6]
    with Image.open(kept) as picture:
        assert picture.getpixel((0, 0)) == (1, 2, 3)
    with Image.open(tmp_path / "00005.png") as picture:
        again = paint(5, seed=2, height_px=18, width_px=32)
        assert np.array_equal(np.asarray(picture), again)
