"""Pictures that differ as an artist's do, and what to know of a folder to see it unchanged."""

from pathlib import Path

import numpy as np
from PIL import Image


def picture(seed: int, size: tuple[int, int] = (128, 72)) -> Image.Image:
    """Soft shapes of its own, RGB."""
    random = np.random.default_rng(seed)
    coarse = random.integers(0, 256, (6, 9, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC)


def fill(folder: Path, count: int, seed: int = 0) -> Path:
    """A folder of `count` different pictures, 00.png and so on."""
    folder.mkdir(parents=True, exist_ok=True)
    for index in range(count):
        picture(seed + index).save(folder / f"{index:02}.png")
    return folder


def state(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Every file's time and bytes."""
    return {
        str(path.relative_to(folder)): (path.stat().st_mtime_ns, path.read_bytes())
        for path in folder.rglob("*")
        if path.is_file()
    }
