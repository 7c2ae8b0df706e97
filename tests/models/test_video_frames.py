"""Frames of a real video: evenly chosen, upright, and the same on resume."""

import struct
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from models.canvas import canvas_of
from models.dataset import load_images, open_source
from models.image_source import DatasetError
from models.preparation import examine

av = pytest.importorskip("av", reason="PyAV is missing; the extra [train] has it")
CANVAS = canvas_of(16, 8)


@pytest.fixture
def video(tmp_path: Path) -> Path:
    """40 frames, 64x32, that turn from black to white."""
    path = tmp_path / "film.mp4"
    write(path)
    return path


def write(path: Path, frames: int = 40, aspect: Fraction | None = None) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 32, "yuv420p"
        if aspect:
            stream.codec_context.sample_aspect_ratio = aspect
        for index in range(frames):
            grey = np.full((32, 64, 3), index * 255 // max(frames - 1, 1), np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(grey, format="rgb24")))
        container.mux(stream.encode())


def test_frames_are_chosen_evenly_from_first_to_last(video: Path) -> None:
    source = open_source(video, 5)
    names = [name for name, _ in source.read()]
    assert names == [f"frame {index:06d}" for index in (0, 10, 20, 29, 39)]
    assert (source.count, source.frames) == (5, 5)
    levels = load_images(source, CANVAS).images.float().mean(dim=(1, 2, 3))
    wanted = torch.tensor([0.0, 10, 20, 29, 39]) * 255 / 39
    assert (levels - wanted).abs().max() < 8


def test_a_short_video_gives_all_its_frames(video: Path) -> None:
    dataset = load_images(open_source(video), CANVAS)
    assert len(dataset.images) == 40 and not dataset.skipped


def test_the_number_of_frames_is_part_of_what_is_cached(video: Path) -> None:
    counts = [len(load_images(open_source(video, n), CANVAS).images) for n in (5, 6, 5)]
    assert counts == [5, 6, 5]
    again, first = (load_images(open_source(video, 5), CANVAS).fingerprint for _ in range(2))
    assert again == first


def test_pixels_that_are_not_square_are_made_so(tmp_path: Path) -> None:
    write(tmp_path / "wide.avi", 3, Fraction(2, 1))
    _, frame = next(open_source(tmp_path / "wide.avi", 2).read())
    assert isinstance(frame, Image.Image) and frame.size == (128, 32)


def test_a_film_of_a_telephone_held_upright_stands(tmp_path: Path) -> None:
    """The header's matrix says: a quarter turn clockwise, so that top left comes to top right."""
    path = tmp_path / "telephone.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 32, "yuv420p"
        pixels = np.zeros((32, 64, 3), np.uint8)
        pixels[:16, :32] = 255
        container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode())
    content = bytearray(path.read_bytes())
    matrix = content.index(b"tkhd") + 44
    turned = (0, 1 << 16, 0, -1 << 16, 0, 0, 32 << 16, 0, 1 << 30)
    content[matrix : matrix + 36] = struct.pack(">9i", *turned)
    path.write_bytes(content)
    _, frame = next(open_source(path, 2).read())
    assert isinstance(frame, Image.Image) and frame.size == (32, 64)
    light = np.asarray(frame)[:, :, 0] > 128
    assert light[2:30, 18:30].all() and not light[34:].any() and not light[:, :14].any()


def test_a_damaged_video_gives_what_can_be_read(video: Path) -> None:
    content = video.read_bytes()
    whole = len(load_images(open_source(video), CANVAS).images)
    start, end = content.index(b"mdat") + 4, content.index(b"moov") - 4
    third = (end - start) // 3
    hurt = bytearray(content)
    hurt[start + third : start + 2 * third] = b"\xff" * third
    video.write_bytes(hurt)
    dataset = load_images(open_source(video), CANVAS)
    assert all("ends before it" in reason for reason in dataset.skipped.values())
    assert whole // 3 <= len(dataset.images) and len(dataset.images) + len(dataset.skipped) == whole


@pytest.mark.parametrize("content", [b"", b"no video at all", b"\x00" * 5000])
def test_what_is_no_video_is_one_sentence(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(content)
    with pytest.raises(DatasetError, match="no video that can be read") as error:
        open_source(path)
    assert "\n" not in str(error.value)


def test_sound_alone_is_no_video(tmp_path: Path) -> None:
    path = tmp_path / "sound.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), layout="mono")
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
    with pytest.raises(DatasetError, match="no video that can be read"):
        open_source(path)


def test_frames_of_a_folder_are_refused(tmp_path: Path) -> None:
    Image.new("RGB", (8, 8)).save(tmp_path / "1.png")
    with pytest.raises(DatasetError, match="--frames is for a video"):
        open_source(tmp_path, 5)


def test_without_pyav_a_sentence_says_what_to_install(
    video: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "av", None)
    with pytest.raises(DatasetError, match=r"PyAV: .+ install .av>=14. .tensorboard>=2.18.$"):
        open_source(video)


def test_a_video_is_examined_like_a_folder(video: Path) -> None:
    before = video.read_bytes(), video.stat().st_mtime_ns
    report = examine(open_source(video, 40), CANVAS, "crop")
    assert len(report.pictures) == 40 and report.pictures[0].format == "frame"
    assert report.alike and not report.copies, "neighbours in a film are alike"
    assert (video.read_bytes(), video.stat().st_mtime_ns) == before
