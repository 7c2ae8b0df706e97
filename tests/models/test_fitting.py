"""Crop, pad and stretch, to the pixel."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from models.canvas import canvas_of
from models.dataset import load_images, open_source
from models.fitting import enlargement, fit_image, misfit
from models.image_source import DatasetError

CANVAS = canvas_of(16, 8)
RED, GREEN = (255, 0, 0), (0, 255, 0)


def striped() -> Image.Image:
    """A green square with a red band over its middle half."""
    image = Image.new("RGB", (64, 64), GREEN)
    image.paste(RED, (0, 16, 64, 48))
    return image


def all_of(pixels: NDArray[np.uint8], colour: tuple[int, int, int]) -> bool:
    return bool((pixels == np.array(colour, np.uint8)).all())


def test_crop_keeps_the_middle() -> None:
    pixels = fit_image(striped(), CANVAS, "crop")
    assert pixels.shape == (8, 16, 3) and pixels.dtype == np.uint8
    assert all_of(pixels[3:-3], RED) and (pixels[:, :, 0] > 200).all()


def test_pad_keeps_all_on_black() -> None:
    pixels = fit_image(striped(), CANVAS, "pad")
    assert all_of(pixels[:, :4], (0, 0, 0)) and all_of(pixels[:, 12:], (0, 0, 0))
    assert pixels[0, 4:12, 1].min() > 200 and pixels[4, 4:12, 0].min() > 200


def test_stretch_keeps_all_and_fills() -> None:
    pixels = fit_image(striped(), CANVAS, "stretch")
    assert pixels[0, :, 1].min() > 200 and pixels[4, :, 0].min() > 200
    assert (pixels == pixels[:, :1]).all()


def test_an_image_of_the_canvas_size_stays_as_it_is() -> None:
    image = striped().resize((16, 8))
    for fit in ("crop", "pad", "stretch"):
        assert np.array_equal(fit_image(image, CANVAS, fit), np.asarray(image))


def test_how_much_an_image_is_enlarged_and_how_badly_it_fits() -> None:
    assert enlargement((8, 8), CANVAS, "crop") == enlargement((8, 8), CANVAS, "stretch") == 2.0
    assert enlargement((8, 8), CANVAS, "pad") == 1.0
    assert misfit((32, 16), CANVAS) == 0.0
    assert misfit((16, 16), CANVAS) == misfit((64, 16), CANVAS) == 0.5


def test_an_unknown_fit_is_one_sentence(tmp_path: Path) -> None:
    striped().save(tmp_path / "1.png")
    with pytest.raises(DatasetError, match=r'"zoom" is unknown; use crop, pad, stretch$'):
        load_images(open_source(tmp_path), CANVAS, fit="zoom")
