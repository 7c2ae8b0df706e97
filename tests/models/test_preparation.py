"""The report on a folder: what is there, what is wrong, what to do, and a sheet that shows it."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from pictures import fill, picture, state
from PIL import Image, ImageColor

from models.canvas import canvas_of
from models.contact_sheet import COLOURS, TILES_MOST, choose_tiles, draw_sheet
from models.guidance import enough, guidance
from models.image_source import DatasetError, folder_source
from models.preparation import (
    ALIKE,
    ASPECT,
    COPY,
    PROBLEMS,
    SMALL,
    TRANSPARENT,
    UNREADABLE,
    Report,
    examine,
)

CANVAS = canvas_of(128, 72)


def look(folder: Path, fit: str = "crop") -> Report:
    return examine(folder_source(folder), CANVAS, fit)


@pytest.fixture
def messy(tmp_path: Path) -> Path:
    """Eight good pictures, and one or two with each problem."""
    folder = fill(tmp_path / "images", 8)
    shutil.copy(folder / "03.png", folder / "03 (copy).png")
    picture(4).save(folder / "saved again.jpg", quality=60)
    picture(5).resize((116, 65)).save(folder / "smaller.webp")
    picture(20, (64, 36)).save(folder / "small.png")
    picture(21, (128, 256)).save(folder / "tall.png")
    clear = picture(22).convert("RGBA")
    clear.putalpha(Image.linear_gradient("L").resize(clear.size))
    clear.save(folder / "clear.png")
    picture(23).convert("RGBA").save(folder / "full alpha.png")
    picture(24).convert("L").save(folder / "grey.png")
    (folder / "broken.jpg").write_bytes((folder / "saved again.jpg").read_bytes()[:900])
    (folder / "empty.png").write_bytes(b"")
    return folder


def test_every_problem_is_found_and_nothing_else(messy: Path) -> None:
    before = state(messy)
    report = look(messy)
    assert report.problems == {
        UNREADABLE: ["broken.jpg", "empty.png"],
        COPY: ["03 (copy).png"],
        ALIKE: ["saved again.jpg", "smaller.webp"],
        SMALL: ["small.png"],
        ASPECT: ["tall.png"],
        TRANSPARENT: ["clear.png"],
    }
    assert "truncated" in report.unreadable["broken.jpg"]
    assert report.copies == [["03.png", "03 (copy).png"]]
    assert report.alike == [["04.png", "saved again.jpg"], ["05.png", "smaller.webp"]]
    assert (len(report.pictures), report.different, report.trainable) == (16, 13, True)
    assert [each.name for each in report.pictures if each.grey] == ["grey.png"]
    formats = dict(report.count_by(lambda each: each.format))
    assert formats == {"PNG": 14, "JPEG": 1, "WEBP": 1}
    assert state(messy) == before


def test_a_format_is_what_the_file_is_and_not_its_suffix(tmp_path: Path) -> None:
    fill(tmp_path, 1)
    picture(7).save(tmp_path / "named wrongly.png", "JPEG")
    counts = look(tmp_path).count_by(lambda each: each.format)
    assert sorted(counts) == [("JPEG", 1), ("PNG", 1)]


def test_the_fit_decides_what_is_too_small(tmp_path: Path) -> None:
    fill(tmp_path, 2)
    picture(9, (300, 40)).save(tmp_path / "wide.png")
    assert look(tmp_path).problems[SMALL] == ["wide.png"]
    assert SMALL not in look(tmp_path, "pad").problems
    words = {fit: " ".join(guidance(look(tmp_path, fit))) for fit in ("crop", "pad", "stretch")}
    assert "is cut away" in words["crop"] and "stays black" in words["pad"]
    assert "proportions change" in words["stretch"]


def test_a_tall_scan_and_an_exif_turn_count_upright(tmp_path: Path) -> None:
    fill(tmp_path, 2)
    exif = Image.Exif()
    exif[0x0112] = 6
    picture(9, (72, 128)).save(tmp_path / "turned.jpg", exif=exif)
    report = look(tmp_path)
    assert report.pictures[-1].size == (128, 72) and ASPECT not in report.problems


def test_a_folder_of_one_cannot_be_trained_on(tmp_path: Path) -> None:
    report = look(fill(tmp_path, 1))
    assert not report.trainable
    assert "cannot be trained on" in next(guidance(report))


def test_only_broken_files_still_make_a_report_and_a_sheet(tmp_path: Path) -> None:
    for name in ("1.png", "2.jpg"):
        (tmp_path / name).write_bytes(b"nothing")
    report = look(tmp_path)
    assert not report.trainable and list(report.unreadable) == ["1.png", "2.jpg"]
    assert "2 unreadable: left out." in list(guidance(report))
    assert draw_sheet(report, "broken").width > 500


def test_nothing_to_look_at_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no images in it"):
        look(tmp_path)


def test_a_file_that_goes_away_meanwhile_is_unreadable(tmp_path: Path) -> None:
    folder = fill(tmp_path, 3)
    source = folder_source(folder)
    (folder / "01.png").unlink()

    def remove(done: int, total: int) -> None:
        (folder / "02.png").unlink(missing_ok=True)

    report = examine(source, CANVAS, "crop", remove)
    assert list(report.unreadable) == ["01.png", "02.png"]


@pytest.mark.parametrize(
    ("count", "words"),
    [(2, "too few"), (99, "too few"), (100, "usable"), (499, "usable"), (500, "quite good"),
     (999, "quite good"), (1000, "1000 different images: good"), (5000, "good")],
)  # fmt: skip
def test_how_many_are_enough(count: int, words: str, tmp_path: Path) -> None:
    one = look(fill(tmp_path, 1)).pictures
    assert words in enough(Report(CANVAS, "crop", one * count, {}, [], []))


def test_grey_among_colour_is_said(tmp_path: Path) -> None:
    fill(tmp_path, 3)
    picture(9).convert("L").save(tmp_path / "grey.png")
    assert "25% are grey and the rest in colour" in " ".join(guidance(look(tmp_path)))


def has_colour(sheet: Image.Image, colour: str) -> bool:
    wanted = np.array(ImageColor.getrgb(colour), np.uint8)
    return bool((np.asarray(sheet) == wanted).all(axis=2).any())


def test_the_sheet_frames_what_is_wrong_and_only_that(messy: Path, tmp_path: Path) -> None:
    sheet = draw_sheet(look(messy), "messy")
    assert all(has_colour(sheet, COLOURS[problem]) for problem in PROBLEMS)
    clean = draw_sheet(look(fill(tmp_path / "clean", 3)), "\u6f22 \udcff" + "long " * 100)
    assert not any(has_colour(clean, COLOURS[problem]) for problem in PROBLEMS)


def test_a_sheet_of_many_shows_problems_first_and_some_of_the_rest(messy: Path) -> None:
    tiles = choose_tiles(look(messy))
    assert [tile.name for tile in tiles[:4]] == [
        "broken.jpg", "empty.png", "03.png", "03 (copy).png",
    ]  # fmt: skip
    assert tiles[2].problems == () and tiles[2].note == tiles[3].note == "#1"
    assert len({tile.name for tile in tiles}) == len(tiles) == 18
    report = look(messy)
    unreadable = {f"broken {number}": "broken" for number in range(TILES_MOST - 5)}
    many = Report(CANVAS, "crop", report.pictures, unreadable, [], [])
    assert len(choose_tiles(many)) == TILES_MOST
    unreadable |= {f"more {number}": "broken" for number in range(900)}
    tiles = choose_tiles(many)
    assert len(tiles) == TILES_MOST and sum(tile.preview is None for tile in tiles) < TILES_MOST
    shown = {problem for tile in tiles for problem in tile.problems}
    assert shown == {UNREADABLE, SMALL, ASPECT, TRANSPARENT}, "no problem hides another"
