"""Each effect alone: what it does to pixels that are known, and to time."""

import numpy as np
import pytest
import torch

from performer.effects.bloom import Bloom, gaussian
from performer.effects.displacement import LATTICE, Displacement, spline
from performer.effects.feedback import Feedback
from performer.effects.kaleidoscope import Kaleidoscope
from performer.effects.levels import Levels
from performer.effects.palette import Palette
from performer.effects.palettes import PALETTES
from performer.effects.sharpness import Sharpness, halved
from performer.effects.strobe import Strobe, light
from performer.effects.tiles import folded
from performer.effects.warping import places_of, sample
from performer.parameters import TABLE


def values(**changes: float) -> dict[str, float]:
    return {parameter.name: parameter.default for parameter in TABLE} | changes


def image(height: int = 18, width: int = 32) -> torch.Tensor:
    return torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(4)) * 255


def test_an_images_own_places_show_it() -> None:
    for size in ((18, 32), (7, 5)):
        picture = image(*size)
        assert torch.allclose(sample(picture, places_of(picture)), picture, atol=1e-2)


def test_tiles_fold_at_the_edges() -> None:
    x = torch.tensor([0.0, 1.5, 2.0, 2.5, 4.0, -2.5, 6.1])
    places = torch.stack((x, torch.tensor([0.0, 1.0, 1.5, -1.5, 3.0, 2.0, 0.3])))[:, None]
    across, down = folded(places, 2.0)[:, 0]
    assert across.tolist() == pytest.approx([0.0, 1.5, 2.0, 1.5, 0.0, -1.5, -1.9], abs=1e-5)
    assert down.tolist() == pytest.approx([0.0, 1.0, 0.5, -0.5, -1.0, 0.0, 0.3], abs=1e-5)


@pytest.mark.parametrize("folds", [2, 3, 6, 12])
def test_a_kaleidoscope_looks_alike_after_a_wedge(folds: int) -> None:
    angles = torch.linspace(0.1, 3.0, 7)
    wedge = 2 * torch.pi / folds

    def bent(angle: torch.Tensor) -> torch.Tensor:
        places = torch.stack((angle.sin(), angle.cos()))[:, None] * 0.8
        return Kaleidoscope().bend(places, (1.0, float(folds), 15.0), 16 / 9)

    assert torch.allclose(bent(angles), bent(angles + wedge), atol=1e-4)
    assert torch.allclose(bent(angles), bent(-angles), atol=1e-4)
    assert torch.allclose(bent(angles).norm(dim=0), torch.full((1, 7), 0.8), atol=1e-5)


def test_a_kaleidoscope_leaves_what_is_beyond_its_size() -> None:
    places = places_of(image())
    bent = Kaleidoscope().bend(places, (0.3, 6.0, 0.0), 32 / 18)
    beyond = places.norm(dim=0) > 0.8
    assert torch.equal(bent[:, beyond], places[:, beyond]) and not torch.equal(bent, places)


def test_displacement_is_smooth_in_place_and_time_and_comes_back() -> None:
    current = Displacement()
    places = places_of(image(36, 64))

    def at(phase: float) -> torch.Tensor:
        return current.bend(places, (1.0, 0.5, phase), 16 / 9) - places

    now = at(3.0)
    assert 0.05 < float(now.norm(dim=0).mean()) < 0.5
    assert float((at(3.01) - now).abs().max()) < 0.02 < float((at(4.0) - now).abs().max())
    assert torch.allclose(at(float(LATTICE)), at(0.0), atol=1e-5)
    assert float((now[:, 1:] - now[:, :-1]).abs().max()) < 0.15


def test_displacement_neither_tears_nor_heaps_up() -> None:
    """Its divergence is small beside its slopes."""
    field = Displacement()._current(4.0, 1.3, 16 / 9)[0]
    across = (field[0, 1:-1, 2:] - field[0, 1:-1, :-2]) / 2
    down = (field[1, 2:, 1:-1] - field[1, :-2, 1:-1]) / 2
    assert float((across + down).abs().mean()) < 0.05 * float(across.abs().mean())


def test_splines_share_one_and_their_slopes_nothing() -> None:
    at = torch.linspace(-3.0, 40.0, 57)
    assert torch.allclose(spline(at).sum(dim=1), torch.ones(57), atol=1e-5)
    assert torch.allclose(spline(at, slope=True).sum(dim=1), torch.zeros(57), atol=1e-5)
    step = 1e-3
    slope = (spline(at.double() + step) - spline(at.double() - step)) / (2 * step)
    assert torch.allclose(slope.float(), spline(at, slope=True), atol=1e-3)


def test_levels_put_black_and_white_where_they_are_asked_for() -> None:
    _, gain, offset = Levels().tint(values(**{"levels.black": 0.2, "levels.white": 0.7}))
    assert 0.2 * gain + offset == pytest.approx(0.0) and 0.7 * gain + offset == pytest.approx(1.0)
    _, gain, _ = Levels().tint(values(**{"levels.black": 0.6, "levels.white": 0.4}))
    assert gain == pytest.approx(10.0)


