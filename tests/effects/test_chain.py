"""The chain: identity when nothing is asked, what each knob does to known pixels, and order."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from performer.effect_parameters import EFFECTS
from performer.effects.chain import OTHERS, TINTS, WARPS, Effects
from performer.effects.order import ORDER, ordered
from performer.effects.pixels import to_bytes
from performer.parameters import BY_NAME, TABLE


def values(**changes: float) -> dict[str, float]:
    return {parameter.name: parameter.default for parameter in TABLE} | changes


def picture(height: int = 6, width: int = 8) -> torch.Tensor:
    return torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(2)) * 2 - 1


def test_nothing_asked_changes_nothing() -> None:
    image = picture()
    expected = (image * 127.5).add_(127.5).clamp_(0.0, 255.0)
    assert torch.equal(Effects().apply(image, values(), 0.1), expected)


def test_bytes_are_rounded_contiguous_and_dimmed() -> None:
    image = torch.tensor([0.0, 127.4, 127.6, 255.0]).reshape(1, 1, 1, 4).expand(1, 3, 1, 4)
    pixels = to_bytes(image, 1.0)
    assert pixels.dtype == torch.uint8 and pixels.is_contiguous() and pixels.shape == (1, 4, 3)
    assert pixels[0, :, 0].tolist() == [0, 127, 128, 255]
    assert to_bytes(image, 0.5)[0, :, 0].tolist() == [0, 64, 64, 128]
    assert int(to_bytes(image, 0.0).max()) == 0


def test_out_of_range_values_clip() -> None:
    image = torch.full((1, 3, 2, 2), 9.0)
    assert float(Effects().apply(image, values(), 0.1).max()) == 255.0
    assert float(Effects().apply(-image, values(hue=30.0), 0.1).min()) == 0.0


def test_saturation_zero_is_grey_and_a_whole_turn_of_hue_is_none() -> None:
    image = picture() * 0.3
    grey = Effects().apply(image, values(saturation=0.0), 0.1)
    assert float((grey[:, 0] - grey[:, 1]).abs().max()) < 0.5
    plain = Effects().apply(image, values(), 0.1)
    assert torch.allclose(Effects().apply(image, values(hue=360.0), 0.1), plain, atol=0.5)
    assert float((Effects().apply(image, values(hue=120.0), 0.1) - plain).abs().mean()) > 3


def test_hue_and_saturation_keep_grey() -> None:
    grey = torch.linspace(-1, 1, 8).expand(1, 3, 4, 8)
    turned = Effects().apply(grey, values(hue=77.0, saturation=2.0), 0.1)
    assert torch.allclose(turned, Effects().apply(grey, values(), 0.1), atol=0.5)


@pytest.mark.parametrize("size", [(6, 8), (5, 7)])
def test_mirror(size: tuple[int, int]) -> None:
    image = picture(*size)
    plain = Effects().apply(image, values(), 0.1)
    sideways, upright, both = (
        Effects().apply(image, values(mirror=float(mode)), 0.1) for mode in (1, 2, 3)
    )
    assert torch.equal(sideways, sideways.flip(3)) and sideways.shape == image.shape
    left = size[1] // 2
    assert torch.allclose(sideways[..., :left], plain[..., :left], atol=1e-2)
    assert torch.equal(upright, upright.flip(2)) and upright.shape == image.shape
    assert torch.equal(both, both.flip(2)) and torch.equal(both, both.flip(3))


def test_zoom_magnifies_the_middle() -> None:
    image = torch.zeros(1, 3, 8, 8)
    image[:, :, 3:5, 3:5] = 1.0
    zoomed = Effects().apply(image, values(zoom=4.0), 0.1)
    assert float(zoomed[:, :, 2:6, 2:6].min()) == 255.0


@pytest.mark.parametrize("frames", [1, 10, 100])
def test_trails_fade_by_time_not_by_frames(frames: int) -> None:
    effects = Effects()
    bright, dark = torch.ones(1, 3, 2, 2), -torch.ones(1, 3, 2, 2)
    effects.apply(bright, values(trails=1.0), 0.0)
    for _ in range(frames):
        image = effects.apply(dark, values(trails=1.0), 1.0 / frames)
    assert float(image.mean()) == pytest.approx(255 * 0.36788, abs=0.1)
    effects.clear()
    assert float(effects.apply(dark, values(trails=1.0), 0.0).max()) == 0.0


def test_trails_survive_a_change_of_the_canvas() -> None:
    effects, bright, dark = Effects(), torch.ones(1, 3, 6, 8), -torch.ones(1, 3, 12, 16)
    lit = effects.apply(bright, values(trails=2.0), 0.1)
    kept = effects.apply(dark, values(trails=2.0), 0.1)
    assert kept.shape == dark.shape and float(lit.min()) == 255
    assert 200 < float(kept.min()) == float(kept.max()) < 255


# What turns each effect on, and a picture of it that differs from the plain one.
ON = {
    "displacement": {"displacement.amount": 0.5},
    "zoom": {"turn": 20.0},
    "mirror": {"mirror": 1.0},
    "tiles": {"tiles": 2.0},
    "kaleidoscope": {"kaleidoscope.size": 0.7},
    "colour": {"hue": 40.0},
    "levels": {"levels.black": 0.2},
    "gamma": {"gamma": 1.6},
    "palette": {"palette.mix": 0.6},
    "sharpness": {"sharpness": 1.0},
    "trails": {"trails": 1.0},
    "feedback": {"feedback.time": 1.0},
    "bloom": {"bloom.amount": 0.7},
    "strobe": {"strobe.amount": 0.6, "strobe.rate": 4.0},
}


def play(effects: Effects, changes: dict[str, float], frames: int = 3) -> torch.Tensor:
    for i in range(frames):
        shown = effects.apply(picture(18, 32).roll(i, dims=3), values(**changes), 0.1)
    return shown


def test_every_effect_has_a_name_a_place_and_a_knob() -> None:
    assert set(ORDER) == {*WARPS, *TINTS, *OTHERS} == set(ON)
    assert len(ORDER) == len(WARPS) + len(TINTS) + len(OTHERS)
    assert ordered(("bloom", "zoom"))[:3] == ("bloom", "zoom", "displacement")
    assert sorted(ordered(("bloom", "zoom"))) == sorted(ORDER)


@pytest.mark.parametrize("name", ORDER)
def test_each_effect_does_something_wherever_it_stands_and_then_nothing(name: str) -> None:
    for first in ((), (name,), tuple(n for n in ORDER if n != name)):
        effects = Effects(first)
        plain = play(effects, {})
        changed = play(effects, ON[name])
        assert changed.shape == plain.shape and changed.dtype == torch.float32
        assert float((changed - plain).abs().mean()) > 0.3
        assert torch.equal(play(effects, {}), plain)


def test_the_order_matters() -> None:
    changes = ON["bloom"] | ON["palette"] | ON["kaleidoscope"]
    usual = play(Effects(), changes)
    assert not torch.allclose(play(Effects(("bloom",)), changes), usual, atol=1.0)
    assert torch.equal(play(Effects(ORDER), changes), usual)


def test_warps_in_a_row_are_one_sampling_of_the_same_places() -> None:
    """Apart, with an effect between them that is off, they give nearly the same picture."""
    smooth = torch.linspace(-0.8, 0.8, 96).expand(1, 3, 54, 96)
    smooth = smooth * torch.linspace(0.2, 1.0, 54)[:, None]
    changes = {"turn": 25.0, "zoom": 1.5, "mirror": 1.0}
    together = Effects(("zoom", "mirror")).apply(smooth, values(**changes), 0.1)
    apart = Effects(("zoom", "bloom", "mirror")).apply(smooth, values(**changes), 0.1)
    assert float((together - apart).abs().mean()) < 0.5
    other_way = Effects(("mirror", "zoom")).apply(smooth, values(**changes), 0.1)
    assert float((together - other_way).abs().mean()) > 3.0


def test_still_knobs_keep_their_places_and_moved_ones_do_not() -> None:
    effects, fresh = Effects(), Effects()
    still = ON["kaleidoscope"] | {"zoom": 1.5}
    before = play(effects, still)
    assert torch.equal(play(effects, still), before)
    moved = still | {"kaleidoscope.turn": 30.0, "kaleidoscope.folds": 5.0}
    assert torch.equal(play(effects, moved), play(fresh, moved))
    assert not torch.equal(play(effects, moved), before)


def test_the_image_that_came_in_is_left_alone() -> None:
    image = picture(18, 32)
    before = image.clone()
    effects = Effects()
    everything = {name: value for each in ON.values() for name, value in each.items()}
    first = effects.apply(image, values(**everything), 0.1)
    kept = first.clone()
    effects.apply(image, values(**everything), 0.1)
    assert torch.equal(image, before) and torch.equal(first, kept)


KNOBS = [st.floats(0.0, 1.0) for _ in EFFECTS]


@settings(max_examples=40, deadline=None)
@given(
    st.tuples(*KNOBS), st.floats(0.0, 0.25), st.permutations(ORDER), st.sampled_from([4, 18, 31])
)
def test_any_knobs_in_any_order_give_a_picture(
    knobs: tuple[float, ...], dt_s: float, order: list[str], height: int
) -> None:
    turned = {p.name: p.value_at(knob) for p, knob in zip(EFFECTS, knobs, strict=True)}
    effects = Effects(order)
    for size in ((height, 32), (height, 32), (height + 1, 20)):
        image = 1.2 * picture(*size)
        shown = effects.apply(image, values(**turned), dt_s)
        assert shown.shape == image.shape
        assert math.isfinite(float(shown.sum()))
        assert float(shown.min()) >= 0.0 and float(shown.max()) < 255.01  # rounding of sampling
    again = Effects(order)
    for size in ((height, 32), (height, 32), (height + 1, 20)):
        repeated = again.apply(1.2 * picture(*size), values(**turned), dt_s)
    assert torch.equal(repeated, shown)


def test_half_precision_comes_out_as_whole() -> None:
    image = picture(18, 32)
    for changes in ({}, *ON.values()):
        half = Effects().apply(image.half(), values(**changes), 0.1)
        whole = Effects().apply(image, values(**changes), 0.1)
        assert half.dtype == torch.float32
        assert float((half - whole).abs().max()) < 1.0


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_card_gives_the_same_picture() -> None:
    everything = {name: value for each in ON.values() for name, value in each.items()}
    here, there = Effects(), Effects()
    for _ in range(3):
        image = picture(18, 32)
        expected = here.apply(image, values(**everything), 0.05)
        got = there.apply(image.cuda().half(), values(**everything), 0.05)
    assert float((got.cpu() - expected).abs().mean()) < 1.0


def test_default_knobs_are_off_and_ranges_hold_them() -> None:
    for parameter in EFFECTS:
        assert parameter.minimum <= parameter.default <= parameter.maximum
        assert BY_NAME[parameter.name] is parameter
