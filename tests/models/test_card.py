"""The model card: all that an artist asks of a model, and nobody's words break it."""

import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import torch
from tiny import manifest

from models.canvas import canvas_of
from models.card import card, write_card
from models.checkpoint import Images, Likeness, Lineage, Origin, TaughtBy
from models.directions import Directions
from models.metrics import TITLES, Measures
from models.networks import Widths
from models.stylegan3.layout import StyleGAN3

FOUND = Directions(torch.ones(2, 16), (3.14, 1.2), ("PCA 1", "SeFa fine 2"))
MEASURES = Measures(0.123, 0.4, 0.9, 0.8, 0.05, 1.5)
FLOOR = Measures(0.0, 0.5, 1.0, 1.1, 0.02, 0.25)


def written(told: dict[str, Any] | None = None, **changes: Any) -> str:
    """A card; `told` changes the manifest."""
    asked: dict[str, Any] = {"parameters": 12_345, **changes}
    return card(manifest(**{"name": "Tides", **(told or {})}), FOUND, **asked)


def rows(text: str) -> dict[str, list[str]]:
    """Each table row's first cell, and the other ones."""
    cells = [re.split(r"(?<!\\)\|", line)[1:-1] for line in text.splitlines() if line[:1] == "|"]
    return {first.strip(): [cell.strip() for cell in rest] for first, *rest in cells}


def test_it_tells_what_the_model_is_and_what_it_learnt_from() -> None:
    text = written()
    assert text.startswith("# Tides\n") and text.endswith("\n") and "\n\n\n" not in text
    told = rows(text)
    assert told["Canvas"] == ["8x8 pixels"] and told["Size"] == ["12,345 parameters"]
    assert told["Widths"][0].startswith("z 16, w 16, 2 mapping layers, 16 channels")
    assert told["Training"] == ["1.5 kimg: it was shown 1,500 images"]
    assert (told["Loss"], told["Seed"]) == (["minimax"], ["3"])
    assert told["Made"] == ["2020-01-01, 00:00:00 UTC"]
    assert (told["Images"], told["Source"], told["Licence"]) == (["12"], ["the test"], ["CC0"])


def test_a_model_tells_whose_images_and_file_it_started_from() -> None:
    origin = Origin("StyleGAN2 by NVIDIA", "faces.pkl", "0123", "CC BY-NC 4.0")
    before = Lineage(origin, (Images(70, "", "CC BY 4.0", "the attic"),))
    told = rows(written({"before": before}))
    assert told["Before: source"] == ["the attic"]
    assert told["Before: licence"] == ["CC BY 4.0"]
    assert told["At first: file"] == ["faces.pkl"]
    assert told["At first: licence"] == ["CC BY-NC 4.0"]


def test_a_student_tells_its_teacher_and_what_that_one_learnt_from() -> None:
    teacher = TaughtBy("Sea", "sea.safetensors", "0123", canvas_of(16, 16), Likeness(0.05, 21, 0.7))
    before = Lineage(None, (Images(70, "", "CC BY 4.0", "the attic"),))
    text = written({"images": Images(0, "0123"), "before": before, "teacher": teacher})
    told = rows(text)
    assert (told["Teacher"], told["Its canvas"]) == (["Sea"], ["16x16 pixels"])
    assert (told["L1, of the range"], told["PSNR"]) == (["5.00%"], ["21.0 dB"])
    assert (told["Images"], told["Source"]) == (["70"], ["the attic"])
    assert "## What its teacher learnt from" in text and "its W is the same" in text
    assert told["Training"] == ["1.5 kimg: it was shown 1,500 images"]


