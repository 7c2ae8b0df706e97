"""OSC address patterns: what they match, and that none can hold up the show."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from performer.addresses import MAX_NEW, MAX_REMEMBERED, AddressBook, matches, tokenize
from performer.parameters import BY_ADDRESS


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        ("abc", "abc", True),
        ("abc", "abcd", False),
        ("*", "", True),
        ("*", "abc", True),
        ("a*c", "abbc", True),
        ("a*c", "abcb", False),
        ("a?c", "abc", True),
        ("a?c", "ac", False),
        ("[a-c]x", "bx", True),
        ("[a-c]x", "dx", False),
        ("[!a-c]x", "dx", True),
        ("[!a-c]x", "bx", False),
        ("[1-3-]", "-", True),
        ("{psi,zoom}", "zoom", True),
        ("{psi,zoom}", "hue", False),
        ("{a,ab}c", "abc", True),
        ("*{ing,}", "noise", True),
        ("[a", "[a", True),
        ("{a", "{a", True),
        ("!a", "!a", True),
        ("[", "[", True),
    ],
)
def test_pattern(pattern: str, text: str, fits: bool) -> None:
    assert matches(tokenize(pattern), text) is fits


@pytest.mark.parametrize(
    ("pattern", "count"),
    [
        ("/psi", 1),
        ("/direction/*", 16),
        ("/direction/[1-3]", 3),
        ("/direction/1?", 7),
        ("/{coarse,fine}/2", 2),
        ("/scene/{1,2,9}", 3),
        ("/*/*/*", 44),
        ("/*/*/*/*", 0),
        ("*", 0),
        ("/nothing", 0),
        ("/psi/", 0),
        ("/" + "?" * 300, 0),
    ],
)
def test_find(pattern: str, count: int) -> None:
    assert len(AddressBook(BY_ADDRESS).find(pattern)) == count


@pytest.mark.parametrize(
    "pattern",
    [
        "/latent/*/*" + "a*" * 60 + "b",
        "/" + "*a" * 120,
        "/" + "{,a}" * 60,
        "/" + "{" + "," * 240 + "}",
        "/" + "{}" * 126,
        "/" + "[!a-z]" * 40,
        "/*" * 127,
        "/[\x00-\U0010ffff]" * 40,
    ],
)
def test_hostile_patterns_are_instant(pattern: str) -> None:
    book = AddressBook(BY_ADDRESS)
    begin_s = time.perf_counter()
    book.find(pattern)
    assert time.perf_counter() - begin_s < 0.05


def test_memory_is_bounded() -> None:
    book = AddressBook(BY_ADDRESS)
    for i in range(MAX_REMEMBERED + 10):
        book.find(f"/*{i}")
    assert len(book._remembered) <= MAX_REMEMBERED


@given(st.text(alphabet="/*?[]{},!-ab1", max_size=60))
def test_no_pattern_raises(pattern: str) -> None:
    AddressBook(["/a/b", "/ab", "/1"]).find("/" + pattern)


def test_so_many_new_patterns_are_matched_in_a_frame() -> None:
    book = AddressBook(["/a1", "/b"])
    found = [book.find(f"/a{'*' * number}1") for number in range(1, MAX_NEW + 9)]
    assert found == [("/a1",)] * MAX_NEW + [()] * 8
    assert book.find("/a*1") == ("/a1",), "a known one costs nothing"
    book.rest()
    assert book.find(f"/a{'*' * (MAX_NEW + 8)}1") == ("/a1",)
