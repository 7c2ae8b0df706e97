"""StyleGAN3: its parts by their definitions, and pictures that move and turn with their input."""

import math

import pytest
import torch
from tiny3 import SHORT, WIDTHS, R, T, generator
from torch import Tensor
from torch.nn import functional as F

from models.canvas import canvas_of
from models.networks import Widths
from models.stylegan3.fourier import FourierInput, frequencies
from models.stylegan3.layout import Signal, StyleGAN3, plan_layers
from models.stylegan3.networks import Colours, Generator, Layer
from models.stylegan3.runtime import Runtime

CPU = torch.device("cpu")
SIGNAL = Signal(cutoff=2.0, half_width=6.0, rate=16, size_px=20, channels=9)
EDGE_PX = 14


def layer(design: StyleGAN3) -> Layer:
    """The third layer of a tiny network, of odd widths."""
    plan = plan_layers(canvas_of(32, 32), Widths(channel_base=50, channel_max=7), design)[4]
    torch.manual_seed(0)
    made = Layer(plan, 5, 0.0).requires_grad_(False)
    made.bias.copy_(torch.randn_like(made.bias))
    made.magnitude_ema.fill_(4.0)
    return made


@pytest.mark.parametrize("design", [T, R], ids=["T", "R"])
def test_a_convolution_equals_its_definition(design: StyleGAN3) -> None:
    made = layer(design)
    x, style = torch.randn(2, made.weight.shape[1], 6, 7), torch.randn(2, made.weight.shape[1])
    pad = design.kernel - 1
    for i in range(2):
        weight = made.weight * style[i, :, None, None]
        weight = weight / weight.square().sum(dim=(1, 2, 3), keepdim=True).sqrt()
        expected = F.conv2d(F.pad(x[i : i + 1] / 2, [pad] * 4), weight)
        torch.testing.assert_close(made.convolve(x, style)[i : i + 1], expected)


@pytest.mark.parametrize("design", [T, R], ids=["T", "R"])
def test_a_layer_gives_the_size_of_its_target(design: StyleGAN3) -> None:
    made = layer(design)
    source, target = made.plan.source, made.plan.target
    x = torch.randn(2, source.channels, source.size_px, source.size_px)
    y = made(x, torch.randn(2, 5))
    assert y.shape == (2, target.channels, target.size_px, target.size_px)


def test_a_layer_cuts_what_is_too_large() -> None:
    made = layer(T)
    source = made.plan.source
    x, w = torch.randn(1, source.channels, source.size_px, source.size_px), torch.randn(1, 5)
    free = made(x, w)
    made.clamp = 0.01
    cut = made(x, w)
    assert float(free.abs().max()) > 0.5 and float(cut.abs().max()) < 0.02


def test_colours_are_modulated_without_demodulation() -> None:
    torch.manual_seed(1)
    made = Colours(6, 7, 0.5).requires_grad_(False)
    made.magnitude_ema.fill_(0.25)
    x, w = torch.randn(2, 6, 4, 8), torch.randn(2, 7)
    style = (w @ made.affine.weight.t() / math.sqrt(7) + 1) / math.sqrt(6) * 2
    expected = torch.einsum("oi,ni,nihw->nohw", made.weight[:, :, 0, 0], style, x)
    torch.testing.assert_close(made(x, w), expected.clamp(-0.5, 0.5))
    assert float(expected.abs().max()) > 0.5


def test_the_input_is_a_sum_of_waves() -> None:
    torch.manual_seed(2)
    made = FourierInput(SIGNAL, 5).requires_grad_(False)
    made.affine.weight.copy_(torch.randn(4, 5))
    w = torch.randn(1, 5)
    found = made(w)[0]
    cosine, sine, x, y = (w[0] @ made.affine.weight.t() / math.sqrt(5) + made.affine.bias).tolist()
    length = math.hypot(cosine, sine)
    cosine, sine, x, y = cosine / length, sine / length, x / length, y / length
    for row, column in [(0, 0), (3, 11), (19, 19)]:
        right, down = (column + 0.5 - 10) / 16 - x, (row + 0.5 - 10) / 16 - y
        place = torch.tensor([cosine * right - sine * down, sine * right + cosine * down])
        waves = torch.sin(2 * math.pi * (made.freqs @ place + made.phases))
        expected = made.weight @ waves / math.sqrt(9)
        torch.testing.assert_close(found[:, row, column], expected, rtol=1e-4, atol=1e-5)


def test_waves_that_a_zoom_out_brings_over_half_the_rate_are_silent() -> None:
    made = FourierInput(SIGNAL, 5).requires_grad_(False)
    w = torch.randn(1, 5)
    before = made(w)
    made.transform[:2, :2] *= 100.0
    assert float(before.abs().mean()) > 0.1 > 20 * float(made(w).abs().mean())


