"""The layout of StyleGAN3: the published networks come out of it, and nothing absurd does."""

import msgspec
import pytest
from tiny3 import R, T

from models.canvas import Canvas, canvas_of
from models.networks import Widths
from models.stylegan3.layout import StyleGAN3, colours_name, plan_layers, plan_signals

WIDE_T, WIDE_R = Widths(32768, 512, 512, 512, 2), Widths(65536, 1024, 512, 512, 2)
# As the official release prints them (sizes and channels).
PUBLISHED = {
    (256, "T"): "36_512 36_512 36_512 52_512 52_512 84_512 84_512 148_512 148_512 148_362 276_256 "
    "276_181 276_128 256_128 256_3",
    (256, "R"): "36_1024 36_1024 36_1024 52_1024 52_1024 84_1024 84_1024 148_1024 148_1024 148_724 "
    "276_512 276_362 276_256 256_256 256_3",
    (512, "T"): "36_512 36_512 52_512 52_512 84_512 84_512 148_512 148_483 276_323 276_215 532_144 "
    "532_96 532_64 512_64 512_3",
    (512, "R"): "36_1024 36_1024 52_1024 52_1024 84_1024 84_1024 148_1024 148_967 276_645 276_431 "
    "532_287 532_192 532_128 512_128 512_3",
    (1024, "T"): "36_512 36_512 52_512 52_512 84_512 148_512 148_512 276_323 276_203 532_128 "
    "1044_81 1044_51 1044_32 1024_32 1024_3",
    (
        1024,
        "R",
    ): "36_1024 36_1024 52_1024 52_1024 84_1024 148_1024 148_1024 276_645 276_406 532_256 "
    "1044_161 1044_102 1044_64 1024_64 1024_3",
}


@pytest.mark.parametrize(("size_px", "kind"), PUBLISHED)
def test_the_published_networks_have_their_layers(size_px: int, kind: str) -> None:
    design, widths = (T, WIDE_T) if kind == "T" else (R, WIDE_R)
    canvas = canvas_of(size_px, size_px)
    names = [plan.name for plan in plan_layers(canvas, widths, design)]
    names.append(colours_name(canvas, design))
    expected = PUBLISHED[size_px, kind].split()
    assert names == [f"L{i}_{name}" for i, name in enumerate(expected)]
    assert design.suits(canvas) and design.num_ws == len(names) + 1


def test_the_published_bands_of_512_px() -> None:
    signals = plan_signals(canvas_of(512, 512), WIDE_T, T)
    told = [(round(s.cutoff, 3), round(s.half_width, 3), s.rate) for s in signals]
    assert told[:5] == [
        (2.0, 6.0, 16),
        (2.997, 5.003, 16),
        (4.49, 11.51, 32),
        (6.727, 9.273, 32),
        (10.079, 21.921, 64),
    ]
    assert told[-3:] == [(170.86, 85.14, 512), (256.0, 59.173, 512), (256.0, 59.173, 512)]


def test_the_last_layers_are_critically_sampled_and_not_radial() -> None:
    plans = plan_layers(canvas_of(256, 256), WIDE_R, R)
    assert [plan.radial for plan in plans] == [True] * 12 + [False] * 2
    assert [plan.target.cutoff == 128 for plan in plans] == [False] * 12 + [True] * 2


def test_a_layer_doubles_its_rate_or_keeps_it_and_its_nonlinearity_runs_at_twice_the_higher() -> (
    None
):
    for plan in plan_layers(canvas_of(1024, 1024), WIDE_T, T):
        assert (plan.up, plan.down) in {(2, 2), (4, 2)}
        assert (plan.up_taps, plan.down_taps) == (6 * plan.up, 12)
        assert plan.target.rate <= plan.rate / 2
        assert plan.target.cutoff + plan.target.half_width >= plan.target.rate / 2 - 1e-9


@pytest.mark.parametrize(
    "changes",
    [
        {"num_layers": 1 << 40},
        {"num_layers": 2},
        {"num_critical": 0},
        {"num_critical": 14},
        {"num_critical": -1},
        {"first_cutoff": 0.0},
        {"first_cutoff": -2.0},
        {"first_cutoff": 200.0},
        {"first_cutoff": float("nan")},
        {"first_stopband": 1.0},
        {"first_stopband": 1e300},
        {"last_stopband_rel": 0.5},
        {"last_stopband_rel": 1e300},
        {"margin_px": -1},
        {"margin_px": 1 << 40},
        {"kernel": 2},
        {"kernel": 1 << 20},
        {"taps": 0},
        {"taps": 1 << 40},
        {"upsampling": 1},
        {"upsampling": 1 << 40},
        {"output_scale": 0.0},
        {"output_scale": float("nan")},
    ],
    ids=str,
)
def test_absurd_designs_suit_no_canvas(changes: dict[str, float]) -> None:
    assert not msgspec.structs.replace(T, **changes).suits(canvas_of(256, 256))


@pytest.mark.parametrize("canvas", [Canvas(4, 8, 4), Canvas(5, 5, 4), Canvas(9, 16, 5)], ids=str)
def test_a_canvas_is_a_square_whose_side_is_a_power_of_two(canvas: Canvas) -> None:
    assert not T.suits(canvas)


@pytest.mark.parametrize("design", [T, R, StyleGAN3(num_layers=3, margin_px=0, taps=2)], ids=str)
@pytest.mark.parametrize("size_px", [16, 32, 128, 2048])
def test_upsampling_never_gives_less_than_the_nonlinearity_takes(
    design: StyleGAN3, size_px: int
) -> None:
    canvas = canvas_of(size_px, size_px)
    enough = all(plan.surplus >= 0 for plan in plan_layers(canvas, WIDE_T, design))
    assert design.suits(canvas) == enough
    if design in (T, R):
        assert enough
