"""`train --resume` and `distil --resume`: every option repeated goes on, changed is refused."""

import io
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import typer
from PIL import Image
from rich.console import Console

from models.checkpoint import CheckpointError
from models.division import TrainingError
from models.saves import Save, Saves, StartOptions
from performer.cli import app
from performer.commands.resume import FIXED, check_start, resumed_recipe, start_options
from performer.commands.train import Options, train

WIDTHS = ("--channel-base", "16", "--channel-max", "8")
BEGUN = (
    *("--size", "32x16", "--fit", "pad", "--seed", "5", "--device", "cpu", "--kimg", "0.002"),
    *("--loss", "hinge", "--augment", "ada", "--ada-target", "0.5", "--ada-kimg", "7"),
    *("--batch", "2", "--learning-rate", "0.001", "--r1-gamma", "0.3", "--stages", "2"),
    *("--frozen-layers", "1", "--path-length-weight", "2", *WIDTHS, "--mirror", "--noise"),
    *("--precision", "float32", "--licence", "CC0", "--source", "here", "--stop-early"),
)
# Each option that cannot change: ways to say what the run has, another value, and both as told.
UNCHANGEABLE: dict[str, tuple[list[tuple[str, ...]], tuple[str, ...], str, str]] = {
    "size": ([("--size", "32x16"), ("--size", " 32X16")], ("--size", "32"), "32x16", "32x32"),
    "fit": ([("--fit", "pad")], ("--fit", "crop"), "pad", "crop"),
    "frames": ([], ("--frames", "9"), "0", "9"),
    "seed": ([("--seed", "5"), ("--seed", "05")], ("--seed", "7"), "5", "7"),
    "loss": ([("--loss", "hinge")], ("--loss", "rp"), "hinge", "rp"),
    "augment": ([("--augment", "ada")], ("--augment", "none"), "ada", "none"),
    "ada_target": (
        [("--ada-target", "0.5"), ("--ada-target", ".50")], ("--ada-target", "0.6"), "0.5", "0.6"
    ),
    "ada_kimg": (
        [("--ada-kimg", "7"), ("--ada-kimg", "7.0")], ("--ada-kimg", "8"), "7.0", "8.0"
    ),
    "batch": ([("--batch", "2")], ("--batch", "4"), "2", "4"),
    "r1_gamma": ([("--r1-gamma", "0.3")], ("--r1-gamma", "0.30001"), "0.3", "0.30001"),
    "stages": ([("--stages", "2")], ("--stages", "1"), "2", "1"),
    "frozen_layers": ([("--frozen-layers", "1")], ("--frozen-layers", "0"), "1", "0"),
    "path_length_weight": (
        [("--path-length-weight", "2")], ("--path-length-weight", "0"), "2.0", "0.0"
    ),
    "channel_base": ([("--channel-base", "16")], ("--channel-base", "32"), "16", "32"),
    "channel_max": ([("--channel-max", "8")], ("--channel-max", "16"), "8", "16"),
    "mirror": ([("--mirror",)], ("--no-mirror",), "on", "off"),
    "noise": ([("--noise",)], ("--no-noise",), "on", "off"),
    "precision": ([("--precision", "float32")], ("--precision", "bfloat16"), "float32", "bfloat16"),
}  # fmt: skip
CHANGEABLE: dict[str, tuple[str, ...]] = {
    "device": ("--device", "auto"),
    "kimg": ("--kimg", "9"),
    "hours": ("--hours", "3"),
    "learning_rate": ("--learning-rate", "0.0005"),
    "licence": ("--licence", "CC-BY"),
    "source": ("--source", "there"),
    "best": ("--best",),
    "changed_images": ("--changed-images",),
    "stop_early": ("--stop-early",),
}
CHECKED_ELSEWHERE = {"images", "out", "resume", "start_from", "grow"}


@pytest.fixture(scope="module", autouse=True)
def short_films() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("models.walk.SECONDS", 1)
        yield


def parsed(*words: str) -> Options:
    """What the real command line makes of `performer train IMAGES ...`."""
    seen: list[Options] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("performer.commands.signals.catch_signals", lambda: lambda: False)
        patch.setattr("performer.commands.train.train", lambda options, *_: seen.append(options))
        app(["train", *words], standalone_mode=False)
    return seen[0]