def test_frequencies_fill_the_disc_evenly() -> None:
    torch.manual_seed(0)
    radii = frequencies(20_000, 3.0).norm(dim=1) / 3.0
    assert float(radii.max()) <= 1.0
    for share in (0.1, 0.5, 0.9):
        assert float((radii.square() < share).float().mean()) == pytest.approx(share, abs=0.02)


def test_psi_zero_is_one_picture_for_every_z_and_one_is_all() -> None:
    made = generator(R)
    z = torch.randn(3, 8)
    still, free = made(z, psi=0.0), made(z, psi=1.0)
    torch.testing.assert_close(still[0].expand(3, -1, -1, -1), still, rtol=1e-4, atol=1e-6)
    assert not torch.allclose(free[0], free[1])
    torch.testing.assert_close(free, made.synthesis(made.mapping(z)[:, None].expand(-1, 16, -1)))


def test_each_w_moves_the_picture() -> None:
    made = generator(SHORT)
    ws = torch.randn(1, made.num_ws, 12)
    before = made.synthesis(ws)
    for index in range(made.num_ws):
        moved = ws.clone()
        moved[:, index] += 1
        assert not torch.allclose(made.synthesis(moved), before), index


@pytest.mark.parametrize("design", [T, R], ids=["T", "R"])
def test_signals_keep_their_size_at_the_start(design: StyleGAN3) -> None:
    torch.manual_seed(0)
    made = Generator(canvas_of(32, 32), WIDTHS, design).requires_grad_(False)
    deviation = made(torch.randn(4, 8)).std() / design.output_scale
    assert 0.05 < float(deviation) < 20


def test_every_weight_can_be_trained() -> None:
    made = generator(SHORT).requires_grad_(True)
    made(torch.randn(2, 8)).square().sum().backward()
    for name, parameter in made.named_parameters():
        assert parameter.grad is not None and bool(parameter.grad.abs().sum() > 0), name


def psnr_db(found: Tensor, expected: Tensor) -> float:
    """Of the middles of two pictures, against the range of the second."""
    found, expected = (p[:, :, EDGE_PX:-EDGE_PX, EDGE_PX:-EDGE_PX] for p in (found, expected))
    span = float(expected.max() - expected.min())
    return 10 * math.log10(span**2 / float((found - expected).square().mean()))


def picture(design: StyleGAN3, turns: float = 0.0, x: float = 0.0, y: float = 0.0) -> Tensor:
    """A network's picture, 64 px, moved by turns and pixels."""
    runtime = Runtime(generator(design, 64, Widths(1024, 20, 8, 12, 2)), CPU)
    runtime.transform(turns, x / 64, y / 64)
    return runtime.draw(torch.randn(16, 12, generator=torch.Generator().manual_seed(1)), 1.0)


def half_a_pixel_right(image: Tensor) -> Tensor:
    """Moved by a windowed sinc of 16 taps."""
    place = torch.arange(-8, 8) + 0.5
    taps = torch.sinc(place) * torch.sinc(place / 8)
    kernel = (taps / taps.sum()).expand(3, 1, 1, 16)
    return F.conv2d(image, kernel, padding=(0, 8), groups=3)[..., :-1]


def turned(image: Tensor, turns: float) -> Tensor:
    """Turned clockwise about its centre by bicubic interpolation."""
    cosine, sine = math.cos(math.tau * turns), math.sin(math.tau * turns)
    grid = F.affine_grid(
        torch.tensor([[[cosine, sine, 0.0], [-sine, cosine, 0.0]]]),
        list(image.shape),
        align_corners=False,
    )
    return F.grid_sample(image, grid, mode="bicubic", align_corners=False)


# A network whose filters are mere boxes reaches 23 to 43 dB in each of these.
@pytest.mark.parametrize("design", [T, R], ids=["T", "R"])
def test_a_picture_moves_with_its_input_by_whole_pixels(design: StyleGAN3) -> None:
    moved = torch.roll(picture(design), (-3, 5), (2, 3))
    assert psnr_db(picture(design, x=5, y=-3), moved) > 60
    assert psnr_db(picture(design), moved) < 40


@pytest.mark.parametrize("design", [T, R], ids=["T", "R"])
def test_a_picture_moves_with_its_input_by_half_a_pixel(design: StyleGAN3) -> None:
    assert psnr_db(picture(design, x=0.5), half_a_pixel_right(picture(design))) > 60


def test_pictures_of_r_turn_with_their_input_and_those_of_t_do_not() -> None:
    quarter = torch.rot90(picture(R), -1, (2, 3))
    assert psnr_db(picture(R, turns=0.25), quarter) > 90
    assert psnr_db(picture(R, turns=0.1), turned(picture(R), 0.1)) > 50
    assert psnr_db(picture(T, turns=0.1), turned(picture(T), 0.1)) < 40


def test_a_turn_comes_before_a_shift() -> None:
    both = torch.roll(torch.rot90(picture(R), -1, (2, 3)), 6, 3)
    assert psnr_db(picture(R, turns=0.25, x=6), both) > 60
