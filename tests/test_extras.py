"""Each sentence about a missing library ends in a command that works where the user stands."""

import importlib.metadata
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from performer import extras
from performer.extras import install_command


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "executable", str(tmp_path / ".venv" / "bin" / "python"))
    return tmp_path


def test_it_names_the_libraries_of_the_extra_and_no_others() -> None:
    python = Path(".venv/bin/python")
    assert install_command("video") == f'{python} -m pip install "av>=14"'
    assert install_command("sound") == f'{python} -m pip install "av>=14" "sounddevice>=0.5"'
    assert install_command("train") == f'{python} -m pip install "av>=14" "tensorboard>=2.18"'
    assert install_command("link") == f'{python} -m pip install "aalink>=0.2.3"'


def test_every_extra_names_something() -> None:
    told = importlib.metadata.metadata(extras.DISTRIBUTION).get_all("Provides-Extra") or []
    assert {"video", "sound", "train", "ndi", "spout", "syphon", "camera", "link"} <= set(told)
    for extra in told:
        assert '"' in install_command(extra)


def test_away_from_the_environment_its_python_is_named_in_full(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "elsewhere").mkdir()
    monkeypatch.chdir(here / "elsewhere")
    assert install_command("video") == f'{here}/.venv/bin/python -m pip install "av>=14"'


def test_where_uv_made_the_environment_uv_installs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert install_command("video") == 'uv pip install --python .venv/bin/python "av>=14"'


@pytest.mark.skipif(os.name == "nt", reason="cmd and PowerShell quote otherwise")
def test_a_shell_takes_a_path_with_spaces_as_one_word(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", str(here / "my tools" / "python"))
    (here / "my tools").mkdir()
    python = here / "my tools" / "python"
    python.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    python.chmod(0o755)
    words = ["sh", "-c", install_command("video")]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["-m", "pip", "install", "av>=14"]


def test_where_nothing_is_installed_the_source_itself_is_named(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extras, "DISTRIBUTION", "no-such-distribution")
    assert install_command("video").endswith(f'-m pip install "{extras.SOURCE}[video]"')
    assert (extras.SOURCE / "pyproject.toml").is_file()
