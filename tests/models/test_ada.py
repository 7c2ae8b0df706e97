"""ADA: the controller, and each transform against a picture or a number worked out by hand."""

import math

import pytest
import torch
from tiny import draws
from torch import Tensor

from models.ada import (
    Ada,
    chain,
    draw_colour,
    draw_geometry,
    homogeneous,
    hue,
    luma_flip,
    recolour,
    saturation,
    scale,
    shift,
    sometimes,
    turn,
    warp,
)

SURE, GUESSING = torch.tensor(1.0), torch.tensor(0.0)  # E[sign D(real)]


def ada(p: float) -> Ada:
    """An Ada whose p is set."""
    made = Ada(target=0.6, kimg=1.0)
    made.p.fill_(p)
    return made


def picture(h: int = 6, w: int = 6) -> Tensor:
    """(1, 3, h, w), no pixel like another."""
    return torch.arange(3.0 * h * w).reshape(1, 3, h, w) / (3 * h * w)


def pixel(*rgb: float) -> Tensor:
    return torch.tensor(rgb).reshape(1, 3, 1, 1)


def one(value: float) -> Tensor:
    return torch.tensor([value])


def test_p_rises_while_the_discriminator_is_sure_and_falls_while_it_guesses() -> None:
    augment = ada(0.0)
    for _ in range(3):
        augment.observe(SURE, 8)
    assert float(augment.p) == 0, "it moves every four steps"
    augment.observe(SURE, 8)
    assert float(augment.p) == pytest.approx(4 * 8 / 1000)
    for _ in range(4):
        augment.observe(SURE * 0.7, 8)
    assert float(augment.p) == pytest.approx(2 * 4 * 8 / 1000), "not by how much"
    for _ in range(4):
        augment.observe(GUESSING, 8)
    assert float(augment.p) == pytest.approx(4 * 8 / 1000)


def test_p_stays_between_zero_and_its_cap() -> None:
    augment = ada(0.0)
    for _ in range(4):
        augment.observe(-SURE, 8)
    assert float(augment.p) == 0
    for _ in range(200):
        augment.observe(SURE, 8)
    assert float(augment.p) == pytest.approx(0.8)


def test_four_steps_are_judged_together() -> None:
    augment = ada(0.5)
    for logits in (SURE, SURE, SURE, GUESSING):  # The mean of 1, 1, 1, 0 is above 0.6.
        augment.observe(logits, 8)
    assert float(augment.p) > 0.5
    for logits in (SURE, SURE, GUESSING, GUESSING):
        augment.observe(logits, 8)
    assert float(augment.p) == pytest.approx(0.5)


def test_a_controller_taken_up_between_two_moves_goes_on_alike() -> None:
    first, second = ada(0.3), Ada(target=0.6, kimg=1.0)
    for _ in range(3):
        first.observe(SURE, 8)
    second.load_state_dict(first.state_dict())
    for augment in (first, second):
        augment.observe(GUESSING, 8)
    assert torch.equal(first.p, second.p) and float(first.p) > 0.3


@pytest.mark.parametrize("shape", [(4, 3, 8, 8), (4, 3, 8, 16)])
def test_without_p_nothing_changes_by_a_single_bit(shape: tuple[int, ...]) -> None:
    images = torch.randn(shape)
    assert torch.equal(ada(0.0)(images, draws(4)), images)


@pytest.mark.parametrize("shape", [(64, 3, 8, 8), (64, 3, 8, 16)])
def test_with_p_images_change_and_gradients_pass(shape: tuple[int, ...]) -> None:
    torch.manual_seed(0)
    images = torch.randn(shape, requires_grad=True)
    augmented = ada(0.8)(images, draws(64))
    assert augmented.shape == images.shape and torch.isfinite(augmented).all()
    changed = (augmented != images).flatten(1).any(dim=1)
    assert changed.all(), "1 - 0.2^10 of the images change"
    (gradient,) = torch.autograd.grad(augmented.square().sum(), images)
    assert (gradient.abs().sum(dim=(1, 2, 3)) > 0).all()


