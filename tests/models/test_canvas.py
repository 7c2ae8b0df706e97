"""Canvases: which base and doublings a size gives, and what is said of a size that has none."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.canvas import BASE_MAXIMUM_PX, BASE_MINIMUM_PX, CanvasError, canvas_of, parse_size


@pytest.mark.parametrize(
    ("text", "base_h", "base_w", "doublings"),
    [
        ("256", 4, 4, 6),
        ("8", 4, 4, 1),
        ("1024x1024", 4, 4, 8),
        ("512x288", 9, 16, 5),
        ("512X288", 9, 16, 5),
        (" 288x512 ", 16, 9, 5),
        ("1920x1080", 135, 240, 3),
        ("32x16", 4, 8, 2),
        ("320x256", 4, 5, 6),
    ],
)
def test_a_size_gives_the_smallest_base(
    text: str, base_h: int, base_w: int, doublings: int
) -> None:
    if base_w > BASE_MAXIMUM_PX:
        with pytest.raises(CanvasError):
            parse_size(text)
        return
    canvas = parse_size(text)
    assert (canvas.base_h, canvas.base_w, canvas.doublings) == (base_h, base_w, doublings)


def test_a_canvas_knows_its_sizes() -> None:
    canvas = parse_size("512x288")
    assert (canvas.width_px, canvas.height_px) == (512, 288)
    assert [canvas.size_at(level) for level in canvas.levels] == [
        (9, 16), (18, 32), (36, 64), (72, 128), (144, 256), (288, 512),
    ]  # fmt: skip
    assert str(canvas) == "512x288"


@pytest.mark.parametrize("text", ["", "big", "-8", "8x", "x8", "8x8x8", "8.5", "256 px", "999999"])
def test_what_is_no_size_is_told_how_to_write_one(text: str) -> None:
    with pytest.raises(CanvasError, match="write N or WxH, for example 256 or 512x288"):
        parse_size(text)


@pytest.mark.parametrize("text", ["0", "7", "4", "5x5", "99999x1", "1x99999", "250", "99999"])
def test_a_refused_size_names_itself_and_one_that_is_accepted(text: str) -> None:
    with pytest.raises(CanvasError) as refusal:
        parse_size(text)
    sentence = str(refusal.value)
    assert sentence.startswith(text if "x" in text else f"{text}x{text}")
    assert "\n" not in sentence
    parse_size(sentence.rpartition("Nearest: ")[2])


@pytest.mark.parametrize(
    ("text", "nearest"),
    [
        ("257", "256x256"),
        ("511x287", "512x288"),
        ("9", "8x8"),
        ("1", "8x8"),
        ("1920x1080", "1920x1088"),
        ("20000", "16384x16384"),
    ],
)
def test_the_nearest_size_is_near(text: str, nearest: str) -> None:
    with pytest.raises(CanvasError, match=rf"Nearest: {nearest}$"):
        parse_size(text)


@given(st.integers(0, 99_999), st.integers(0, 99_999))
def test_every_size_is_a_canvas_or_gets_a_suggestion_that_is_one(width: int, height: int) -> None:
    try:
        canvas = canvas_of(width, height)
    except CanvasError as error:
        suggestion = re.search(r"Nearest: (\d+x\d+)$", str(error))
        assert suggestion, error
        assert str(parse_size(suggestion[1])) == suggestion[1]
    else:
        assert (canvas.width_px, canvas.height_px) == (width, height)
        assert min(canvas.base_h, canvas.base_w) >= BASE_MINIMUM_PX


@given(st.integers(4, 32), st.integers(4, 32), st.integers(1, 9))
def test_every_base_doubled_is_accepted_with_a_base_no_larger(w: int, h: int, k: int) -> None:
    canvas = canvas_of(w << k, h << k)
    assert (canvas.width_px, canvas.height_px) == (w << k, h << k)
    assert canvas.base_w <= w and canvas.base_h <= h


@given(st.integers(9, 3000), st.integers(9, 3000))
def test_no_accepted_size_is_nearer_than_the_suggestion(width: int, height: int) -> None:
    try:
        canvas_of(width, height)
    except CanvasError as error:
        w, h = map(int, str(error).rpartition("Nearest: ")[2].split("x"))

        def distance(size: tuple[int, int]) -> float:
            return abs(size[0] - width) / width + abs(size[1] - height) / height

        sides = range(BASE_MINIMUM_PX, BASE_MAXIMUM_PX + 1)
        best = min(
            distance((min(sides, key=lambda b: abs((b << k) - width)) << k, other << k))
            for k in range(1, 10)
            for other in sides
        )
        assert distance((w, h)) <= best + 1e-9