def given(options: Options) -> dict[str, Any]:
    """What was asked for of that which a run has."""
    prepared = {"size": options.size, "fit": options.fit, "frames": options.frames}
    return options.asked | {name: value for name, value in prepared.items() if value}


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data") / "images"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for i in range(3):
        pixels = rng.integers(0, 255, (16, 32, 3), np.uint8)
        Image.fromarray(pixels).save(folder / f"{i}.png")
    return folder


@pytest.fixture(scope="module")
def run(images: Path) -> Path:
    """A run that was begun with an option of every kind."""
    out = images.parent / "run"
    options = parsed(str(images), "--out", str(out), *BEGUN)
    train(options, Console(quiet=True), lambda: False)
    return out


@pytest.fixture
def save(run: Path) -> Save:
    return Saves(run).load()[0]


def test_no_option_of_train_is_forgotten() -> None:
    command: Any = typer.main.get_command(app)
    names = {parameter.name for parameter in command.commands["train"].params} - {"help"}
    assert names == UNCHANGEABLE.keys() | CHANGEABLE.keys() | CHECKED_ELSEWHERE
    assert FIXED.keys() == UNCHANGEABLE.keys()
    begun = {word[2:].replace("-", "_") for word in BEGUN if word.startswith("--")}
    assert begun >= UNCHANGEABLE.keys() - {"frames"}


