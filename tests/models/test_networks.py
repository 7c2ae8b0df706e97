"""The networks: names and shapes of the official release, and layers that equal the equations."""

import math

import pytest
import torch
from tiny import WIDTHS, draws, generator
from torch import Tensor
from torch.nn import functional as F

from models.canvas import Canvas, canvas_of
from models.networks import (
    Discriminator,
    Generator,
    MinibatchStd,
    PlainConv,
    StyledConv,
    ToRGB,
    Widths,
    fir_kernel,
    upsample,
)

CANVASES = [canvas_of(8, 8), canvas_of(16, 16), canvas_of(32, 16), canvas_of(16, 24)]


def styled(name: str, inputs: int, outputs: int, size: int) -> dict[str, tuple[int, ...]]:
    return {
        f"{name}.weight": (outputs, inputs, 3, 3),
        f"{name}.bias": (outputs,),
        f"{name}.noise_strength": (),
        f"{name}.noise_const": (size, size),
        f"{name}.resample_filter": (4, 4),
        f"{name}.affine.weight": (inputs, 16),
        f"{name}.affine.bias": (inputs,),
    }


def to_rgb(name: str, inputs: int) -> dict[str, tuple[int, ...]]:
    return {
        f"{name}.weight": (3, inputs, 1, 1),
        f"{name}.bias": (3,),
        f"{name}.affine.weight": (inputs, 16),
        f"{name}.affine.bias": (inputs,),
    }


GENERATOR_16 = {
    "mapping.w_avg": (16,),
    "mapping.fc0.weight": (16, 24),
    "mapping.fc0.bias": (16,),
    "mapping.fc1.weight": (16, 16),
    "mapping.fc1.bias": (16,),
    "synthesis.b4.const": (16, 4, 4),
    "synthesis.b4.resample_filter": (4, 4),
    **styled("synthesis.b4.conv1", 16, 16, 4),
    **to_rgb("synthesis.b4.torgb", 16),
    "synthesis.b8.resample_filter": (4, 4),
    **styled("synthesis.b8.conv0", 16, 8, 8),
    **styled("synthesis.b8.conv1", 8, 8, 8),
    **to_rgb("synthesis.b8.torgb", 8),
    "synthesis.b16.resample_filter": (4, 4),
    **styled("synthesis.b16.conv0", 8, 4, 16),
    **styled("synthesis.b16.conv1", 4, 4, 16),
    **to_rgb("synthesis.b16.torgb", 4),
}

DISCRIMINATOR_16 = {
    "b16.fromrgb.weight": (4, 3, 1, 1),
    "b16.fromrgb.bias": (4,),
    "b16.conv0.weight": (4, 4, 3, 3),
    "b16.conv0.bias": (4,),
    "b16.conv1.weight": (8, 4, 3, 3),
    "b16.conv1.bias": (8,),
    "b16.skip.weight": (8, 4, 1, 1),
    "b8.conv0.weight": (8, 8, 3, 3),
    "b8.conv0.bias": (8,),
    "b8.conv1.weight": (16, 8, 3, 3),
    "b8.conv1.bias": (16,),
    "b8.skip.weight": (16, 8, 1, 1),
    "b4.conv.weight": (16, 17, 3, 3),
    "b4.conv.bias": (16,),
    "b4.fc.weight": (16, 256),
    "b4.fc.bias": (16,),
    "b4.out.weight": (1, 16),
    "b4.out.bias": (1,),
}


def shapes(network: torch.nn.Module) -> dict[str, tuple[int, ...]]:
    return {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}


def test_a_generator_has_the_official_names_and_shapes() -> None:
    widths = Widths(channel_base=64, channel_max=16, z_dim=24, w_dim=16, mapping_layers=2)
    assert shapes(Generator(canvas_of(16, 16), widths)) == GENERATOR_16


def test_a_discriminator_has_the_official_names_and_shapes() -> None:
    widths = Widths(channel_base=64, channel_max=16, z_dim=24, w_dim=16, mapping_layers=2)
    found = shapes(Discriminator(canvas_of(16, 16), widths))
    filters = {name for name in found if name.endswith("resample_filter")}
    assert {name: shape for name, shape in found.items() if name not in filters} == DISCRIMINATOR_16
    assert all(found[name] == (4, 4) for name in filters)


@pytest.mark.parametrize("resolution", [8, 16, 32, 256, 1024])
def test_a_square_canvas_has_the_official_number_of_ws(resolution: int) -> None:
    with torch.device("meta"):
        made = Generator(canvas_of(resolution, resolution), Widths(channel_max=8))
    assert made.num_ws == 2 * math.log2(resolution) - 2


def test_config_f_has_the_official_number_of_parameters() -> None:
    """30.0 million at 256 px with channel_base 32768: the official release's summary."""
    widths = Widths(channel_base=32768, channel_max=512, z_dim=512, w_dim=512, mapping_layers=8)
    with torch.device("meta"):
        made = Generator(canvas_of(256, 256), widths)
    assert sum(p.numel() for p in made.parameters()) == pytest.approx(30.0e6, rel=0.002)


