"""Numbers and pictures of a run for TensorBoard, where it is installed."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


class Board:
    """The folder that `tensorboard --logdir` shows; does nothing without the library."""

    def __init__(self, folder: Path) -> None:
        self._writer: Any = None
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError:
            return
        self._writer = SummaryWriter(str(folder), flush_secs=30)

    @property
    def is_there(self) -> bool:
        """Whether the library was found."""
        return self._writer is not None

    def numbers(self, values: Mapping[str, float], images: int) -> None:
        """Scalars after so many images."""
        if self._writer is not None:
            for name, value in values.items():
                self._writer.add_scalar(name, value, images)

    def picture(self, name: str, pixels: NDArray[np.uint8], images: int) -> None:
        """uint8 (H, W, 3) after so many images."""
        if self._writer is not None:
            self._writer.add_image(name, pixels, images, dataformats="HWC")

    def close(self) -> None:
        """Write what is left."""
        if self._writer is not None:
            self._writer.close()
