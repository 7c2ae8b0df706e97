"""`performer distil`: a student that plays, a run that goes on, and one sentence when it cannot."""

import io
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
import torch
from rich.console import Console

from models.canvas import canvas_of
from models.checkpoint import (
    Images,
    Manifest,
    load_checkpoint,
    save_checkpoint,
    save_tensors,
)
from models.distil.likeness import Moments
from models.distil.sizes import TARGETS
from models.division import TrainingError
from models.networks import Generator, Widths
from models.saves import Saves, read
from performer.commands.distil import Options, distil
from performer.commands.instrument import load_instrument

CANVAS, WIDTHS = canvas_of(16, 16), Widths(128, 16, z_dim=8, w_dim=8, mapping_layers=2)


@pytest.fixture
def options(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Options:
    """What a user asks for, with a tiny model."""
    monkeypatch.setattr("models.walk.SECONDS", 1)
    monkeypatch.setattr("performer.commands.distil.COMPARED_BOUNDS", (12, 12))
    torch.manual_seed(0)
    path = tmp_path / "tides.safetensors"
    told = Manifest(CANVAS, WIDTHS, 3.0, Images(9, "f", "CC0", "me"), 0, "hinge", "2020", name="t")
    save_checkpoint(path, Generator(CANVAS, WIDTHS), told, torch.randn(2, 8))
    return Options(path, "cpu", None, None, 0.016, 64, 8, "cpu", False)


def run(options: Options, stopped: Callable[[], bool] = lambda: False) -> str:
    console = Console(file=io.StringIO(), width=200)
    distil(options, console, stopped)
    return console.file.getvalue()  # type: ignore[attr-defined]


def test_a_student_is_made_beside_its_teacher_and_plays(options: Options) -> None:
    words = run(options)
    folder = options.model.parent / "tides-cpu"
    assert "Teacher t: 16x16, channels 16 16 8" in words
    assert "Student: 16x16, channels 8 8 4" in words
    assert f"performer play {folder / 'model.safetensors'}" in words
    instrument = load_instrument("drift", folder / "model.safetensors", "cpu")
    assert instrument.engine().frame(0.0, 0.0, ()) is not None
    told = load_checkpoint(folder / "model.safetensors").manifest
    assert told.before.images[-1].licence == "CC0" and told.teacher and told.teacher.name == "t"
    assert "its W is the same" in (folder / "model.md").read_text()


def test_a_stopped_run_says_how_to_go_on_and_does(options: Options) -> None:
    words = run(options, lambda: True)
    folder = options.folder
    assert "Stopped and saved at 0.0 kimg" in words
    assert f"performer distil {options.model} --target cpu --out {folder} --resume" in words
    with pytest.raises(TrainingError, match="holds a run; go on with --resume"):
        run(options)
    run(replace(options, resume=True, channel_base=None, channel_max=None))
    assert Saves(folder).load()[0].kimg == 0.016
    assert [kimg for kimg, _ in Moments(folder).rows] == [0.0, 0.016]


def test_what_cannot_be_is_one_sentence(options: Options, tmp_path: Path) -> None:
    refused = {
        "light enough; for a narrower one use --channel-base": {"channel_base": None,
                                                                 "channel_max": None},
        '--target "phone" is unknown; use cpu or gpu': {"target": "phone"},
        "holds no run to resume": {"resume": True},
        "is a file; --out names the folder": {"out": options.model},
    }  # fmt: skip
    for sentence, asked in refused.items():
        with pytest.raises(TrainingError, match=sentence):
            run(replace(options, **asked))  # type: ignore[arg-type]
    run(options)
    resume = replace(options, resume=True)
    torch.manual_seed(1)
    other = load_checkpoint(options.model).manifest
    save_checkpoint(options.model, Generator(CANVAS, WIDTHS), other)
    with pytest.raises(TrainingError, match="is not the model that .*tides-cpu learns from"):
        run(replace(resume, channel_base=None, channel_max=None))


def test_the_options_that_it_began_with_go_on_and_others_are_refused(options: Options) -> None:
    run(options, lambda: True)
    resume = replace(options, resume=True)
    run(resume, lambda: True)
    refused = {
        "--channel-max cannot change on --resume: the run has channels 8 8 4, asked for is "
        "channels 16 16 8 (--channel-max 32)": {"channel_base": None, "channel_max": 32},
        "--channel-base and --channel-max cannot change on --resume: the run has channels 8 8 4, "
        "asked for is channels 4 4 2 (--channel-base 32, --channel-max 4)": {
            "channel_base": 32, "channel_max": 4
        },
        "--target cannot change on --resume: the run has cpu, asked for is gpu": {
            "target": "gpu", "out": options.folder
        },
    }  # fmt: skip
    for sentence, asked in refused.items():
        with pytest.raises(TrainingError, match=f"^{re.escape(sentence)}; leave it out"):
            run(replace(resume, **asked))  # type: ignore[arg-type]


def test_a_run_that_kept_no_target_goes_on(options: Options) -> None:
    run(options, lambda: True)
    (path,) = Saves(options.folder).files
    save, tensors = read(path)
    old = msgspec.to_builtins(save)
    assert old.pop("start")["target"] == "cpu"
    save_tensors(path, tensors, {"save": msgspec.json.encode(old).decode()})
    run(replace(options, resume=True, target="gpu", out=options.folder), lambda: True)


def test_a_smaller_canvas_is_told_plainly_and_plays(
    options: Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = TARGETS["cpu"]._replace(budget_ms=0.01)
    monkeypatch.setitem(TARGETS, "cpu", slow)
    words = run(replace(options, channel_base=None, channel_max=None))
    assert "Student: 8x8, channels 16 16" in words
    assert "The student is smaller: 16x16 would be too slow for 30 frames/s" in words
    student = options.folder / "model.safetensors"
    told = load_checkpoint(student).manifest
    assert str(told.canvas) == "8x8" and told.teacher and str(told.teacher.canvas) == "16x16"
    instrument = load_instrument("drift", student, "cpu")
    assert instrument.engine().frame(0.0, 0.0, ()) is not None
