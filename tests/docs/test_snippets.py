"""Every TOML example of the manual is read by the program, alone or added to the first patch."""

from pathlib import Path

import pytest
from manual import PAGES, blocks

from performer.outputs.layout import parse_outputs
from performer.patch import parse_controller, parse_patch

FILE = Path("manual.toml")
BASE = blocks("docs/patches.md", "toml")[0]
EXAMPLES = [(page, text) for page in PAGES for text in blocks(page, "toml")]
ALONE = {"[[outputs]]": parse_outputs, "match =": parse_controller, "version = 1": parse_patch}


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 15


def test_the_first_patch_is_one_of_each() -> None:
    patch = parse_patch(BASE, FILE)
    assert patch.name == "Mine"
    assert (len(patch.bindings), len(patch.modulators), len(patch.scenes)) == (1, 1, 1)


@pytest.mark.parametrize(
    ("page", "text"), EXAMPLES, ids=[f"{page}-{i}" for i, (page, _) in enumerate(EXAMPLES)]
)
def test_an_example_can_be_read(page: str, text: str) -> None:
    read = next((ALONE[mark] for mark in ALONE if mark in text), None)
    if read is not None:
        read(text, FILE)
        return
    before = BASE.partition("[scenes.1]")[0] if "[scenes.1]" in text else BASE
    head, tables = before.split("[start]")
    whole = f"{before}\n{text}" if text.startswith("[") else f"{head}{text}[start]{tables}"
    assert parse_patch(whole, FILE) != parse_patch(BASE, FILE)


def test_the_edges_of_two_projectors_fit() -> None:
    (text,) = (text for _, text in EXAMPLES if "[[outputs]]" in text)
    left, right = parse_outputs(text, FILE)
    overlap = left.crop[2] - right.crop[0]
    assert overlap == pytest.approx(left.blend.right * left.crop[2], abs=0.01)
    assert right.blend.left == left.blend.right
