"""The shell's Tab and `--version`: what they offer and say, and that neither waits for torch."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from performer import __version__
from performer.cli import app
from performer.completion import DEVICES, device_names, patch_names
from performer.paths import PATCHES

PROGRAM = "import sys; sys.argv[0] = 'performer'; from performer.cli import main; main()"
SHIPPED = sorted(path.stem for path in PATCHES.glob("*.toml"))
# Each of them takes longer to import than a press of Tab may.
SLOW = {"torch", "numpy", "pygame", "openvino", "rich", "models", "msgspec", "mido"}


def performer(*words: str, **environment: str) -> str:
    done = CliRunner().invoke(app, words, env=environment, prog_name="performer")
    assert done.exit_code == 0, done.output
    return done.stdout


def offered(line: str) -> list[str]:
    """What is offered for the last word of a line in bash; nothing is whatever file fits."""
    words = line.split(" ")
    return performer(
        COMP_WORDS=line, COMP_CWORD=str(len(words) - 1), _PERFORMER_COMPLETE="complete_bash"
    ).split()


def test_the_version_is_said_in_one_line() -> None:
    assert performer("--version") == f"performer {__version__}\n"


def test_commands_and_options_are_offered() -> None:
    command: Any = typer.main.get_command(app)
    assert offered("performer ") == list(command.commands)
    assert offered("performer pl") == ["play"]
    assert offered("performer play --wi") == ["--windowed"]
    assert {"--resume", "--r1-gamma"} <= set(offered("performer train x --r"))
    assert offered("performer play --latency ") == ["low", "smooth"]
    assert offered("performer check --device c") == ["cpu", "cuda"]


def test_patches_are_offered_where_one_is_meant() -> None:
    assert SHIPPED
    for command in ("play", "check", "bench", "serve"):
        assert sorted(offered(f"performer {command} ")) == SHIPPED
    assert offered("performer play dr") == ["drift"]


def test_serve_offers_what_play_takes_and_each_once() -> None:
    found = offered("performer serve --")
    assert {"--understudy", "--fresh", "--page", "--outputs"} <= set(found)
    assert len(found) == len(set(found))


@pytest.mark.parametrize(
    "line",
    [
        "performer play ./mod",
        "performer play --model ",
        "performer play --take so",
        "performer train ima",
        "performer train x --out r",
        "performer replay ",
        "performer import GAN",
    ],
)
def test_files_are_left_to_the_shell(line: str) -> None:
    assert offered(line) == []


def test_the_users_own_patches_are_offered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "performer" / "patches"
    folder.mkdir(parents=True)
    for name in ("mine.toml", "drift.toml", "notes.txt"):
        (folder / name).write_text("")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert patch_names("") == sorted({*SHIPPED, "mine"})
    assert patch_names("mi") == sorted(["mine", *(n for n in SHIPPED if n.startswith("mi"))])
    assert patch_names("./") == []


def test_devices() -> None:
    assert device_names("") == list(DEVICES) and device_names("m") == ["mps"]


@pytest.mark.parametrize("line", ["performer ", "performer play dr", "performer train --"])
def test_tab_waits_for_nothing_slow(line: str) -> None:
    program = (
        "import atexit, json, sys\n"
        "seen = lambda: print(json.dumps(list(sys.modules)), file=sys.stderr)\n"
        f"atexit.register(seen)\n{PROGRAM}"
    )
    words = {"COMP_WORDS": line, "COMP_CWORD": str(line.count(" "))}
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | words | {"_PERFORMER_COMPLETE": "complete_bash"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout
    assert not SLOW & {name.partition(".")[0] for name in json.loads(done.stderr)}


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell"])
def test_each_shell_has_a_script(shell: str) -> None:
    script = performer(_PERFORMER_COMPLETE=f"source_{shell}")
    assert "performer" in script and f"complete_{shell}" in script


@pytest.mark.parametrize("shell", ["zsh", "fish", "powershell"])
def test_other_shells_are_offered_the_same(shell: str) -> None:
    said = performer(
        _PERFORMER_COMPLETE=f"complete_{shell}",
        _TYPER_COMPLETE_ARGS="performer play dr",
        _TYPER_COMPLETE_FISH_ACTION="get-args",
        _TYPER_COMPLETE_WORD_TO_COMPLETE="dr",
    )
    assert "drift" in said and "storm" not in said


def test_a_real_bash_completes_by_the_script(tmp_path: Path) -> None:
    bin_ = tmp_path / "performer"
    bin_.write_text(f'#!/bin/sh\nexec {sys.executable} -c "{PROGRAM}" "$@"\n')
    bin_.chmod(0o755)
    (tmp_path / "script").write_text(performer(_PERFORMER_COMPLETE="source_bash"))
    typed = (
        "source script; COMP_WORDS=(performer play dr); COMP_CWORD=2; "
        '_performer_completion performer; echo "${COMPREPLY[@]}"; complete -p performer'
    )
    done = subprocess.run(
        ["bash", "--norc", "-c", typed],
        cwd=tmp_path,
        env=os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout.splitlines() == [
        "drift",
        "complete -o default -F _performer_completion performer",
    ]