def test_the_very_same_command_line_goes_on(
    images: Path, run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = parsed(str(images), "--out", str(run), *BEGUN, "--resume")
    train(options, Console(quiet=True), lambda: True)
    monkeypatch.chdir(images.parent)
    options = parsed("images", "--out", "run", *BEGUN, "--resume", "--kimg", "0.004")
    train(options, Console(quiet=True), lambda: False)
    assert Saves(run).load()[0].kimg == 0.004


@pytest.mark.parametrize(
    ("name", "words"),
    [(name, words) for name, case in UNCHANGEABLE.items() for words in case[0]],
)
def test_an_option_as_the_run_has_it_goes_on(save: Save, name: str, words: tuple[str, ...]) -> None:
    options = parsed("images", "--out", "run", "--resume", *words)
    assert given(options).keys() == {name}
    assert resumed_recipe(save, given(options)) == save.recipe


@pytest.mark.parametrize("name", UNCHANGEABLE)
def test_a_changed_option_is_refused_with_both_values(images: Path, run: Path, name: str) -> None:
    _, words, before, now = UNCHANGEABLE[name]
    options = parsed(str(images), "--out", str(run), *BEGUN, "--resume", *words)
    files = sorted(path.name for path in run.rglob("*"))
    with pytest.raises(TrainingError) as refused:
        train(options, Console(quiet=True), lambda: False)
    option = "--" + name.replace("_", "-")
    assert str(refused.value) == (
        f"{option} cannot change on --resume: the run has {before}, asked for is {now}; "
        "leave it out to go on, or start a new run in another --out"
    )
    assert sorted(path.name for path in run.rglob("*")) == files


def test_all_that_changed_is_named_at_once(save: Save) -> None:
    with pytest.raises(TrainingError) as refused:
        resumed_recipe(save, {"seed": 1, "batch": 2, "mirror": False})
    said = str(refused.value)
    assert "--seed cannot change on --resume: the run has 5, asked for is 1; --mirror" in said
    assert "has on, asked for is off; leave them out" in said and "--batch" not in said


@pytest.mark.parametrize("name", CHANGEABLE)
def test_what_may_change_is_taken(save: Save, name: str) -> None:
    options = parsed("images", "--out", "run", "--resume", *CHANGEABLE[name])
    recipe = resumed_recipe(save, given(options))
    rate = 0.0005 if name == "learning_rate" else 0.001
    assert recipe == msgspec.structs.replace(save.recipe, learning_rate=rate)


def test_a_licence_that_was_forgotten_is_kept_from_then_on(images: Path, run: Path) -> None:
    for licence, source in (("", ""), ("CC-BY", ""), ("", "there")):
        options = parsed(str(images), "--out", str(run), "--resume")
        options = replace(options, licence=licence, source=source)
        train(options, Console(quiet=True), lambda: True)
        told = Saves(run).load()[0].images
        assert told.licence == (licence or ("CC-BY" if source else "CC0"))
        assert told.source == (source or "here")


@pytest.fixture(scope="module")
def grown(images: Path, run: Path) -> Callable[..., str]:
    """Runs that start from `run`, by `--from` or `--grow`; resumed, what is said."""

    def start(option: str, model: str, out: str, *more: str) -> str:
        words = (option, model) if option else ()
        size = ("--size", "32x16") if option != "--from" else ()
        small = (*size, "--batch", "2", *(() if option else WIDTHS))
        options = parsed(str(images), "--out", out, *words, *small, *more)
        console = Console(file=io.StringIO(), width=200)
        train(replace(options, device="cpu"), console, lambda: True)
        return console.file.getvalue()  # type: ignore[attr-defined]

    return start


@pytest.mark.parametrize("option", ["--from", "--grow"])
def test_what_a_run_started_from_may_be_said_again(
    tmp_path: Path, run: Path, grown: Callable[..., str], option: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    out, model, other = str(tmp_path / "out"), run / "model.safetensors", tmp_path / "other"
    grown(option, str(model), out)
    saved = Saves(Path(out)).load()[0]
    names = {"--from": saved.start.start_from, "--grow": saved.start.grow}  # type: ignore[union-attr]
    assert names.pop(option) == str(model.resolve()) and list(names.values()) == [""]
    monkeypatch.chdir(run)
    for same in (str(model), "model.safetensors", "../run/model.safetensors"):
        grown(option, same, out, "--resume")
    copy = tmp_path / "copy.safetensors"
    copy.write_bytes(model.read_bytes())
    grown(option, str(copy), out, "--resume")
    copy.write_bytes(b"another")
    swapped = {"--from": "--grow", "--grow": "--from"}[option]
    for asked, path in ((option, copy), (option, other), (swapped, model)):
        with pytest.raises(TrainingError) as refused:
            grown(asked, str(path), out, "--resume")
        said = f"the run has {option} {model.resolve()}, asked for is {asked} {path}; leave it out"
        assert f"{asked} cannot change on --resume: {said}" in str(refused.value)


def test_a_folder_is_the_same_though_its_run_went_on(
    images: Path, run: Path, tmp_path: Path, grown: Callable[..., str],
) -> None:  # fmt: skip
    out = str(tmp_path / "out")
    grown("--from", str(run), out)
    kimg = Saves(run).load()[0].kimg + 0.002
    options = parsed(str(images), "--out", str(run), "--resume")
    train(replace(options, kimg=kimg), Console(quiet=True), lambda: False)
    grown("--from", str(run), out, "--resume")


def test_a_run_that_started_from_nothing_says_so(
    tmp_path: Path, run: Path, grown: Callable[..., str]
) -> None:
    out = str(tmp_path / "out")
    grown("", "", out)
    with pytest.raises(TrainingError, match="the run has no model to start from, asked for is --f"):
        grown("--from", str(run), out, "--resume")


def unrecorded(save: Save) -> Save:
    """A save from before it was kept what a run started from."""
    data = msgspec.to_builtins(save)
    del data["start"]
    return msgspec.convert(data, Save)


def test_runs_saved_without_a_record_are_told_by_what_their_model_was(
    tmp_path: Path, run: Path, grown: Callable[..., str]
) -> None:
    model = run / "model.safetensors"
    grown("--from", str(model), str(tmp_path / "out"))
    old = unrecorded(Saves(tmp_path / "out").load()[0])
    assert old.start is None
    check_start(old, None, None)
    check_start(old, model, None)
    check_start(old, None, model)
    grown("", "", str(tmp_path / "other"))
    with pytest.raises(TrainingError, match=r"the run has a model of 0.\d+ kimg on 3 \(\w{8}\) im"):
        check_start(old, tmp_path / "other", None)
    with pytest.raises(CheckpointError):
        check_start(old, tmp_path / "nothing.safetensors", None)
    fresh = unrecorded(Saves(tmp_path / "other").load()[0])
    with pytest.raises(TrainingError, match="the run has no model to start from"):
        check_start(fresh, None, model)


def test_what_is_kept_of_the_start(tmp_path: Path) -> None:
    assert start_options(None, None) == StartOptions()
    assert start_options(None, tmp_path) == StartOptions(grow=str(tmp_path.resolve()))