def zero_insert(x: Tensor) -> Tensor:
    """A zero right and below of each pixel: (N, C, 2H, 2W)."""
    n, c, h, w = x.shape
    y = x.new_zeros(n, c, 2 * h, 2 * w)
    y[:, :, ::2, ::2] = x
    return y


def filtered(x: Tensor) -> Tensor:
    """Each channel through the 4x4 binomial filter with gain 4, no padding."""
    taps = torch.tensor([1.0, 3.0, 3.0, 1.0], dtype=x.dtype)
    kernel = torch.outer(taps, taps) / 64 * 4
    planes = [F.conv2d(x[:, c : c + 1], kernel[None, None]) for c in range(x.shape[1])]
    return torch.cat(planes, dim=1)


def reference(layer: StyledConv, x: Tensor, w: Tensor) -> Tensor:
    """Equations 1 and 3 of arXiv 1912.04958, one sample at a time, in float64."""
    x, w, weight = x.double(), w.double(), layer.weight.double()
    a, b = layer.affine.weight.double(), layer.affine.bias.double()
    images = []
    for features, latent in zip(x, w, strict=True):
        style = (a / math.sqrt(w.shape[1])) @ latent + b
        modulated = weight * style[None, :, None, None]
        sigma = (modulated.square().sum(dim=(1, 2, 3)) + 1e-8).sqrt()
        kernel = modulated / sigma[:, None, None, None]
        if layer.up:
            # A transposed convolution: zeros between the pixels, then the flipped kernel.
            spread = zero_insert(features[None])[:, :, :-1, :-1]
            y = F.conv2d(F.pad(spread, (2, 2, 2, 2)), kernel.flip(2, 3))
            y = filtered(F.pad(y, (1, 1, 1, 1)))
        else:
            y = F.conv2d(features[None], kernel, padding=1)
        y = y + layer.noise_strength.double() * layer.noise_const.double()
        y = y + layer.bias.double()[None, :, None, None]
        images.append(F.leaky_relu(y, 0.2) * math.sqrt(2))
    return torch.cat(images)


@pytest.mark.parametrize("up", [False, True])
@pytest.mark.parametrize("size", [(4, 4), (5, 8), (8, 5)])
def test_a_styled_convolution_equals_the_equations(up: bool, size: tuple[int, int]) -> None:
    torch.manual_seed(4)
    outputs_size = (size[0] * 2, size[1] * 2) if up else size
    layer = StyledConv(6, 5, 7, outputs_size, up=up)
    with torch.no_grad():
        layer.noise_strength.fill_(0.7)
        layer.bias.normal_()
    x, w = torch.randn(3, 6, *size), torch.randn(3, 7)
    y = layer(x, w, draws=None)
    assert y.shape == (3, 5, *outputs_size)
    torch.testing.assert_close(y.double(), reference(layer, x, w), rtol=1e-5, atol=1e-5)


def test_fresh_noise_is_another_each_time_and_scaled_by_its_strength() -> None:
    torch.manual_seed(0)
    layer = StyledConv(4, 4, 4, (8, 8), up=False)
    x, w, numbers = torch.randn(2, 4, 8, 8), torch.randn(2, 4), draws(2)
    still = layer(x, w, draws=numbers)
    assert torch.equal(still, layer(x, w, draws=None)), "strength is zero at first"
    with torch.no_grad():
        layer.noise_strength.fill_(1.0)
    first, second = layer(x, w, draws=numbers), layer(x, w, draws=numbers)
    assert not torch.equal(first, second)
    assert not torch.equal(first[0] - still[0], first[1] - still[1]), "each image has its own"
    assert torch.equal(layer(x, w, draws=None), layer(x, w, draws=None))


def test_half_precision_is_kept_from_overflowing() -> None:
    torch.manual_seed(0)
    layer = StyledConv(64, 4, 4, (8, 8), up=False)
    x, w = torch.full((1, 64, 8, 8), 200.0), torch.randn(1, 4)
    with torch.no_grad():
        layer.weight.fill_(40.0)
        whole = layer(x, w, draws=None)
        with torch.autocast("cpu", torch.float16):
            half = layer(x, w, draws=None)
    assert half.dtype == torch.float16 and torch.isfinite(half).all()
    assert float(whole.abs().max()) > 256 == float(half.abs().max())


def test_colours_are_modulated_without_demodulation() -> None:
    torch.manual_seed(1)
    layer = ToRGB(6, 7)
    x, w = torch.randn(2, 6, 4, 8), torch.randn(2, 7)
    style = (w @ layer.affine.weight.t() / math.sqrt(7) + layer.affine.bias) / math.sqrt(6)
    expected = torch.einsum("oi,ni,nihw->nohw", layer.weight[:, :, 0, 0], style, x)
    torch.testing.assert_close(layer(x, w), expected + layer.bias[:, None, None])


