"""`performer measure` on a tiny model: what it prints, as a table and as JSON, and its verdicts."""

import io
import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from random_inception import random_state
from rich.console import Console
from safetensors.torch import save_file
from typer.testing import CliRunner

from models.canvas import parse_size
from models.checkpoint import Images, Manifest, save_checkpoint
from models.fid import Distances
from models.metrics import TITLES, Measures, MetricsError
from models.networks import Generator, Widths
from models.sampling import draw
from performer.cli import app, expected_errors
from performer.commands.inception import ByInception
from performer.commands.measure import Result, bounds, dump, measure, table, verdict
from performer.paths import PathError

REAL = Measures(
    kid=-0.01, coverage=0.5, fake_to_train=1.0, fake_to_fake=1.0, swd=0.05, spectrum_db=0.3
)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """The folder of a run whose model draws but one picture, its images in `images` below it."""
    torch.manual_seed(0)
    canvas, widths = parse_size("16x8"), Widths(64, 16, z_dim=8, w_dim=8, mapping_layers=2)
    manifest = Manifest(canvas, widths, 0.0, Images(24, "x"), 0, "minimax", "now")
    generator = Generator(canvas, widths)
    for parameter in generator.mapping.parameters():
        torch.nn.init.zeros_(parameter)
    save_checkpoint(tmp_path / "model.safetensors", generator, manifest)
    (tmp_path / "images").mkdir()
    random = np.random.default_rng(1)
    for index in range(24):
        pixels = random.integers(0, 256, (8, 16, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / "images" / f"{index:02}.png")
    return tmp_path


def said(result: Result) -> str:
    console = Console(file=io.StringIO(), width=140)
    console.print(table(result))
    return console.file.getvalue()  # type: ignore[attr-defined]


def test_json_holds_all_and_is_the_same_twice(run: Path) -> None:
    command = ["measure", str(run), str(run / "images"), "--count", "30", "--json"]
    command += ["--device", "cpu"]
    first, second = (CliRunner().invoke(app, command) for _ in range(2))
    assert first.exit_code == 0 and first.output == second.output
    told = json.loads(first.output)
    assert told["measures"].keys() == told["floor"].keys() == told["verdicts"].keys()
    assert told["measures"].keys() == TITLES.keys()
    assert all(math.isfinite(value) for value in told["measures"].values())
    assert (told["pictures"], told["images"]) == (30, 24)
    assert told["verdicts"]["kid"] == "bad" and told["verdicts"]["fake_to_fake"] == "bad"
    assert list(told["flags"]) == ["coverage", "collapse"]


def test_the_table_has_a_row_for_each_and_the_flags_below(run: Path) -> None:
    console = Console(file=io.StringIO(), width=140)
    measure(run / "model.safetensors", run / "images", 30, "cpu", False, console)
    text = console.file.getvalue()  # type: ignore[attr-defined]
    for title, meaning in TITLES.values():
        assert title in text and meaning in text
    assert "30 pictures against 24 images" in text
    assert "leaves out most of what your images show" in text and "has collapsed" in text


def test_errors_are_sentences(run: Path) -> None:
    for path in sorted((run / "images").iterdir())[:20]:
        path.unlink()
    with pytest.raises(MetricsError, match="4 training images are too few"):
        measure(run, run / "images", 30, "cpu", True, Console())
    with pytest.raises(PathError, match="holds no model yet"):
        measure(run / "images", run / "images", 30, "cpu", True, Console())


def test_inception_adds_fid_and_kid_and_changes_nothing_else(run: Path) -> None:
    weights = run / "weights.safetensors"
    save_file(random_state(), weights)
    command = ["measure", str(run), str(run / "images"), "--count", "10", "--json"]
    without, given = (
        CliRunner().invoke(app, [*command, "--device", "cpu", *more])
        for more in ([], ["--inception", str(weights)])
    )
    weights.unlink()
    told = json.loads(given.stdout)
    by = told.pop("inception")
    assert told == json.loads(without.stdout)
    assert (by["pictures"], by["images"], by["classes"]) == (10, 24, 1008)
    assert by["measures"].keys() == by["floor"].keys() == {"fid", "kid"}
    assert by["measures"]["fid"] > by["floor"]["fid"] > 0
    assert "10 pictures against 24 images" in by["notes"][0]


def test_fid_and_kid_have_rows_without_a_verdict_and_notes() -> None:
    by = ByInception(1000, 301, 1000, Distances(31.25, 0.0123), Distances(12.5, -0.0001))
    rows = said(Result(Path("m"), 10, 20, REAL, REAL, by)).splitlines()
    (fid,) = (row.split() for row in rows if row.strip().startswith("FID"))
    (thousand,) = (row.split() for row in rows if row.strip().startswith("KID x 1000"))
    assert fid[1:4] == ["31.250", "12.500", "As"] and thousand[3:6] == ["12.300", "-0.100", "The"]
    counts, few, others = by.notes
    assert "1000 pictures against 301 images" in counts and "150 images against 150" in counts
    assert "too high by chance" in few and "cannot be compared with published" in others
    assert len(replace(by, pictures=50_000, images=2000, classes=1008).notes) == 1


def test_weights_that_are_not_there_are_a_sentence(run: Path) -> None:
    told = CliRunner().invoke(
        app, ["measure", str(run), str(run / "images"), "--inception", str(run / "model.pth")]
    )
    assert isinstance(told.exception, expected_errors())
    assert str(told.exception) == f"{run / 'model.pth'}: no such file"


@pytest.mark.parametrize(
    "name, values",
    [
        ("kid", (0.0, 0.2, 0.4)),
        ("coverage", (0.45, 0.2, 0.1)),
        ("fake_to_train", (0.9, 0.6, 0.3)),
        ("fake_to_fake", (0.9, 0.4, 0.1)),
        ("swd", (0.06, 0.15, 0.3)),
        ("spectrum_db", (0.5, 2.0, 8.0)),
    ],
)
def test_a_verdict_is_held_against_the_floor(name: str, values: tuple[float, ...]) -> None:
    limits = bounds(REAL)[name]
    assert [verdict(value, *limits) for value in values] == ["good", "watch", "bad"]
    assert verdict(float("nan"), *limits) == "bad"


def test_what_real_images_score_is_good() -> None:
    for real in (REAL, replace(REAL, kid=0.2, coverage=0.3, swd=0.2, spectrum_db=3.0)):
        result = Result(Path("m"), 1000, 500, real, real)
        assert set(result.verdicts.values()) == {"good"} and result.flags == {}


def test_what_is_no_number_is_bad_and_null() -> None:
    broken = Result(Path("m"), 10, 20, replace(REAL, kid=math.nan), REAL)
    assert broken.verdicts["kid"] == "bad" and list(broken.flags) == ["nan"]
    assert json.loads(dump(broken))["measures"]["kid"] is None
    assert "nan" in said(broken)


def test_the_same_seed_draws_the_same_pictures_in_any_parts() -> None:
    torch.manual_seed(0)
    widths = Widths(64, 16, z_dim=8, w_dim=8, mapping_layers=2)
    generator = Generator(parse_size("16x8"), widths).eval()
    once, parts = draw(generator, 10, seed=4), draw(generator, 10, seed=4, batch=3)
    assert once.shape == (10, 3, 8, 16) and once.dtype == torch.uint8
    assert (once.int() - parts.int()).abs().max() <= 1
    assert not torch.equal(once, draw(generator, 10, seed=5))
