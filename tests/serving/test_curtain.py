"""The curtain's windows: those of the instrument, or one sentence why there are none."""

from pathlib import Path

import pytest

from performer.outputs.layout import Output
from performer.serving.curtain import outputs_of


def test_it_hangs_where_the_instrument_plays(tmp_path: Path) -> None:
    assert outputs_of("1", "cover", "") == (Output(display=1, fit="cover"),)
    file = tmp_path / "wall.toml"
    file.write_text("version = 1\n[[outputs]]\ndisplay = 2\n")
    assert outputs_of("0", "contain", str(file)) == (Output(name="output 1", display=2),)


def test_an_outputs_file_that_is_wrong_is_one_sentence(tmp_path: Path) -> None:
    file = tmp_path / "wall.toml"
    file.write_text("version = 1\n[[outputs]]\nshow = 2\n")
    with pytest.raises(SystemExit, match=r"^no curtain: .*wall.toml:3: outputs\[1\].show"):
        outputs_of("0", "contain", str(file))
