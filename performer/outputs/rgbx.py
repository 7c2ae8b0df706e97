"""Pictures of four bytes a pixel, as other programs want them."""

import numpy as np

from performer.outputs.base import Image


class Rgbx:
    """A buffer (H, W, 4) whose fourth byte is always 255."""

    def __init__(self, size: tuple[int, int]) -> None:
        width, height = size
        self._pixels: Image = np.full((height, width, 4), 255, np.uint8)

    def of(self, image: Image) -> Image:
        """The image in the buffer, which the next call overwrites."""
        self._pixels[:, :, :3] = image
        return self._pixels