@pytest.mark.parametrize("size", [(3, 3), (2, 4)])
def test_gradients_and_their_gradients_equal_finite_differences(size: tuple[int, int]) -> None:
    augment = ada(0.8)
    images = torch.randn(2, 3, *size, dtype=torch.float64, requires_grad=True)

    def augmented(x: Tensor) -> Tensor:
        return augment(x, draws(2, seed=4)).pow(3)

    assert torch.autograd.gradcheck(augmented, images)
    assert torch.autograd.gradgradcheck(augmented, images)


def test_each_image_is_drawn_for_itself_with_probability_p() -> None:
    torch.manual_seed(0)
    matrices = scale(torch.full((4000, 2), 2.0))
    for p in (0.0, 0.3, 1.0):
        chosen = sometimes(matrices, torch.tensor(p), draws(4000))[:, 0, 0] == 2
        assert float(chosen.float().mean()) == pytest.approx(p, abs=0.03)


@pytest.mark.parametrize(
    ("size", "unturned"),
    # Some rotation by any angle has probability p = 0.3; on a square, odd quarters have half of it.
    [((8, 16), 0.7), ((16, 16), 0.7 * 0.85)],
)
def test_rotations_come_with_probability_p_and_quarter_turns_on_squares(
    size: tuple[int, int], unturned: float
) -> None:
    torch.manual_seed(0)
    matrices = draw_geometry(draws(8000), *size, torch.tensor(0.3))
    upright = matrices[:, 0, 1].abs() < 1e-5
    assert float(upright.float().mean()) == pytest.approx(unturned, abs=0.02)
    assert torch.equal(matrices[:, 2], torch.tensor([0.0, 0.0, 1.0]).expand(8000, 3))


@pytest.mark.parametrize(("h", "w"), [(6, 6), (4, 8), (5, 3)])
def test_blits_are_the_known_ones(h: int, w: int) -> None:
    image = picture(h, w)
    flip = scale(torch.tensor([[-1.0, 1.0]]))
    torch.testing.assert_close(warp(image, flip), image.flip(3))
    half_turn = turn(one(math.pi))
    torch.testing.assert_close(warp(image, half_turn), image.flip(2, 3))
    moved = warp(image, shift(torch.tensor([[2.0, 1.0]])))
    torch.testing.assert_close(moved[..., : h - 1, : w - 2], image[..., 1:, 2:])
    torch.testing.assert_close(moved[..., h - 1, : w - 2], image[..., h - 1, 2:])  # A mirror.
    torch.testing.assert_close(moved[..., :-1, w - 2], image[..., 1:, w - 1])


def test_a_quarter_turn_of_a_square_moves_pixels_only() -> None:
    image = picture()
    for quarters in (1, 2, 3):
        turned = warp(image, turn(one(quarters * math.pi / 2)))
        torch.testing.assert_close(turned, image.rot90(quarters, (2, 3)))


def test_scaling_by_two_shows_every_other_spot() -> None:
    image = picture(8, 8)
    halved = warp(image, scale(torch.tensor([[2.0, 2.0]])))
    spots = image.unfold(2, 2, 2).unfold(3, 2, 2).mean(dim=(4, 5))
    torch.testing.assert_close(halved[..., 2:6, 2:6], spots)


def test_a_fraction_of_a_pixel_mixes_neighbours() -> None:
    image = picture()
    moved = warp(image, shift(torch.tensor([[0.25, 0.0]])))
    expected = 0.75 * image[..., :-1] + 0.25 * image[..., 1:]
    torch.testing.assert_close(moved[..., :-1], expected)


def test_rotation_keeps_shapes_on_a_wide_canvas() -> None:
    y, x = torch.meshgrid(torch.arange(16) - 7.5, torch.arange(32) - 15.5, indexing="ij")
    radius = (x.square() + y.square()).sqrt()
    disc = torch.sigmoid(4.0 - radius).expand(1, 3, 16, 32)
    turned = warp(disc, turn(one(0.7)))
    inside = radius < 7.5  # Beyond, mirrored discs come into the picture.
    torch.testing.assert_close(turned[..., inside], disc[..., inside], atol=0.02, rtol=0)