def test_an_imported_model_tells_its_origin_and_not_what_no_one_knows() -> None:
    origin = Origin("StyleGAN3-T by NVIDIA, PyTorch", "a|b.pkl", "0123", "")
    widths = Widths(256, 17, z_dim=8, w_dim=12, mapping_layers=2, classes=1000)
    design = {"widths": widths, "architecture": StyleGAN3(), "canvas": canvas_of(16, 16)}
    text = written({"origin": origin, "kimg": 0.0, **design})
    told = rows(text)
    assert told["Program"] == ["StyleGAN3-T by NVIDIA, PyTorch"] and told["SHA-256"] == ["0123"]
    assert told["File"] == [r"a\|b.pkl"] and told["Licence"] == ["not told"]
    assert told["Imported"] == ["2020-01-01, 00:00:00 UTC"]
    assert told["Architecture"] == ["StyleGAN3"] and told["Classes"][0].startswith("1,000")
    assert told["Widths"][0].endswith("17 channels at the coarsest level, 16 at the finest")
    assert not told.keys() & {"Training", "Loss", "Seed", "Made", "Images", "Source"}
    assert "## Where it comes from" in text and "learnt" not in text


def test_it_says_so_when_source_and_licence_are_not_told() -> None:
    told = rows(written({"images": Images(4000, "abc", frames=1000)}))
    assert told["Source"] == told["Licence"] == ["not told"]
    assert told["Images"] == ["4,000, 1,000 asked of each video"]


def test_it_lists_the_directions_in_their_order() -> None:
    told = rows(written())
    assert told["`/direction/1`"] == ["3.1", "PCA 1"]
    assert told["`/direction/2`"] == ["1.2", "SeFa fine 2"]
    assert "another seed" in written()
    none = card(manifest(), Directions(torch.zeros(0, 16), (), ()), parameters=1)
    unseen = card(manifest(), None, parameters=1)
    assert "principal components of W" in unseen and "`/direction/1`" not in unseen
    assert "None was found" in none and "`/direction/1`" not in none


def test_measures_stand_beside_what_real_images_score() -> None:
    told = rows(written(measures=MEASURES, floor=FLOOR))
    for name, value in asdict(MEASURES).items():
        title, meaning = TITLES[name]
        assert told[title] == [f"{value:.3f}", f"{asdict(FLOOR)[name]:.3f}", meaning]
    assert rows(written(measures=MEASURES))["rconv-KID"][:2] == ["0.123", ""]


def test_without_measures_it_says_how_to_get_them() -> None:
    assert '`performer measure "sea.safetensors" my_images`' in written(model="sea.safetensors")
    assert "rconv-KID" not in written()


def test_it_shows_a_picture_and_the_command_that_plays() -> None:
    text = written(model="my sea.safetensors", picture="samples/0012 (a).png")
    assert "![Pictures by Tides](samples/0012%20%28a%29.png)" in text
    assert '```sh\nperformer play --model "my sea.safetensors"\n```' in text
    assert "![" not in written()


@pytest.mark.parametrize(
    "words", ["a | b", "two\nlines\n\n# of them", "<script>x</script>", "`code` *b* [l](x) \\|"]
)
def test_nobodys_words_break_it(words: str) -> None:
    images = Images(3, "abc", words, words)
    text = written({"images": images, "loss": words, "made": words, "name": words})
    told = rows(text)
    for name in ("Source", "Licence", "Loss", "Made"):
        assert len(told[name]) == 1 and "<script>" not in told[name][0]
    headings = [line for line in text.splitlines() if line.startswith("#")]
    assert len(headings) == 5
    assert re.search(r"(?<!\\)\[l", text.partition("![")[0]) is None


def test_table_columns_line_up_as_text() -> None:
    tables = re.findall(r"(?:^\|.*\n)+", written(measures=MEASURES, floor=FLOOR), re.MULTILINE)
    assert len(tables) == 4
    for table in tables:
        assert len({len(line) for line in table.splitlines()}) == 1


def test_it_lies_beside_the_model_under_its_name(tmp_path: Path) -> None:
    path = write_card(tmp_path / "tide.safetensors", "# Märchen\n")
    assert path == tmp_path / "tide.md" and path.read_text(encoding="utf-8") == "# Märchen\n"
    write_card(tmp_path / "tide.safetensors", "new")
    assert [file.name for file in tmp_path.iterdir()] == ["tide.md"]
    assert path.read_text(encoding="utf-8") == "new"