def test_upsampling_is_zero_insertion_and_the_filter() -> None:
    x = torch.randn(2, 3, 5, 8)
    expected = filtered(F.pad(zero_insert(x), (2, 1, 2, 1)))
    torch.testing.assert_close(upsample(x, fir_kernel()), expected)
    flat = upsample(torch.ones(1, 1, 8, 8), fir_kernel())
    torch.testing.assert_close(flat[:, :, 2:-2, 2:-2], torch.ones(1, 1, 12, 12))


@pytest.mark.parametrize("kernel", [1, 3])
def test_halving_is_the_filter_then_every_second_pixel(kernel: int) -> None:
    torch.manual_seed(2)
    layer = PlainConv(3, 4, kernel, down=True, relu=False)
    x = torch.randn(2, 3, 8, 16)
    pad = 1 + kernel // 2
    smooth = filtered(F.pad(x, (pad, pad, pad, pad))) / 4
    expected = F.conv2d(smooth, layer.weight / math.sqrt(3 * kernel**2))[:, :, ::2, ::2]
    torch.testing.assert_close(layer(x), expected)


@pytest.mark.parametrize("canvas", CANVASES, ids=str)
def test_every_canvas_gives_images_and_logits_of_its_shape(canvas: Canvas) -> None:
    made, critic = generator(canvas), Discriminator(canvas, WIDTHS)
    image = made(torch.randn(3, 16))
    assert image.shape == (3, 3, canvas.height_px, canvas.width_px)
    assert critic(image).shape == (3, 1)
    assert made.synthesis.b4.const.shape == (16, canvas.base_h, canvas.base_w)


def test_each_w_reaches_its_own_layers_and_nothing_before() -> None:
    made = generator(canvas_of(16, 16))
    ws = torch.randn(1, 16).expand(made.num_ws, -1)[None].contiguous()
    before = made.synthesis(ws)
    for index in range(made.num_ws):
        moved = ws.clone()
        moved[:, index] += 1
        assert not torch.allclose(made.synthesis(moved), before), f"w {index} has no effect"


def test_truncation_gives_one_picture_at_zero_and_all_at_one() -> None:
    made = generator()
    z = torch.randn(2, 16)
    still, free = made(z, psi=0.0), made(z, psi=1.0)
    torch.testing.assert_close(still[0], still[1])
    assert not torch.allclose(free[0], free[1])
    ws = made.mapping(z)[:, None].expand(-1, made.num_ws, -1)
    torch.testing.assert_close(free, made.synthesis(ws))


def test_the_length_of_z_does_not_matter() -> None:
    made, z = generator(), torch.randn(4, 16)
    torch.testing.assert_close(made.mapping(z), made.mapping(z * 7), rtol=1e-4, atol=1e-5)


def test_w_avg_moves_towards_the_mean_of_w() -> None:
    mapping = Generator(canvas_of(8, 8), WIDTHS).mapping
    w = torch.randn(5, 16)
    mapping.track_average(w, beta=0.75)
    torch.testing.assert_close(mapping.w_avg, w.mean(dim=0) / 4)


@pytest.mark.parametrize(("batch", "group"), [(1, 1), (3, 1), (4, 4), (6, 2), (8, 4)])
def test_minibatch_std_equals_its_definition(batch: int, group: int) -> None:
    x = torch.randn(batch, 5, 4, 8)
    y = MinibatchStd()(x)
    assert y.shape == (batch, 6, 4, 8)
    assert torch.equal(y[:, :5], x)
    for index in range(batch):
        first = index // group * group
        members = x[first : first + group]
        assert len(members) == group
        deviation = (members - members.mean(dim=0)).square().mean(dim=0).add(1e-8).sqrt().mean()
        torch.testing.assert_close(y[index, 5], deviation.expand(4, 8))


def test_double_backward_through_the_discriminator_reaches_every_weight() -> None:
    torch.manual_seed(0)
    critic = Discriminator(canvas_of(16, 8), WIDTHS)
    image = torch.randn(4, 3, 8, 16, requires_grad=True)
    (gradient,) = torch.autograd.grad(critic(image).sum(), image, create_graph=True)
    gradient.square().sum().backward()
    for name, weight in critic.named_parameters():
        if name.endswith("weight"):
            assert weight.grad is not None and weight.grad.abs().sum() > 0, name


def test_double_backward_is_right() -> None:
    torch.manual_seed(0)
    critic = Discriminator(canvas_of(8, 8), Widths(channel_base=8, channel_max=2)).double()
    image = torch.randn(2, 3, 8, 8, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradgradcheck(lambda x: critic.b8(x).square(), image)


@pytest.mark.parametrize("network", ["generator", "discriminator"])
def test_signals_keep_their_size_at_the_start(network: str) -> None:
    """Equalised learning rate and demodulation: no layer blows up or dies before training."""
    torch.manual_seed(0)
    canvas, widths = canvas_of(32, 16), Widths(channel_base=512, channel_max=64)
    if network == "generator":
        deviation = Generator(canvas, widths)(torch.randn(8, 128)).std()
    else:
        deviation = Discriminator(canvas, widths)(torch.randn(8, 3, 16, 32)).std()
    assert 0.05 < float(deviation.detach()) < 20
