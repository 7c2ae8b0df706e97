"""Effects: identity when nothing is asked, and what each knob does to known pixels."""

import pytest
import torch

from performer.effects import Effects, mirror, to_bytes
from performer.parameters import TABLE


def values(**changes: float) -> dict[str, float]:
    return {parameter.name: parameter.default for parameter in TABLE} | changes


def picture(height: int = 6, width: int = 8) -> torch.Tensor:
    return torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(2)) * 2 - 1


def test_nothing_asked_changes_nothing() -> None:
    image = picture()
    expected = (image + 1) * 127.5
    assert torch.allclose(Effects().apply(image, values(), 0.1), expected, atol=1e-3)


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
    assert torch.equal(mirror(image, 0), image)
    sideways, upright = mirror(image, 1), mirror(image, 2)
    assert torch.equal(sideways, sideways.flip(3)) and sideways.shape == image.shape
    assert torch.equal(sideways[..., : size[1] // 2], image[..., : size[1] // 2])
    assert torch.equal(upright, upright.flip(2)) and upright.shape == image.shape
    both = mirror(image, 3)
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
