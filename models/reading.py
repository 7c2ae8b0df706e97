"""One image file, read right: upright sRGB, whatever was stored."""

import io
import struct
import warnings
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

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
        raise ValueError("it has NaN or infinite pixels")
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
