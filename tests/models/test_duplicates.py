"""Copies of an image are found, whatever was done to them, and different images are not."""

import io
from collections.abc import Callable

import numpy as np
import pytest
from pictures import picture
from PIL import Image, ImageOps

from models.duplicates import BLOCK, Look, group_alike, look_at


def saved_again(image: Image.Image, quality: int) -> Image.Image:
    stored = io.BytesIO()
    image.save(stored, "JPEG", quality=quality)
    return Image.open(stored).convert("RGB")


COPIES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "JPEG 85": lambda image: saved_again(image, 85),
    "JPEG 30": lambda image: saved_again(image, 30),
    "slightly smaller": lambda image: image.resize((116, 65)),
    "half": lambda image: image.resize((64, 36)),
    "twice": lambda image: image.resize((256, 144), Image.Resampling.LANCZOS),
    "slightly brighter": lambda image: image.point(lambda value: min(255, value + 4)),
    "two pixels cut": lambda image: image.crop((1, 1, 127, 71)),
}
OTHERS: dict[str, Callable[[Image.Image], Image.Image]] = {
    "mirrored": ImageOps.mirror,
    "upside down": ImageOps.flip,
    "tinted": lambda image: Image.merge("RGB", image.split()[::-1]),
    "half of it": lambda image: image.crop((0, 0, 64, 72)),
}


@pytest.mark.parametrize("change", COPIES.values(), ids=list(COPIES))
def test_a_copy_is_found(change: Callable[[Image.Image], Image.Image]) -> None:
    for seed in range(5):
        image = picture(seed)
        assert group_alike([look_at(image), look_at(change(image))]) == [[0, 1]]


@pytest.mark.parametrize("change", OTHERS.values(), ids=list(OTHERS))
def test_a_variation_is_another_image(change: Callable[[Image.Image], Image.Image]) -> None:
    for seed in range(5):
        image = picture(seed)
        assert group_alike([look_at(image), look_at(change(image))]) == []


def test_different_images_are_different() -> None:
    assert group_alike([look_at(picture(seed)) for seed in range(200)]) == []
    plain = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue", "black", "#202020")]
    assert group_alike([look_at(image) for image in plain]) == []


def test_plain_images_of_one_colour_are_alike() -> None:
    plain = [Image.new("RGB", size, "#203040") for size in ((8, 8), (300, 200))]
    assert group_alike([look_at(image) for image in plain]) == [[0, 1]]


def test_groups_reach_over_blocks_and_do_not_chain() -> None:
    looks = [look_at(picture(seed)) for seed in range(BLOCK + 40)]
    looks[BLOCK + 30] = looks[BLOCK + 10] = looks[3]
    assert group_alike(looks) == [[3, BLOCK + 10, BLOCK + 30]]
    signs = np.eye(1, 256, dtype=np.float32)[0]
    film = [Look(signs, np.full(192, 6.0 * index, np.float32)) for index in range(5)]
    assert group_alike(film) == [[0, 1], [2, 3]], "each frame is like the next"
    assert group_alike([]) == []
