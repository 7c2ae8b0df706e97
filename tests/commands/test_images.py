"""`performer images` and the preparation of `performer train`, by the command line's own parts."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from rich.console import Console

from models.checkpoint import Images
from models.division import TrainingError
from models.image_source import DatasetError
from models.saves import Saves
from performer.commands.images import images
from performer.commands.train import Options, train


def fill(folder: Path, count: int) -> Path:
    folder.mkdir(exist_ok=True)
    random = np.random.default_rng(1)
    for index in range(count):
        coarse = Image.fromarray(random.integers(0, 256, (4, 6, 3), dtype=np.uint8))
        coarse.resize((64, 48), Image.Resampling.BICUBIC).save(folder / f"{index} [old].png")
    return folder


def said(path: Path, **options: object) -> tuple[bool, str]:
    asked = {"size": "32x16", "fit": "crop", "frames": None, "sheet": None, **options}
    console = Console(file=io.StringIO(), width=100)
    well = images(path, console=console, **asked)  # type: ignore[arg-type]
    return well, console.file.getvalue()  # type: ignore[attr-defined]


def test_it_tells_what_is_there_and_what_is_wrong(tmp_path: Path) -> None:
    folder = fill(tmp_path / "images", 3)
    (folder / "broken [1].png").write_bytes(b"nothing")
    (folder / "copy.png").write_bytes((folder / "0 [old].png").read_bytes())
    well, words = said(folder)
    assert well
    for part in ("PNG (4)", "64x48 (4)", "broken [1].png: no image", "copy.png = 0 [old].png",
                 "3 different images: too few", "1 copies:", "odd aspect"):  # fmt: skip
        assert part in words, words


def test_one_image_is_not_enough(tmp_path: Path) -> None:
    well, words = said(fill(tmp_path / "images", 1))
    assert not well and "cannot be trained on" in words


def test_the_sheet_is_written_outside_of_the_images(tmp_path: Path) -> None:
    folder = fill(tmp_path / "images", 3)
    sheet = tmp_path / "made" / "sheet.png"
    assert said(folder, sheet=sheet)[0]
    with Image.open(sheet) as image:
        assert image.format == "PNG" and image.width > 1000
    (tmp_path / "file").write_text("")
    for wrong, words in (
        (folder / "sheet.png", "would be trained on"),
        (tmp_path / "sheet.jpg", "is a .png file"),
        (tmp_path / "file" / "sheet.png", "cannot be written"),
    ):
        with pytest.raises(DatasetError, match=words):
            said(folder, sheet=wrong)
    assert len(list(folder.iterdir())) == 3


def test_an_unknown_fit_or_an_empty_folder_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="use crop, pad, stretch"):
        said(fill(tmp_path / "images", 2), fit="zoom")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DatasetError, match="no images in it"):
        said(tmp_path / "empty")


def options(path: Path, out: Path, **changes: object) -> Options:
    small = {"channel_base": 16, "channel_max": 8, "batch": 2}
    asked: dict[str, object] = {
        "images": path, "out": out, "size": "16x8", "fit": None, "frames": None, "device": "cpu",
        "kimg": 0.002, "hours": None, "licence": "", "source": "", "resume": False, "grow": None,
        "asked": small, "stop_early": False, "best": False, "changed_images": False,
        "start_from": None, **changes,
    }  # fmt: skip
    return Options(**asked)  # type: ignore[arg-type]


def saved(run: Path) -> Images:
    """What a run's newest save says of its images."""
    return Saves(run).load()[0].images


def never() -> bool:
    return False


def test_a_run_goes_on_with_the_fit_it_began_with(tmp_path: Path) -> None:
    folder, out, quiet = fill(tmp_path / "images", 3), tmp_path / "run", Console(quiet=True)
    train(options(folder, out, fit="pad"), quiet, never)
    assert saved(out).fit == "pad"
    again = {"size": None, "asked": {}, "resume": True}
    train(options(folder, out, kimg=0.004, **again), quiet, never)
    assert saved(out).fit == "pad"
    with pytest.raises(TrainingError, match="--fit cannot change on --resume"):
        train(options(folder, out, fit="crop", **again), quiet, never)


def test_a_run_on_a_video_goes_on_with_the_same_frames(tmp_path: Path) -> None:
    av = pytest.importorskip("av", reason="PyAV is missing; the extra [train] has it")
    film, out, quiet = tmp_path / "film.mp4", tmp_path / "run", Console(quiet=True)
    with av.open(str(film), "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 32, "yuv420p"
        for level in range(0, 250, 25):
            frame = av.VideoFrame.from_ndarray(np.full((32, 64, 3), level, np.uint8))
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    train(options(film, out, frames=3), quiet, never)
    assert (saved(out).count, saved(out).frames) == (3, 3)
    train(options(film, out, kimg=0.004, size=None, asked={}, resume=True), quiet, never)
    assert saved(out).frames == 3
