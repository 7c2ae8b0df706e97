"""Every command of the manual is one that the program takes, and every option is in the manual."""

import re
import tomllib
from typing import Any

import pytest
import typer
from manual import PAGES, ROOT, calls, shell_lines, spans

from performer.cli import app, play_options

PROGRAM: Any = typer.main.get_command(app)
CALLS = [(page, words) for page in PAGES for words in calls(page)]
ABOVE = {"--version", "--help", "--install-completion"}  # of the program, not of a command
STRANGERS = {"--torch-backend", "--reinstall", "--python"}  # uv's
OTHERS = ("systemctl", "journalctl", "torchrun", "tensorboard", "python tests/")
PAGE_OF = {
    "bench": "benchmarks",
    "check": "playing",
    "distil": "distilling",
    "images": "training",
    "import": "importing",
    "measure": "training",
    "paint": "training",
    "params": "parameters",
    "play": "playing",
    "render": "takes",
    "replay": "playing",
    "serve": "gallery",
    "train": "training",
    "train-gesture": "autopilot",
}
EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"][
    "optional-dependencies"
]


def options_of(name: str) -> set[str]:
    command = PROGRAM.commands[name]
    return {option for p in command.params for option in (*p.opts, *p.secondary_opts)}


def test_there_are_commands() -> None:
    assert len(CALLS) >= 50


@pytest.mark.parametrize(("page", "words"), CALLS, ids=[f"{p}: {' '.join(w)}" for p, w in CALLS])
def test_a_command_is_one_that_the_program_takes(page: str, words: list[str]) -> None:
    name, *arguments = words
    if name in ABOVE:
        return
    command = PROGRAM.commands[name]
    context = command.make_context(f"performer {name}", arguments)
    if name == "serve":
        play_options(context.args)


@pytest.mark.parametrize("name", sorted(PROGRAM.commands))
def test_every_option_is_on_its_commands_page(name: str) -> None:
    page = f"docs/{PAGE_OF[name]}.md"
    told = {word for span in spans(page) for word in re.findall(r"--[\w-]+", span)}
    told |= {word.partition("=")[0] for where, words in CALLS if where == page for word in words}
    known = {option for option in options_of(name) if option.startswith("--")} - {"--help"}
    assert known <= told | {"--understudy"}


def test_no_option_of_the_manual_is_made_up() -> None:
    known = {option for name in PROGRAM.commands for option in options_of(name)}
    told = {
        (page, word)
        for page in PAGES
        for span in spans(page)
        if not span.startswith(OTHERS)
        for word in re.findall(r"(?<![\w-])--[a-z][\w-]*", span)
    }
    assert not {(page, word) for page, word in told if word not in known | ABOVE | STRANGERS}


def test_the_commands_of_the_manual_are_all_commands() -> None:
    named = {m for page in PAGES for s in spans(page) for m in re.findall(r"^performer (\S+)", s)}
    shown = {words[0] for _, words in CALLS}
    assert set(PROGRAM.commands) <= named | shown <= set(PROGRAM.commands) | ABOVE


def test_every_extra_is_one_and_is_told() -> None:
    words = [word for page in PAGES for line in shell_lines(page) for word in line]
    words += [span for page in PAGES for span in spans(page)]
    groups = [group for word in words for group in re.findall(r"\.\[([\w,]+)\]", word)]
    asked = {extra for group in groups for extra in group.split(",")}
    assert asked <= set(EXTRAS)
    assert set(EXTRAS) <= set(spans("docs/installing.md"))
