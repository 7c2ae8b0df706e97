"""Random-convolution features: shape, determinism, and what they react to."""

import pytest
import torch
from painted import blurred, paintings
from tiny import images

from models.canvas import parse_size
from models.features import LENGTH, Standard, extract, in_parts


@pytest.mark.parametrize("size", ["8", "32", "64x36", "40x72"])
def test_any_canvas_gives_features_of_one_length(size: str) -> None:
    features = extract(images(parse_size(size), count=3))
    assert features.shape == (3, LENGTH) and features.dtype == torch.float32
    assert features.isfinite().all()


def test_the_same_images_give_the_same_features_whatever_stands_beside_them() -> None:
    train, _ = paintings()
    features = extract(train)
    assert torch.equal(features, extract(train))
    torch.testing.assert_close(features[30:40], extract(train[30:40]), rtol=1e-5, atol=1e-5)


def test_no_random_state_is_used_up() -> None:
    before = torch.get_rng_state()
    extract(images())
    assert torch.equal(before, torch.get_rng_state())


def test_large_images_go_through_in_small_parts() -> None:
    wide = torch.zeros(3, 3, 1024, 1024, dtype=torch.uint8)
    assert [len(part) for part in in_parts(wide)] == [1, 1, 1]


def test_the_training_set_is_standardised() -> None:
    features = extract(paintings()[0])
    standardised = Standard.of(features)(features)
    torch.testing.assert_close(standardised.mean(dim=0), torch.zeros(LENGTH), rtol=0, atol=1e-3)
    assert standardised.std(dim=0).max() < 1.01


def test_images_all_alike_stay_finite() -> None:
    features = extract(torch.full((12, 3, 8, 8), 9, dtype=torch.uint8))
    assert Standard.of(features)(features).abs().max() < 0.01


def test_blur_moves_them() -> None:
    train, _ = paintings()
    assert not torch.allclose(extract(train), extract(blurred(train)), atol=1e-2)
