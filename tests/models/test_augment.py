"""DiffAugment: what moves, what is blanked, and that gradients pass."""

import pytest
import torch
from tiny import draws
from torch import Tensor

from models.augment import AUGMENTATIONS, cutout, diffaugment, translate

SHAPES = [(4, 3, 8, 8), (1, 3, 16, 32), (3, 3, 32, 16)]


def ones(*shape: int) -> Tensor:
    return torch.ones(shape)


@pytest.mark.parametrize("name", sorted(AUGMENTATIONS))
@pytest.mark.parametrize("shape", SHAPES)
def test_shapes_stay_and_gradients_pass(name: str, shape: tuple[int, ...]) -> None:
    torch.manual_seed(0)
    images = torch.randn(shape, requires_grad=True)
    augmented = AUGMENTATIONS[name](0.6, 100.0)(images, draws(len(images)))
    assert augmented.shape == images.shape and augmented.dtype == images.dtype
    (gradient,) = torch.autograd.grad(augmented.square().sum(), images)
    for image_gradient in gradient:
        assert image_gradient.abs().sum() > 0


def test_none_changes_nothing() -> None:
    images = torch.randn(4, 3, 8, 8)
    assert torch.equal(AUGMENTATIONS["none"](0.6, 100.0)(images, draws(len(images))), images)


@pytest.mark.parametrize("name", ["none", "diffaugment"])
def test_a_fixed_augmentation_learns_and_saves_nothing(name: str) -> None:
    augment = AUGMENTATIONS[name](0.6, 100.0)
    augment.observe(torch.tensor(1.0), 4)
    assert augment.strength == 0
    assert not augment.state_dict()


def test_translation_moves_each_image_whole_and_fills_with_zero() -> None:
    n, h, w = 64, 16, 32
    images = torch.arange(1, h * w + 1.0).reshape(1, 1, h, w).expand(n, 3, h, w)
    seen = set()
    for moved in translate(images, draws(n, seed=1)):
        assert torch.equal(moved[0], moved[1]) and torch.equal(moved[0], moved[2])
        y, x = (int(at) for at in (moved[0] > 0).nonzero()[0])
        dy, dx = (int(at) for at in divmod(int(moved[0, y, x]) - 1, w))
        shift_y, shift_x = y - dy, x - dx
        expected = torch.zeros(h, w)
        expected[max(shift_y, 0) : h + min(shift_y, 0), max(shift_x, 0) : w + min(shift_x, 0)] = (
            images[
                0,
                0,
                max(-shift_y, 0) : h - max(shift_y, 0),
                max(-shift_x, 0) : w - max(shift_x, 0),
            ]
        )
        assert torch.equal(moved[0], expected)
        seen.add((shift_y, shift_x))
    assert {abs(y) for y, _ in seen} == {0, 1, 2}, "an eighth of 16 either way"
    assert max(abs(x) for _, x in seen) == 4, "an eighth of 32"
    assert len(seen) > 10, "each image moves by itself"


def test_cutout_blanks_one_box_of_half_the_sides() -> None:
    h, w = 16, 32
    areas = set()
    for image in cutout(ones(200, 3, h, w), draws(200, seed=2)):
        assert torch.equal(image[0], image[1]) and torch.equal(image[0], image[2])
        rows, columns = (image[0] == 0).any(dim=1), (image[0] == 0).any(dim=0)
        box = rows[:, None] & columns[None, :]
        assert torch.equal(image[0] == 0, box), "the hole is a box"
        assert torch.equal(image[0] == 1, ~box), "all else is untouched"
        areas.add((int(rows.sum()), int(columns.sum())))
    assert (h // 2, w // 2) in areas, "a box that lies inside is whole"
    assert all(h // 4 <= a <= h // 2 and w // 4 <= b <= w // 2 for a, b in areas)


def test_diffaugment_translates_and_cuts() -> None:
    blanked = (
        (diffaugment(ones(64, 3, 16, 16), draws(64, seed=3))[:, 0] == 0).float().mean(dim=(1, 2))
    )
    assert 0.0625 <= float(blanked.min()) and 0.15 < float(blanked.mean()) < 0.5


def test_the_same_numbers_augment_alike() -> None:
    images, numbers = torch.randn(4, 3, 8, 8), draws(4, seed=7)
    first = diffaugment(images, numbers)
    assert torch.equal(diffaugment(images, draws(4, seed=7)), first)
    assert not torch.equal(diffaugment(images, numbers), first)
