"""The runtime: the same picture as the plain generator's, and directions to push it along."""

import msgspec
import pytest
import torch
from tiny import CPU, generator
from torch import Tensor

from models.canvas import Canvas, canvas_of
from models.networks import Generator, Widths
from models.runtime import Runtime

NARROW = Widths(channel_base=64, channel_max=16, z_dim=8, w_dim=16, mapping_layers=2)
WIDE = Widths(channel_base=256, channel_max=64, z_dim=16, w_dim=8, mapping_layers=3)
CASES = [
    (canvas_of(8, 8), NARROW),
    (canvas_of(32, 32), NARROW),
    (canvas_of(32, 16), WIDE),
    (canvas_of(16, 24), WIDE),
    (canvas_of(64, 32), NARROW),
]


def pictures(canvas: Canvas, widths: Widths, device: torch.device = CPU) -> tuple[Tensor, Tensor]:
    """The runtime's picture and the plain generator's."""
    ws = torch.randn(2 * len(canvas.levels), widths.w_dim)
    expected = generator(canvas, widths).synthesis(ws[None])
    runtime = Runtime(generator(canvas, widths), device)
    return runtime.draw(ws.to(device), 1.0).cpu(), expected


@pytest.mark.parametrize(("canvas", "widths"), CASES, ids=lambda case: str(case)[:20])
def test_a_picture_equals_the_plain_generators(canvas: Canvas, widths: Widths) -> None:
    torch.manual_seed(0)
    found, expected = pictures(canvas, widths)
    assert found.shape == (1, 3, canvas.height_px, canvas.width_px)
    assert float((found - expected).abs().max() / expected.abs().max()) < 1e-5


@pytest.mark.parametrize("clamp", [0.3, 256.0])
def test_a_model_whose_layers_are_cut_draws_the_plain_picture(clamp: float) -> None:
    torch.manual_seed(0)
    canvas = canvas_of(32, 16)
    found, expected = pictures(canvas, msgspec.structs.replace(WIDE, clamp=clamp))
    _, free = pictures(canvas, WIDE)
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-4)
    assert (float(expected.abs().max()) < float(free.abs().max())) == (clamp < 1)


def test_it_maps_each_class_as_the_generator_does() -> None:
    made = generator(widths=msgspec.structs.replace(NARROW, classes=3))
    runtime, z = Runtime(made, CPU), torch.randn(1, 8).expand(3, -1)
    each = runtime.map(z, torch.eye(3))
    assert runtime.classes == 3 and torch.equal(each, made.mapping(z, torch.eye(3)))
    assert torch.equal(runtime.map(z)[0], each[0]), "without shares it is the first"
    assert float((each[0] - each[1]).abs().max()) > 0.01


def test_these_cases_take_both_ways_to_modulate_in_both_kinds_of_layer() -> None:
    taken = {
        (conv.up, conv.modulate_weights)
        for canvas, widths in CASES
        for block in Runtime(generator(canvas, widths), CPU)._blocks
        for conv in block.convs
    }
    assert taken == {(up, weights) for up in (True, False) for weights in (True, False)}


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize(("canvas", "widths"), CASES, ids=lambda case: str(case)[:20])
def test_a_picture_on_a_gpu_equals_the_plain_generators(canvas: Canvas, widths: Widths) -> None:
    torch.manual_seed(0)
    found, expected = pictures(canvas, widths, torch.device("cuda"))
    assert float((found - expected).abs().max() / expected.abs().max()) < 1e-2, "TF32 included"


def silent(made: Generator) -> Generator:
    """The generator with all noise strengths at zero."""
    for name, tensor in made.state_dict().items():
        if name.endswith("noise_strength"):
            tensor.zero_()
    return made


@pytest.mark.parametrize(("canvas", "widths"), CASES[1:3], ids=lambda case: str(case)[:20])
def test_without_noise_it_is_as_if_the_strengths_were_zero(canvas: Canvas, widths: Widths) -> None:
    ws = torch.randn(2 * len(canvas.levels), widths.w_dim)
    runtime = Runtime(generator(canvas, widths), CPU)
    quiet, noisy, loud = (runtime.draw(ws, noise) for noise in (0.0, 1.0, 2.0))
    torch.testing.assert_close(quiet, silent(generator(canvas, widths)).synthesis(ws[None]))
    assert not torch.allclose(quiet, noisy)
    assert float((loud - quiet).abs().mean()) > float((noisy - quiet).abs().mean())


