"""Where the picture goes, as the command line says it."""

from dataclasses import replace
from pathlib import Path

import pytest

from performer.commands.options import Options
from performer.commands.screens import outputs_of
from performer.outputs import DisplayError
from performer.outputs.layout import Output

PLAIN = Options(
    patch="drift",
    model=None,
    device="auto",
    seed=None,
    windowed=False,
    size=None,
    display=0,
    headless=False,
    latency="low",
    osc="none",
    osc_feedback="auto",
    midi="none",
    sound="none",
    frames=None,
    seconds=None,
    stats=None,
)


def test_one_screen() -> None:
    assert outputs_of(PLAIN) == (Output(),)
    asked = replace(PLAIN, size=(640, 360), display=1, fit="cover")
    assert outputs_of(asked) == (Output(display=1, windowed=True, size=(640, 360), fit="cover"),)


def test_a_file_says_it_alone(tmp_path: Path) -> None:
    file = tmp_path / "wall.toml"
    file.write_text("version = 1\n[[outputs]]\n[[outputs]]\ndisplay = 1\n")
    assert [output.display for output in outputs_of(replace(PLAIN, outputs=file))] == [0, 1]
    with pytest.raises(DisplayError, match="wall.toml says where and how; leave out --windowed"):
        outputs_of(replace(PLAIN, outputs=file, windowed=True))
