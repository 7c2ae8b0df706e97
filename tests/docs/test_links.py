"""Every link of the manual leads somewhere, and every page can be found."""

from pathlib import PurePosixPath

import pytest
from manual import DOCS, PAGES, ROOT, anchors, links

LINKS = [(page, link) for page in PAGES for link in links(page) if not link.startswith("https://")]


def test_links_to_the_web_are_safe() -> None:
    assert not [(page, link) for page in PAGES for link in links(page) if link.startswith("http:")]


@pytest.mark.parametrize(("page", "link"), LINKS, ids=[f"{p}: {link}" for p, link in LINKS])
def test_a_link_leads_to_a_file_and_a_heading(page: str, link: str) -> None:
    path, _, heading = link.partition("#")
    target = (ROOT / PurePosixPath(page).parent / path).resolve() if path else ROOT / page
    assert target.is_file() and target.is_relative_to(ROOT), link
    if heading:
        assert heading in anchors(target.relative_to(ROOT).as_posix()), link


def test_the_index_names_every_page() -> None:
    pages = {path.name for path in DOCS.glob("*.md")} - {"README.md"}
    assert pages <= {link.partition("#")[0] for link in links("docs/README.md")}


def test_every_picture_of_the_manual_is_shown() -> None:
    shown = {link.rpartition("/")[2] for page in PAGES for link in links(page)}
    pictures = {path.name for path in DOCS.iterdir() if path.suffix not in (".md", "")}
    assert pictures <= shown
