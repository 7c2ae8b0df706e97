"""An artist's folder: every kind of file is read right, or skipped with a reason."""

import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from models.canvas import canvas_of
from models.dataset import load_folder
from models.image_source import DatasetError
from models.reading import read_image

CANVAS = canvas_of(16, 8)
RED, GREEN, BLUE, WHITE, BLACK, GREY = (
    (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255), (0, 0, 0), (128, 128, 128),
)  # fmt: skip
Colour = tuple[int, int, int]


def halves(left: Colour, right: Colour, size: tuple[int, int] = (64, 32)) -> Image.Image:
    """A picture of two colours side by side."""
    image = Image.new("RGB", size, left)
    image.paste(right, (size[0] // 2, 0, size[0], size[1]))
    return image


def with_alpha(mode: str, left: object, right: object) -> Image.Image:
    image = Image.new(mode, (64, 32), left)
    image.paste(right, (32, 0, 64, 32))
    return image


def exif_turned(path: Path) -> None:
    """Red above blue on disk; its EXIF says how to turn it to red | blue."""
    exif = Image.Exif()
    exif[0x0112] = 8
    halves(RED, BLUE).transpose(Image.Transpose.ROTATE_270).save(path, exif=exif, quality=95)


def palette(path: Path) -> None:
    image = Image.new("P", (64, 32), 0)
    image.putpalette([*RED, *BLUE, *GREEN])
    image.paste(1, (32, 0, 64, 32))
    image.save(path, transparency=0)


def palette_bytes(path: Path) -> None:
    image = Image.new("P", (64, 32), 0)
    image.putpalette([*RED, *BLUE])
    image.paste(1, (32, 0, 64, 32))
    image.save(path, transparency=b"\x80\xff")


def grey_16_bit(path: Path) -> None:
    values = np.full((32, 64), 128 * 257, np.uint16)
    values[:, :32] = 0
    Image.fromarray(values).save(path)


def grey_32_bit(path: Path) -> None:
    values = np.full((32, 64), 0.5, np.float32)
    values[:, :32] = 0
    Image.fromarray(values).save(path)


def one_bit(path: Path) -> None:
    halves(BLACK, WHITE).convert("1").save(path)


def profiled(path: Path) -> None:
    """A profile whose primaries are sRGB's, red and blue swapped by hand: it must be applied."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    tags: dict[bytes, int] = {}
    for index in range(struct.unpack_from(">I", profile, 128)[0]):
        at = 132 + 12 * index
        tags[bytes(profile[at : at + 4])] = at
    profile[tags[b"rXYZ"] : tags[b"rXYZ"] + 4] = b"bXYZ"
    profile[tags[b"bXYZ"] : tags[b"bXYZ"] + 4] = b"rXYZ"
    halves(RED, BLUE).save(path, icc_profile=bytes(profile), quality=95)


def broken_profile(path: Path) -> None:
    halves(RED, BLUE).save(path, icc_profile=b"no profile at all", quality=95)


READ_RIGHT: list[tuple[str, Callable[[Path], None], Colour, Colour]] = [
    ("plain.png", lambda path: halves(RED, BLUE).save(path), RED, BLUE),
    ("plain.JPG", lambda path: halves(RED, BLUE).save(path, quality=95), RED, BLUE),
    ("plain.webp", lambda path: halves(RED, BLUE).save(path, lossless=True), RED, BLUE),
    ("plain.bmp", lambda path: halves(RED, BLUE).save(path), RED, BLUE),
    ("plain.tiff", lambda path: halves(RED, BLUE).save(path), RED, BLUE),
    ("plain.gif", lambda path: halves(RED, BLUE).save(path), RED, BLUE),
    ("a\u0308 \u6f22\u5b57 \U0001f300.png", lambda path: halves(RED, BLUE).save(path), RED, BLUE),
    ("turned.jpg", exif_turned, RED, BLUE),
    ("rgba.png", lambda p: with_alpha("RGBA", (*RED, 255), (*WHITE, 0)).save(p), RED, BLACK),
    ("half.png", lambda p: with_alpha("RGBA", (*WHITE, 128), (*BLUE, 255)).save(p), GREY, BLUE),
    ("la.png", lambda p: with_alpha("LA", (255, 255), (255, 128)).save(p), WHITE, GREY),
    ("palette.png", palette, BLACK, BLUE),
    ("palette_bytes.png", palette_bytes, (128, 0, 0), BLUE),
    ("transparent.gif", palette, BLACK, BLUE),
    ("grey.png", lambda p: halves(BLACK, GREY).convert("L").save(p), BLACK, GREY),
    ("deep.png", grey_16_bit, BLACK, GREY),
    ("deep.tif", grey_16_bit, BLACK, GREY),
    ("float.tif", grey_32_bit, BLACK, GREY),
    ("one_bit.png", one_bit, BLACK, WHITE),
    ("profile.jpg", profiled, BLUE, RED),
    ("broken_profile.jpg", broken_profile, RED, BLUE),
    ("cmyk.jpg", lambda p: halves(BLACK, WHITE).convert("CMYK").save(p, quality=95), BLACK, WHITE),
    ("cmyk.tif", lambda p: halves(RED, GREEN).convert("CMYK").save(p), RED, GREEN),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "write", "left", "right"), READ_RIGHT, ids=[case[0] for case in READ_RIGHT]
)
def test_every_kind_of_file_is_read_right(
    name: str, write: Callable[[Path], None], left: Colour, right: Colour, tmp_path: Path
) -> None:
    write(tmp_path / name)
    dataset = load_folder(tmp_path, CANVAS)
    assert not dataset.skipped
    assert dataset.images.shape == (1, 3, 8, 16) and dataset.images.dtype == torch.uint8
    pixels = dataset.images[0].permute(1, 2, 0).int()
    for found, wanted in ((pixels[:, :6], left), (pixels[:, 10:], right)):
        difference = (found - torch.tensor(wanted)).abs().max()
        assert difference <= 6, f"{found[0, 0].tolist()} instead of {wanted}"


def bomb(path: Path) -> None:
    """A PNG of a few bytes whose header promises 60,000 x 60,000 pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        checksum = zlib.crc32(kind + body)
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", checksum)

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    content = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + content)


def truncated(path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    Image.fromarray(noise).save(path, "JPEG", quality=95)
    path.write_bytes(path.read_bytes()[:2000])


def not_numbers(path: Path) -> None:
    Image.fromarray(np.full((8, 8), np.nan, np.float32)).save(path)


BROKEN: list[tuple[str, Callable[[Path], None], str]] = [
    ("truncated.jpg", truncated, "truncated"),
    ("zero.png", lambda path: path.write_bytes(b"") and None, "no image"),
    ("text.png", lambda path: path.write_text("no picture") and None, "no image"),
    ("bomb.png", bomb, "pixels"),
    ("nan.tif", not_numbers, "NaN or infinite"),
]


@pytest.mark.parametrize(("name", "write", "reason"), BROKEN, ids=[case[0] for case in BROKEN])
def test_a_broken_file_is_skipped_with_a_reason(
    name: str, write: Callable[[Path], None], reason: str, tmp_path: Path
) -> None:
    halves(RED, BLUE).save(tmp_path / "good.png")
    write(tmp_path / name)
    dataset = load_folder(tmp_path, CANVAS)
    assert len(dataset.images) == 1
    assert list(dataset.skipped) == [tmp_path / name]
    assert reason in dataset.skipped[tmp_path / name]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_damaged_file_never_ends_the_reading(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    suffix = data.draw(st.sampled_from([".png", ".jpg", ".gif", ".tif", ".bmp", ".webp"]))
    halves(RED, BLUE, (16, 8)).save(folder / "good.png")
    path = folder / f"damaged{suffix}"
    exif = Image.Exif()
    exif[0x0112] = 6
    halves(RED, BLUE, (16, 8)).save(path, **({"exif": exif} if suffix == ".jpg" else {}))
    content = bytearray(path.read_bytes())
    for at in data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=4)):
        content[at] = data.draw(st.integers(0, 255))
    path.write_bytes(content)
    dataset = load_folder(folder, CANVAS)
    assert len(dataset.images) + len(dataset.skipped) == 2


def test_hidden_files_are_left_out_and_nested_ones_found(tmp_path: Path) -> None:
    for name in ("b/deep/er/1.png", "a/2.PNG", ".hidden.png", ".thumbs/3.png", "a/._2.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        halves(RED, BLUE).save(tmp_path / name)
    (tmp_path / "notes.txt").write_text("not looked at")
    (tmp_path / "folder.png").mkdir()
    dataset = load_folder(tmp_path, CANVAS)
    assert len(dataset.images) == 2 and not dataset.skipped


def test_a_folder_inside_a_hidden_one_is_not_hidden(tmp_path: Path) -> None:
    folder = tmp_path / ".config" / "images"
    folder.mkdir(parents=True)
    halves(RED, BLUE).save(folder / "1.png")
    assert len(load_folder(folder, CANVAS).images) == 1


def test_the_middle_is_kept_and_nothing_is_stretched(tmp_path: Path) -> None:
    image = Image.new("RGB", (64, 64), GREEN)
    image.paste(RED, (0, 16, 64, 48))
    image.save(tmp_path / "square.png")
    pixels = load_folder(tmp_path, CANVAS).images[0]
    red = torch.tensor(RED, dtype=torch.uint8)[:, None, None]
    assert torch.equal(pixels[:, 3:-3], red.expand(3, 2, 16))
    assert (pixels[0] > 200).all(), "the filter may only touch the edge"


def test_alpha_is_laid_on_the_chosen_colour(tmp_path: Path) -> None:
    Image.new("RGBA", (8, 8), (0, 0, 0, 0)).save(tmp_path / "clear.png")
    assert read_image(tmp_path / "clear.png", background=BLUE).getpixel((3, 3)) == BLUE


def test_progress_counts_broken_files_too(tmp_path: Path) -> None:
    halves(RED, BLUE).save(tmp_path / "1.png")
    (tmp_path / "2.png").write_bytes(b"")
    counts: list[tuple[int, int]] = []
    load_folder(tmp_path, CANVAS, lambda done, total: counts.append((done, total)))
    assert counts == [(1, 2), (2, 2)]


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        (None, "no such folder"),
        ((), "no images in it"),
        (("readme.txt",), "no images in it"),
        (("1.png", "2.jpg"), "none of its 2 images can be read"),
    ],
)
def test_a_folder_without_images_is_one_sentence(
    files: tuple[str, ...] | None, sentence: str, tmp_path: Path
) -> None:
    folder = tmp_path / "images"
    if files is not None:
        folder.mkdir()
        for name in files:
            (folder / name).write_bytes(b"nothing")
    with pytest.raises(DatasetError) as error:
        load_folder(folder, CANVAS)
    assert str(error.value).startswith(f"{folder}: ") and sentence in str(error.value)
    assert "\n" not in str(error.value)


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    halves(RED, BLUE).save(tmp_path / "1.png")
    with pytest.raises(DatasetError, match="no such folder"):
        load_folder(tmp_path / "1.png", CANVAS)


def test_the_originals_are_never_changed(tmp_path: Path) -> None:
    for name, write, *_ in READ_RIGHT:
        write(tmp_path / name)
    truncated(tmp_path / "truncated.jpg")

    def look() -> dict[str, tuple[int, bytes]]:
        return {p.name: (p.stat().st_mtime_ns, p.read_bytes()) for p in tmp_path.iterdir()}

    before = look()
    load_folder(tmp_path, CANVAS)
    assert look() == before


def test_the_fingerprint_follows_the_pixels_and_only_these(tmp_path: Path) -> None:
    def fingerprint(name: str, *colours: Colour, suffix: str = "png") -> str:
        folder = tmp_path / name
        folder.mkdir()
        for index, colour in enumerate(colours):
            Image.new("RGB", (32, 16), colour).save(folder / f"{name}{index}.{suffix}")
        return load_folder(folder, CANVAS).fingerprint

    first = fingerprint("first", RED, BLUE)
    assert fingerprint("renamed", RED, BLUE) == first
    assert fingerprint("stored", RED, BLUE, suffix="bmp") == first
    assert fingerprint("other", RED, (0, 0, 254)) != first
    assert fingerprint("order", BLUE, RED) != first
    assert fingerprint("fewer", RED) != first