def test_drawing_twice_gives_the_same_picture_and_changes_nothing() -> None:
    runtime = Runtime(generator(canvas_of(16, 16)), CPU)
    ws, others = torch.randn(6, 16), torch.randn(6, 16)
    kept = ws.clone()
    first = runtime.draw(ws, 0.5).clone()
    runtime.draw(others, 1.0)
    assert torch.equal(runtime.draw(ws, 0.5), first)
    assert torch.equal(ws, kept)


def test_each_w_moves_the_picture() -> None:
    runtime = Runtime(generator(canvas_of(16, 16)), CPU)
    ws = torch.randn(6, 16)
    before = runtime.draw(ws, 0.0).clone()
    for index in range(6):
        moved = ws.clone()
        moved[index] += 1
        assert not torch.allclose(runtime.draw(moved, 0.0), before), index


def test_it_maps_as_the_generator_does_and_tells_its_sizes() -> None:
    made = generator(canvas_of(32, 16), NARROW)
    runtime, z = Runtime(made, CPU), torch.randn(3, 8)
    assert torch.equal(runtime.map(z), made.mapping(z))
    assert torch.equal(runtime.w_avg, made.mapping.w_avg)
    assert (runtime.height_px, runtime.width_px) == (16, 32)
    assert (runtime.num_ws, runtime.z_dim) == (6, 8)


def test_directions_are_the_models_own() -> None:
    own = torch.randn(5, 16)
    runtime = Runtime(generator(), CPU, own)
    assert torch.equal(runtime.directions(5), own)
    assert torch.equal(runtime.directions(3), own[:3])
    assert torch.equal(runtime.directions(7), torch.cat([own, torch.zeros(2, 16)]))
    assert torch.equal(Runtime(generator(), CPU, own[:0]).directions(4), torch.zeros(4, 16))


def test_without_any_they_are_the_principal_components_of_w() -> None:
    runtime = Runtime(generator(widths=WIDE), CPU)
    pushes = runtime.directions(8)
    assert pushes.shape == (8, 8) and pushes.dtype == torch.float32
    products = pushes @ pushes.t()
    lengths = products.diagonal()
    assert (lengths > 0).all() and (lengths.diff() <= 0).all(), "the longest first"
    scale = (lengths[:, None] * lengths[None]).sqrt()
    off_diagonal = (products / scale).fill_diagonal_(0)
    assert float(off_diagonal.abs().max()) < 1e-3, "orthogonal"
    largest = pushes.gather(1, pushes.abs().argmax(dim=1, keepdim=True))
    assert (largest > 0).all()
    w = runtime.map(torch.randn(20_000, 16)).double()
    along = (w - w.mean(dim=0)) @ torch.nn.functional.normalize(pushes.double(), dim=1).t()
    torch.testing.assert_close(along.std(dim=0), lengths.double().sqrt(), rtol=0.05, atol=1e-6)
    assert float(w.var(dim=0).sum()) == pytest.approx(float(lengths.sum()), rel=0.05)


def test_directions_are_the_same_each_time_and_fewer_are_the_first_ones() -> None:
    runtime = Runtime(generator(), CPU)
    torch.manual_seed(1)
    first = runtime.directions(6)
    torch.manual_seed(2)
    state = torch.get_rng_state()
    assert torch.equal(runtime.directions(6), first)
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(Runtime(generator(), CPU).directions(6), first)
    assert torch.equal(runtime.directions(2), first[:2])


def test_more_directions_than_dimensions_are_zero() -> None:
    pushes = Runtime(generator(widths=WIDE), CPU).directions(11)
    assert pushes.shape == (11, 8)
    assert torch.equal(pushes[8:], torch.zeros(3, 8)) and (pushes[:8] != 0).any(dim=1).all()
