"""The README says what the program does."""

import re
import tomllib
from pathlib import Path

import pytest

from performer.commands.params import as_markdown
from performer.outputs.layout import parse_outputs
from performer.patch import parse_patch

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
TOML = re.findall(r"```toml\n(.*?)```", README, re.DOTALL)


def test_its_parameter_table_is_the_programs() -> None:
    page = Path(__file__).parent.parent / "docs" / "parameters.md"
    assert as_markdown() in page.read_text(encoding="utf-8")


def test_its_patch_is_a_patch() -> None:
    text, *more = (block for block in TOML if "[[outputs]]" not in block)
    patch = parse_patch(text, Path("readme.toml"))
    assert (len(patch.bindings), len(patch.modulators), len(patch.scenes)) == (1, 1, 1)
    assert tomllib.loads(text)["name"] == "Mine"
    for added in more:
        assert parse_patch(f"{text}\n{added}", Path("readme.toml")) != patch


def test_its_outputs_are_outputs() -> None:
    (text,) = (block for block in TOML if "[[outputs]]" in block)
    left, right = parse_outputs(text, Path("readme.toml"))
    assert left.crop[2] - right.crop[0] == pytest.approx(left.blend.right * left.crop[2], abs=0.01)
    assert right.blend.left == left.blend.right


def test_its_pictures_and_pages_are_there() -> None:
    for link in re.findall(r"\]\((docs/[^)]+)\)", README):
        assert (Path(__file__).parent.parent / link).is_file(), link
