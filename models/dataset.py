"""An artist's folder of images, read right and brought onto the canvas."""

import hashlib
import io
import struct
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError
from torch import Tensor

from models.canvas import Canvas

SUFFIXES = {".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp", ".gif", ".avif", ".ppm"}
UNREADABLE = (  # What Pillow's decoders raise on broken files; found by damaging good ones.
    OSError,
    ValueError,
    SyntaxError,
    MemoryError,
    EOFError,
    RuntimeError,
    struct.error,
    Image.DecompressionBombError,
)


class DatasetError(ValueError):
    """A folder that cannot be trained on, in one sentence."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """Images as uint8 (N, 3, H, W), and the files that could not be read, with the reason."""

    images: Tensor
    skipped: dict[Path, str]

    @property
    def fingerprint(self) -> str:
        """A hash of all pixels in order."""
        digest = hashlib.blake2b(digest_size=16)
        for image in self.images:
            digest.update(image.contiguous().numpy().tobytes())
        return digest.hexdigest()


def find_images(folder: Path) -> list[Path]:
    """The image files below a folder, hidden ones left out, in a stable order."""
    if not folder.is_dir():
        raise DatasetError(f"{folder}: no such folder")
    paths = [
        path
        for path in sorted(folder.rglob("*"))
        if path.suffix.lower() in SUFFIXES
        and path.is_file()
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    ]
    if not paths:
        kinds = ", ".join(sorted(suffix[1:] for suffix in SUFFIXES))
        raise DatasetError(f"{folder}: no images in it (looked for {kinds})")
    return paths


def load_folder(
    folder: Path, canvas: Canvas, progress: Callable[[int, int], None] | None = None
) -> Dataset:
    """Read every image below `folder`; broken ones are skipped and named."""
    paths = find_images(folder)
    images: list[NDArray[np.uint8]] = []
    skipped: dict[Path, str] = {}
    for done, path in enumerate(paths, start=1):
        try:
            images.append(fit(read_image(path), canvas))
        except UNREADABLE as error:
            skipped[path] = str(error) or type(error).__name__
        if progress:
            progress(done, len(paths))
    if not images:
        raise DatasetError(f"{folder}: none of its {len(paths)} image files can be read")
    return Dataset(torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2), skipped)


def read_image(path: Path, background: tuple[int, int, int] = (0, 0, 0)) -> Image.Image:
    """The file as upright sRGB; raises one of `UNREADABLE` when it cannot be read.

    Turned as its EXIF says; alpha laid on `background`; grey, palette, CMYK and 16 bit converted;
    an embedded colour profile applied.
    """
    with warnings.catch_warnings(), path.open("rb") as file:
        warnings.simplefilter("ignore")  # Large scans are welcome; Pillow refuses the huge ones.
        try:
            image = Image.open(file)
        except UnidentifiedImageError:
            raise ValueError("no image, or of a kind that cannot be read") from None
        with image:
            image.load()
            return _upright_srgb(image, background)


def _upright_srgb(image: Image.Image, background: tuple[int, int, int]) -> Image.Image:
    profile = image.info.get("icc_profile")
    image = ImageOps.exif_transpose(image)
    if image.mode.startswith(("I", "F")):
        return _from_deep(image)
    if image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info:
        image = image.convert("RGBA")
        ground = Image.new("RGBA", image.size, (*background, 255))
        image = Image.alpha_composite(ground, image).convert("RGB")
    if profile:
        image = _to_srgb(image, profile)
    return image.convert("RGB")


def _from_deep(image: Image.Image) -> Image.Image:
    """16 and 32 bit grey to 8 bit by the range that its mode promises."""
    values = np.asarray(image).astype(np.float64)
    if not np.isfinite(values).all():
        raise ValueError("it has pixels that are not numbers")
    if image.mode == "F":
        full = 1.0 if values.max() <= 1.0 else 255.0 if values.max() <= 255.0 else values.max()
    else:
        full = 65535.0 if values.max() <= 65535 else values.max()
    grey = np.clip(values * (255.0 / full) + 0.5, 0, 255).astype(np.uint8)
    return Image.fromarray(grey).convert("RGB")


def _to_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """Apply an embedded profile; one that is broken is ignored."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(
            image, source, ImageCms.createProfile("sRGB"), outputMode="RGB"
        )
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return image
    return converted if converted is not None else image


def fit(image: Image.Image, canvas: Canvas) -> NDArray[np.uint8]:
    """Cut the middle to the canvas's aspect and resize: uint8 (H, W, 3)."""
    size = (canvas.width_px, canvas.height_px)
    return np.asarray(ImageOps.fit(image, size, Image.Resampling.LANCZOS), dtype=np.uint8)


def batch_indices(step: int, batch: int, count: int, seed: int) -> Tensor:
    """Which images a step sees, int64 (batch,): a new order every epoch, a pure function."""
    positions = torch.arange(step * batch, (step + 1) * batch)
    orders = {
        int(epoch): torch.randperm(
            count, generator=torch.Generator().manual_seed(seed * 1_000_003 + int(epoch))
        )
        for epoch in torch.unique(positions // count)
    }
    return torch.stack([orders[int(p) // count][int(p) % count] for p in positions])
