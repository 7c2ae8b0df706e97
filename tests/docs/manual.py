"""The README and the pages of the manual, as the tests of what they say read them."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
OTHERS = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md")
PAGES = {
    path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
    for path in [*(ROOT / name for name in OTHERS), *sorted(DOCS.glob("*.md"))]
}
PROGRAM = ("performer", ".venv/bin/performer", r".venv\Scripts\performer")
FENCED = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.DOTALL | re.MULTILINE)


def blocks(page: str, language: str) -> list[str]:
    """The code blocks of a page in a language."""
    return [text for _, named, text in FENCED.findall(PAGES[page]) if named == language]


def prose(page: str) -> str:
    """A page without its code blocks."""
    return FENCED.sub("", PAGES[page])


def spans(page: str) -> list[str]:
    """The code within the lines of a page."""
    return re.findall(r"`([^`\n]+)`", prose(page))


def anchor(heading: str) -> str:
    """The anchor that hosts make of a heading: small letters, hyphens, no other signs."""
    plain = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).replace("`", "")
    return re.sub(r"[^\w\- ]", "", plain.strip().lower()).replace(" ", "-")


def anchors(page: str) -> set[str]:
    """The anchors of a page's headings; one that comes again gets a number."""
    found: dict[str, int] = {}
    named = set()
    for heading in re.findall(r"^#+ (.*)$", prose(page), re.MULTILINE):
        name = anchor(heading)
        count = found[name] = found.get(name, 0) + 1
        named.add(name if count == 1 else f"{name}-{count - 1}")
    return named


def links(page: str) -> list[str]:
    """Where the links and pictures of a page lead."""
    return re.findall(r"\]\(([^)\s]+)\)", prose(page))


def shell_lines(page: str) -> Iterator[list[str]]:
    """The words of each command in a page's shell blocks, without remarks."""
    for text in blocks(page, "sh"):
        for line in text.replace("\\\n", " ").splitlines():
            yield from (shlex.split(part, comments=True) for part in line.split(" && "))
    for text in blocks(page, "bat"):
        yield from (line.split() for line in text.splitlines())


def calls(page: str) -> Iterator[list[str]]:
    """The words after `performer` of each call of it in a page's shell blocks."""
    for words in shell_lines(page):
        places = [i for i, word in enumerate(words) if word in PROGRAM]
        if places:
            yield words[places[0] + 1 :]
