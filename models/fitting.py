"""How an image of any shape comes onto the canvas: cropped, padded or stretched."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from models.canvas import Canvas
from models.image_source import DatasetError

Size = tuple[int, int]
FILTER = Image.Resampling.LANCZOS


def crop(image: Image.Image, size: Size) -> Image.Image:
    """Fill the canvas; what stands over on two sides is cut."""
    return ImageOps.fit(image, size, FILTER)


def pad(image: Image.Image, size: Size) -> Image.Image:
    """Keep the whole image; black fills the rest."""
    return ImageOps.pad(image, size, FILTER, color=(0, 0, 0))


def stretch(image: Image.Image, size: Size) -> Image.Image:
    """Keep the whole image and fill the canvas; its proportions change."""
    return image.resize(size, FILTER)


FITS: dict[str, Callable[[Image.Image, Size], Image.Image]] = {
    "crop": crop,
    "pad": pad,
    "stretch": stretch,
}


def check_fit(fit: str) -> None:
    """Raise `DatasetError` for a name that is not in `FITS`."""
    if fit not in FITS:
        raise DatasetError(f'--fit "{fit}" is unknown; use {", ".join(FITS)}')


def fit_image(image: Image.Image, canvas: Canvas, fit: str) -> NDArray[np.uint8]:
    """An RGB image on the canvas, uint8 (H, W, 3); `fit` is a name in `FITS`."""
    return np.asarray(FITS[fit](image, (canvas.width_px, canvas.height_px)), dtype=np.uint8)


def enlargement(image: Size, canvas: Canvas, fit: str) -> float:
    """How many times larger an image of (width, height) gets along its more enlarged side."""
    scales = canvas.width_px / image[0], canvas.height_px / image[1]
    return min(scales) if fit == "pad" else max(scales)


def misfit(image: Size, canvas: Canvas) -> float:
    """The share 0..1 by which the aspects differ: what is cut, or black, or squeezed."""
    aspects = image[0] / image[1], canvas.width_px / canvas.height_px
    return 1.0 - min(aspects) / max(aspects)