@pytest.mark.parametrize("pick", range(len(PALETTES)))
def test_a_palette_gives_its_own_colours_at_its_stops(pick: int) -> None:
    codes = list(PALETTES.values())[pick]
    grey = torch.linspace(0, 255, 6).expand(1, 3, 1, 6).contiguous()
    mapped = Palette().apply(grey, values(**{"palette.mix": 1.0, "palette.pick": float(pick)}), 0.1)
    wanted = torch.tensor([list(bytes.fromhex(code)) for code in codes]).T.float()
    assert torch.allclose(mapped[0, :, 0], wanted, atol=0.1)
    half = Palette().apply(grey, values(**{"palette.mix": 0.5, "palette.pick": float(pick)}), 0.1)
    assert torch.allclose(half, (mapped + grey) / 2, atol=0.1)


def test_every_palette_runs_from_dark_to_light() -> None:
    for name, codes in PALETTES.items():
        colours = np.array([list(bytes.fromhex(code)) for code in codes])
        greys = (colours @ (0.2126, 0.7152, 0.0722)).tolist()
        assert greys == sorted(greys) and greys[0] < 12 and greys[-1] > 215, name


def test_bloom_spreads_bright_light_only_and_the_further_the_larger() -> None:
    dim = torch.full((1, 3, 32, 64), 90.0)
    assert torch.equal(Bloom().apply(dim, values(**{"bloom.amount": 1.0}), 0.1), dim)
    lamp = torch.zeros(1, 3, 32, 64)
    lamp[..., 12:20, 28:36] = 255.0
    reach = []
    for size in (0.0, 0.5, 1.0):
        knobs = values(**{"bloom.amount": 1.0, "bloom.size": size})
        glow = Bloom().apply(lamp, knobs, 0.1)
        assert bool((glow >= lamp - 1e-3).all())
        reach.append(float(glow[0, 0, 16, 44]))
    assert reach == sorted(reach) and reach[-1] > 1.0
    rows = gaussian(64, 8, 4.0)
    assert torch.allclose(rows.sum(dim=1), torch.ones(64)) and torch.allclose(rows, rows.flip(0, 1))


def test_sharpness_lifts_edges_and_leaves_even_light_alone() -> None:
    knobs = values(sharpness=1.0)
    even = torch.full((1, 3, 33, 65), 90.0)
    assert torch.allclose(Sharpness().apply(even, knobs, 0.1), even, atol=0.01)
    ramp = (torch.arange(65.0) - 32).clamp(-2, 2).mul(30) + 120
    sharp = Sharpness().apply(ramp.expand(1, 3, 33, 65), knobs, 0.1)[0, 0, 16]
    assert float(sharp[33] - sharp[31]) > 1.05 * float(ramp[33] - ramp[31])
    assert float(sharp.min()) < 55 and float(sharp.max()) > 185
    assert sharp[[0, -1]].tolist() == pytest.approx([60.0, 180.0], abs=0.5)


@pytest.mark.parametrize("fps", [24, 60, 144])
def test_feedback_fades_turns_and_grows_by_time_not_by_frames(fps: int) -> None:
    y, x = torch.meshgrid(torch.arange(72) - 35.5, torch.arange(128) - 63.5, indexing="ij")
    lamp = 255.0 * torch.exp(-((x - 15) ** 2 + y**2) / 60.0).expand(1, 3, 72, 128)
    knobs = values(
        **{"feedback.time": 1.0, "feedback.zoom": 0.8, "feedback.turn": 90.0, "feedback.hue": 0.0}
    )
    feedback = Feedback()
    feedback.apply(lamp, knobs, 0.0)
    for _ in range(fps // 2):
        seen = feedback.apply(torch.zeros_like(lamp), knobs, 1.0 / fps)
    total = seen[0, 0].sum()
    # After half a second: 15 px from the middle, times 2 ** 0.4, turned by 45 degrees.
    middle = (float((seen[0, 0] * x).sum() / total), float((seen[0, 0] * y).sum() / total))
    assert middle == pytest.approx((14.0, 14.0), abs=0.5)
    area = 2.0**0.8
    assert float(total / lamp[0, 0].sum()) == pytest.approx(area * 0.6065, rel=0.03)
    feedback.clear()
    assert float(feedback.apply(torch.zeros_like(lamp), knobs, 0.1).max()) == 0.0


def test_feedback_takes_another_canvas() -> None:
    feedback, knobs = Feedback(), values(**{"feedback.time": 2.0})
    feedback.apply(torch.full((1, 3, 18, 32), 200.0), knobs, 0.1)
    seen = feedback.apply(torch.zeros(1, 3, 36, 48), knobs, 0.01)
    assert seen.shape == (1, 3, 36, 48) and float(seen.mean()) > 150


@pytest.mark.parametrize("fps", [7, 24, 60, 144])
def test_a_strobe_gives_half_the_light_at_every_frame_rate(fps: int) -> None:
    strobe, knobs = Strobe(), values(**{"strobe.amount": 1.0, "strobe.rate": 6.0})
    white = torch.full((1, 3, 1, 1), 255.0)
    mean = sum(float(strobe.apply(white, knobs, 1 / fps).mean()) for _ in range(2 * fps)) / 2 / fps
    assert mean == pytest.approx(127.5, abs=1.0)
    assert light(0.1, 0.1) == 1.0 and light(0.6, 0.6) == 0.0
    assert light(0.25, 0.75) == pytest.approx(0.5)


@pytest.mark.parametrize("size", [(6, 10), (5, 10), (6, 9), (1, 1)])
def test_a_halved_picture_is_the_mean_of_its_pixels(size: tuple[int, int]) -> None:
    image = torch.rand(3, *size)
    expected = torch.nn.functional.avg_pool2d(image, 2, ceil_mode=True)
    torch.testing.assert_close(halved(image), expected)
