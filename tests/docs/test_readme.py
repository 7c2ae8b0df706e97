"""The README is one page, and its test commands are those that the CI runs."""

import re
import tomllib

from manual import PAGES, ROOT, blocks, links

README = PAGES["README.md"]
LONGEST = 130


def test_it_is_one_page() -> None:
    assert len(README.splitlines()) <= LONGEST


def test_its_first_screen_is_a_picture() -> None:
    first = next(line for line in README.splitlines()[1:] if line)
    assert re.fullmatch(r"!\[[^]]+\]\(docs/[\w.-]+\)", first)


def test_its_tests_are_what_the_ci_runs() -> None:
    marked = re.search(r"<!-- tests -->\n```sh\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
    assert marked is not None
    assert 'pip install -e ".[test]"' in marked[1]
    assert '.venv/bin/pytest -m "not live"' in marked[1] and ".venv/bin/pytest -m live" in marked[1]
    assert "<!-- tests -->" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_it_leads_to_the_manual_and_to_what_helps() -> None:
    wanted = ("installing", "playing", "troubleshooting", "README")
    assert {f"docs/{name}.md" for name in wanted} <= set(links("README.md"))


def test_the_two_ways_to_install_are_in_its_first_blocks() -> None:
    by_uv, by_pip = blocks("README.md", "sh")[:2]
    assert by_uv.splitlines() == ["uv tool install --torch-backend auto .", "performer play"]
    assert by_pip.splitlines()[1] == ".venv/bin/performer play"


def test_it_says_which_pythons() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    low, high = re.findall(r"3\.(\d+)", project["requires-python"])
    assert f"CPython 3.{low} to 3.{int(high) - 1}" in README
