"""The StyleGAN3 runtime: the same picture as the plain generator's, frame after frame."""

import msgspec
import pytest
import tiny
import torch
from tiny3 import SHORT, WIDTHS, R, T, generator

from models.engines import runtime_for
from models.networks import Widths
from models.runtime import Runtime as StyleGAN2Runtime
from models.stylegan3.layout import StyleGAN3
from models.stylegan3.runtime import Runtime

CPU = torch.device("cpu")
WIDE = Widths(channel_base=2048, channel_max=70, z_dim=8, w_dim=12, mapping_layers=3)
SHARP = StyleGAN3(num_layers=5, num_critical=2, margin_px=16, upsampling=4, taps=4)
BARE = StyleGAN3(num_layers=3, num_critical=1, margin_px=0)
CASES = [
    (T, 16, WIDTHS),
    (R, 16, WIDTHS),
    (T, 64, WIDE),
    (R, 64, WIDE),
    (SHORT, 32, WIDTHS),
    (SHARP, 64, msgspec.structs.replace(WIDTHS, clamp=0.5)),
    (BARE, 16, WIDE),
]


@pytest.mark.parametrize(("design", "size_px", "widths"), CASES, ids=lambda case: str(case)[:30])
def test_a_picture_equals_the_plain_generators(
    design: StyleGAN3, size_px: int, widths: Widths
) -> None:
    made = generator(design, size_px, widths)
    ws = torch.randn(3, made.num_ws, 12)
    expected = made.synthesis(ws)
    runtime = Runtime(made, CPU)
    found = torch.cat([runtime.draw(one, 1.0) for one in ws])
    assert found.shape == (3, 3, size_px, size_px)
    assert float((found - expected).abs().max() / expected.abs().max()) < 1e-5


def test_these_cases_take_every_way_through_a_layer() -> None:
    layers = [layer for case in CASES for layer in Runtime(generator(*case), CPU)._layers]
    for way in (
        lambda layer: layer.modulate_weights,
        lambda layer: layer.crop > 0,
        lambda layer: layer.padding > 0,
        lambda layer: layer.clamp > 0,
        lambda layer: layer.channels < len(layer.weight),
        lambda layer: len(layer.weight) % layer.channels > 0,
        lambda layer: len(layer.down_filters) == 1,
    ):
        assert {way(layer) for layer in layers} == {True, False}


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize(("design", "size_px", "widths"), CASES, ids=lambda case: str(case)[:30])
def test_a_picture_on_a_gpu_equals_the_plain_generators(
    design: StyleGAN3, size_px: int, widths: Widths
) -> None:
    made = generator(design, size_px, widths)
    ws = torch.randn(made.num_ws, 12)
    expected = made.synthesis(ws[None])
    found = Runtime(made, torch.device("cuda")).draw(ws.cuda(), 1.0).cpu()
    assert float((found - expected).abs().max() / expected.abs().max()) < 1e-2, "TF32 included"


def test_drawing_twice_gives_the_same_picture_and_noise_changes_nothing() -> None:
    runtime = Runtime(generator(), CPU)
    ws, others = torch.randn(16, 12), torch.randn(16, 12)
    kept = ws.clone()
    first = runtime.draw(ws, 0.5).clone()
    runtime.draw(others, 1.0)
    assert torch.equal(runtime.draw(ws, 3.0), first)
    assert torch.equal(ws, kept)


def test_a_transform_holds_until_the_next() -> None:
    runtime, ws = Runtime(generator(R), CPU), torch.randn(16, 12)
    still = runtime.draw(ws, 0.0)
    runtime.transform(0.1, 0, 0)
    turned = runtime.draw(ws, 0.0)
    assert not torch.allclose(turned, still)
    assert torch.equal(runtime.draw(ws, 0.0), turned)
    runtime.transform(0.0, 0.0, 0.0)
    assert torch.equal(runtime.draw(ws, 0.0), still)
    runtime.transform(1.0, 0.0, 0.0)
    torch.testing.assert_close(runtime.draw(ws, 0.0), still, rtol=1e-3, atol=1e-4)


def test_it_maps_as_the_generator_does_and_tells_its_sizes() -> None:
    made = generator(size_px=32)
    runtime, z = Runtime(made, CPU), torch.randn(3, 8)
    assert torch.equal(runtime.map(z), made.mapping(z))
    assert torch.equal(runtime.w_avg, made.mapping.w_avg)
    assert (runtime.height_px, runtime.width_px) == (32, 32)
    assert (runtime.num_ws, runtime.z_dim) == (16, 8)


def test_directions_are_those_of_w_longest_first() -> None:
    pushes = Runtime(generator(), CPU).directions(4)
    lengths = pushes.norm(dim=1)
    assert pushes.shape == (4, 12) and bool((lengths.diff() <= 0).all() and lengths[3] > 0)


def test_each_architecture_gets_its_own_engine() -> None:
    assert isinstance(runtime_for(generator(), CPU), Runtime)
    assert isinstance(runtime_for(tiny.generator(), CPU, moves=True), StyleGAN2Runtime)
