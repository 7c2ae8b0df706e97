"""The filters of StyleGAN3: what passes, what is stopped, and resampling by them."""

import math

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from models.stylegan3.filters import downsample, lowpass, middle, radial_lowpass, upsample

# Half of each symmetric filter, as scipy.signal.firwin gives it (scipy 1.17).
FIRWIN = {
    (12, 2.0, 6.0, 32.0): [0.0007919, 0.0100183, 0.0389495, 0.0924128, 0.1565256, 0.2013019],
    (12, 128.0, 29.586, 512.0): [
        0.0233749, 0.0344499, -0.0508812, -0.0786155, 0.1396105, 0.4320614,
    ],
    (12, 2.0, 0.5, 32.0): [0.0433791, 0.0625401, 0.0804086, 0.095434, 0.1062783, 0.1119599],
    (24, 4.0, 4.0, 64.0): [
        -0.0016383, -0.0030553, -0.0037152, -0.0021454, 0.0033123, 0.0139821,
        0.0302836, 0.0513124, 0.0747529, 0.0972161, 0.1149508, 0.1247439,
    ],
}  # fmt: skip
BANDS = [(12, 2.0, 6.0, 32.0), (12, 4.0, 10.343, 64.0), (12, 8.0, 8.0, 64.0)]


def gain_db(kernel: Tensor, across: float, down: float) -> float:
    """The response of a (taps, taps) kernel to a wave; frequencies in cycles a sample."""
    place = torch.arange(len(kernel), dtype=torch.float64) - (len(kernel) - 1) / 2
    phase = across * place[None] + down * place[:, None]
    response = float((kernel.double() * torch.cos(2 * math.pi * phase)).sum())
    return 20 * math.log10(max(abs(response), 1e-12))


@pytest.mark.parametrize("band", FIRWIN)
def test_a_low_pass_equals_the_reference_design(band: tuple[int, float, float, float]) -> None:
    half = torch.tensor(FIRWIN[band])
    torch.testing.assert_close(lowpass(*band), torch.cat([half, half.flip(0)]), rtol=0, atol=2e-7)


def test_a_radial_low_pass_equals_the_reference_design() -> None:
    kernel = radial_lowpass(12, 2.0, 6.0, 32.0)
    edge = torch.tensor([8e-07, 1.05e-05, 4.03e-05, 9.49e-05, 0.00016, 0.0002053])
    centre = torch.tensor([0.0002053, 0.0022786, 0.008198, 0.0185422, 0.0305334, 0.0387549])
    torch.testing.assert_close(kernel[0, :6], edge, rtol=0, atol=1e-7)
    torch.testing.assert_close(kernel[5, :6], centre, rtol=0, atol=1e-7)
    assert torch.equal(kernel, kernel.t()) and torch.equal(kernel, kernel.flip(0))


@pytest.mark.parametrize("band", BANDS)
@pytest.mark.parametrize("design", ["separable", "radial"])
def test_what_is_flat_passes_whole_and_what_is_over_the_band_is_stopped(
    band: tuple[int, float, float, float], design: str
) -> None:
    taps, cutoff, half_width, rate = band
    line = lowpass(*band)
    kernel = torch.outer(line, line) if design == "separable" else radial_lowpass(*band)
    assert gain_db(kernel, 0, 0) == pytest.approx(0.0, abs=1e-5)
    assert gain_db(kernel, cutoff / 4 / rate, 0) > -3
    for frequency in torch.linspace((cutoff + half_width) / rate, 0.5, 20).tolist():
        assert gain_db(kernel, frequency, 0) < -30
        assert gain_db(kernel, frequency * 0.7071, frequency * 0.7071) < -20


def test_only_the_radial_filter_is_blind_to_direction() -> None:
    band, frequency = (12, 8.0, 8.0, 64.0), 11.0 / 64
    line = lowpass(*band)
    radial = radial_lowpass(*band)
    square = torch.outer(line, line)
    spread = [
        gain_db(kernel, frequency, 0) - gain_db(kernel, frequency / 2**0.5, frequency / 2**0.5)
        for kernel in (radial, square)
    ]
    assert abs(spread[0]) < 0.1 and abs(spread[1]) > 1


@pytest.mark.parametrize("up", [2, 4])
def test_upsampling_is_zero_insertion_and_the_filter(up: int) -> None:
    torch.manual_seed(0)
    x, kernel = torch.randn(2, 3, 5, 7), lowpass(6 * up, 1.0, 2.0, 4.0 * up)
    spread = torch.zeros(2, 3, 5 * up, 7 * up)
    spread[:, :, ::up, ::up] = x
    square = (torch.outer(kernel, kernel) * up**2).expand(3, 1, -1, -1)
    expected = F.conv2d(F.pad(spread, [len(kernel) - 1] * 4), square, groups=3)
    found = upsample(x, kernel, up)
    side = 4 * up + len(kernel), 6 * up + len(kernel)
    assert found.shape[2:] == side
    torch.testing.assert_close(found, expected[:, :, : side[0], : side[1]], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("radial", [False, True])
def test_downsampling_is_the_filter_then_every_second_sample(radial: bool) -> None:
    torch.manual_seed(0)
    x = torch.randn(2, 3, 20, 23)
    kernel = (radial_lowpass if radial else lowpass)(12, 2.0, 6.0, 32.0)
    square = kernel if radial else torch.outer(kernel, kernel)
    expected = F.conv2d(x, square.expand(3, 1, -1, -1), groups=3)[:, :, ::2, ::2]
    torch.testing.assert_close(downsample(x, kernel, 2), expected, rtol=1e-4, atol=1e-6)


def test_flat_stays_flat_through_both() -> None:
    flat = torch.full((1, 1, 20, 20), 3.0)
    up = upsample(flat, lowpass(12, 2.0, 6.0, 32.0), 2)[:, :, 12:-12, 12:-12]
    torch.testing.assert_close(up, torch.full_like(up, 3.0), rtol=0.01, atol=0)
    down = downsample(up, lowpass(12, 2.0, 6.0, 32.0), 2)
    torch.testing.assert_close(down, torch.full_like(down, 3.0), rtol=0.01, atol=0)


def test_the_middle_has_its_larger_share_cut_at_the_end() -> None:
    x = torch.arange(7.0).expand(1, 1, 7, 7)
    assert middle(x, 3)[0, 0, 0].tolist() == [1.0, 2.0, 3.0, 4.0]
    assert middle(x, 0).shape == x.shape