def test_a_still_image_is_untouched_among_moved_ones() -> None:
    images = torch.randn(2, 3, 6, 6)
    out = warp(images, torch.cat([shift(torch.tensor([[0.3, 0.0]])), torch.eye(3)[None]]))
    assert torch.equal(out[1], images[1]) and not torch.equal(out[0], images[0])


def test_colours_of_a_pixel_worked_out_by_hand() -> None:
    grey, red = pixel(0.5, 0.5, 0.5), pixel(1.0, 0.0, 0.0)
    cases = [
        (shift(torch.full((1, 3), 0.25)), red, pixel(1.25, 0.25, 0.25)),
        (scale(torch.full((1, 3), 2.0)), red, pixel(2.0, 0.0, 0.0)),
        (luma_flip(one(1.0)), grey, -grey),
        (luma_flip(one(1.0)), red, pixel(1 / 3, -2 / 3, -2 / 3)),
        (luma_flip(one(0.0)), red, red),
        (hue(one(2 * math.pi / 3)), red, pixel(0.0, 1.0, 0.0)),
        (hue(one(2 * math.pi / 3)), grey, grey),
        (hue(one(math.pi)), red, pixel(-1 / 3, 2 / 3, 2 / 3)),
        (saturation(one(0.0)), red, pixel(1 / 3, 1 / 3, 1 / 3)),
        (saturation(one(2.0)), red, pixel(5 / 3, -1 / 3, -1 / 3)),
        (saturation(one(2.0)), grey, grey),
    ]
    for matrix, before, after in cases:
        torch.testing.assert_close(recolour(before, matrix), after)


def test_colours_come_in_the_papers_order() -> None:
    brighten, contrast = shift(torch.full((1, 3), 0.5)), scale(torch.full((1, 3), 2.0))
    both = recolour(pixel(0.1, 0.0, 0.0), chain([contrast, brighten]))
    torch.testing.assert_close(both, pixel(1.2, 1.0, 1.0))  # (x + 0.5) * 2, not x * 2 + 0.5.


def test_drawn_colours_keep_greys_grey_and_are_spread_as_in_the_paper() -> None:
    torch.manual_seed(0)
    matrices = draw_colour(draws(4000), torch.tensor(1.0))
    greys = recolour(torch.full((4000, 3, 1, 1), 0.5), matrices)[..., 0, 0]
    torch.testing.assert_close(greys, greys[:, :1].expand(-1, 3), atol=1e-4, rtol=1e-4)
    slope = matrices[:, 0, :3].sum(dim=1)
    octaves = slope.abs().log2()
    assert float(octaves.std()) == pytest.approx(0.5, abs=0.03), "contrast"
    assert float((slope < 0).float().mean()) == pytest.approx(0.5, abs=0.03), "luma flips"
    brightness = matrices[:, 0, 3] / slope
    assert float(brightness.std()) == pytest.approx(0.2, abs=0.02)


def test_drawn_geometry_is_spread_as_in_the_paper() -> None:
    torch.manual_seed(0)
    matrices = draw_geometry(draws(4000), 16, 16, torch.tensor(1.0))
    area = torch.linalg.det(matrices)
    assert float(area.abs().log2().std()) == pytest.approx(2 * 0.2, abs=0.03), "isotropic scale"
    assert float((area < 0).float().mean()) == pytest.approx(0.5, abs=0.03), "mirrored"
    stretch = torch.linalg.svdvals(matrices[:, :2, :2])
    octaves = (stretch[:, 0] / stretch[:, 1]).log2() / 2  # |N(0, 0.2)|
    assert float(octaves.mean()) == pytest.approx(0.2 * math.sqrt(2 / math.pi), abs=0.02)


def test_homogeneous_keeps_the_linear_part() -> None:
    linear = torch.randn(2, 3, 3)
    matrix = homogeneous(linear)
    assert torch.equal(matrix[:, :3, :3], linear)
    assert torch.equal(matrix[:, 3], torch.tensor([0.0, 0.0, 0.0, 1.0]).expand(2, 4))
    assert not matrix[:, :3, 3].any()
