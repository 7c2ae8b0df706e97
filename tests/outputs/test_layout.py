"""The file of outputs: what it may say, and each mistake with its line."""

from pathlib import Path

import pytest

from performer.outputs.layout import STRAIGHT, Blend, Output, is_convex, parse_outputs
from performer.toml_files import PatchError

FILE = Path("wall.toml")


def parse(body: str) -> tuple[Output, ...]:
    return parse_outputs(f"version = 1\n[[outputs]]\n{body}", FILE)


def test_an_empty_output_is_the_whole_first_display() -> None:
    assert parse("") == (Output(name="output 1"),)


def test_all_that_can_be_said() -> None:
    first, second = parse(
        """
        name = "left"
        display = 1
        fit = "cover"
        crop = [0, 0, 0.55, 1]
        mirror = "left-right"
        corners = [[0.1, 0], [1, 0.1], [0.9, 1], [0, 0.9]]
        blend = { right = 0.2, gamma = 2 }
        [[outputs]]
        size = [640, 360]
        position = [-10, 20]
        fit = "stretch"
        """
    )
    assert first == Output(
        name="left",
        display=1,
        fit="cover",
        crop=(0.0, 0.0, 0.55, 1.0),
        mirror="left-right",
        corners=((0.1, 0.0), (1.0, 0.1), (0.9, 1.0), (0.0, 0.9)),
        blend=Blend(right=0.2, gamma=2.0),
    )
    assert (second.name, second.windowed, second.position) == ("output 2", True, (-10, 20))


MISTAKES = [
    ("display = -1", 3, r"outputs\[1\].display: -1 is not allowed; use 0 to 63"),
    ("display = 'left'", 3, r"outputs\[1\].display: must be a whole number, not text"),
    ("size = [0, 10]", 3, r"size: 0 is not allowed; use 1 to 16384"),
    ("size = [10]", 3, r"size: must be an array of length 2"),
    ("position = [1, 1]", 3, r"position: is a window's; add a size"),
    ("\nfit = 'fill'", 4, r'fit: "fill" is not allowed; use contain, cover or stretch'),
    ("crop = [0, 0, 2, 1]", 3, r"crop: 2 is not allowed; use 0 to 1"),
    ("crop = [0.5, 0, 0.5, 1]", 3, r"crop: must be left, top, right, bottom"),
    ("mirror = 'up'", 3, r'mirror: "up" is not allowed; use none, left-right'),
    ("corners = [[0, 0], [1, 0], [1, 1]]", 3, r"corners: must be an array of length 4"),
    ("corners = [[0, 0], [1, 0], [0, 1], [1, 1]]", 3, r"corners: must go round"),
    ("corners = [[0, 0], [1, 0], [1, 1.2], [0, 1]]", 3, r"corners: 1.2 is not allowed"),
    ("corners = [[0, 0], [nan, 0], [1, 1], [0, 1]]", 3, r"corners: nan is not allowed"),
    ("blend = { left = 0.6, right = 0.6 }", 3, r"blend.right: left and right overlap"),
    ("[outputs.blend]\ngamma = 9", 4, r"blend.gamma: 9 is not allowed; use 1 to 4"),
    ("blend = { edge = 1 }", 3, r"blend.edge: is unknown; use left, right, top, bottom or gamma"),
    ("blend = 3", 3, r"blend: must be a table, not a whole number"),
    ("colour = 3", 3, r"colour: is unknown"),
    ("name = 3", 3, r"name: must be text"),
]


@pytest.mark.parametrize(("body", "line", "reason"), MISTAKES)
def test_a_mistake_is_named_with_its_line(body: str, line: int, reason: str) -> None:
    with pytest.raises(PatchError, match=reason) as raised:
        parse(body)
    assert str(raised.value).startswith(f"wall.toml:{line}: ")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("version = 1", "outputs: must be 1 to 16"),
        ("version = 2\n[[outputs]]", "version: must be 1"),
        ("[[outputs]]", "version is missing"),
        ("version = 1\noutputs = 3", r"must be written \[\[outputs\]\]"),
        ("version = 1\n" + "[[outputs]]\n" * 17, "must be 1 to 16"),
        ("version = 1\noutputs = [3]", "must be a table"),
    ],
)
def test_a_file_that_is_none(text: str, reason: str) -> None:
    with pytest.raises(PatchError, match=reason):
        parse_outputs(text, FILE)


def test_what_is_convex() -> None:
    assert is_convex(STRAIGHT)
    assert not is_convex(((0.0, 0.0), (0.0, 0.0), (1.0, 1.0), (0.0, 1.0))), "two are one"
    assert not is_convex(((0.0, 0.0), (0.5, 0.5), (1.0, 1.0), (0.0, 1.0))), "three on a line"
    assert not is_convex(((0.0, 0.0), (1.0, 0.0), (0.2, 0.2), (0.0, 1.0))), "one lies inside"
    assert not is_convex(((0.0, 1.0), (1.0, 1.0), (1.0, 0.0), (0.0, 0.0))), "against the clock"
