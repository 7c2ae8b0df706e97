"""The measures on sets whose faults are known: each fault shows where it should, and only there."""

import math
from dataclasses import astuple

import pytest
import torch
from painted import COUNT, blurred, paintings, repeated, shuffled
from tiny import images
from torch import Tensor

from models.canvas import parse_size
from models.metrics import (
    IMAGES_MINIMUM,
    Measures,
    MetricsError,
    Reference,
    coverage,
    floor,
    kid,
    nearest,
    own_distance,
)
from models.spectrum import radial_spectrum_db, spectrum_difference_db
from models.swd import laplacian, patches, sliced_wasserstein


@pytest.fixture(scope="module")
def reference() -> Reference:
    return Reference(paintings()[0])


@pytest.fixture(scope="module")
def independent(reference: Reference) -> Measures:
    return reference.measure(paintings()[1])


def points(count: int, length: int = 6, seed: int = 0) -> Tensor:
    return torch.randn(count, length, generator=torch.Generator().manual_seed(seed))


def test_an_independent_draw_scores_as_real_images_do(independent: Measures) -> None:
    assert abs(independent.kid) < 0.12
    assert 0.4 < independent.coverage < 0.7
    assert independent.fake_to_train == pytest.approx(1, abs=0.12)
    assert independent.fake_to_fake == pytest.approx(1, abs=0.12)
    assert independent.swd < 0.1 and independent.spectrum_db < 1.0


def test_blur_shows_in_kid_details_and_spectrum(
    reference: Reference, independent: Measures
) -> None:
    blurry = reference.measure(blurred(paintings()[1]))
    assert blurry.kid > max(independent.kid, 0) + 0.3
    assert blurry.swd > 3 * independent.swd
    assert blurry.spectrum_db > 5
    assert blurry.coverage > 0.3 and blurry.fake_to_fake > 0.6


def test_few_modes_show_in_coverage_and_among_fakes(reference: Reference) -> None:
    collapsed = reference.measure(repeated(paintings()[1], modes=20))
    assert collapsed.coverage < 0.15 and collapsed.fake_to_fake < 0.3
    assert collapsed.fake_to_train > 0.7


def test_copies_show_in_the_distance_to_the_training_set_alone(reference: Reference) -> None:
    copies = reference.measure(repeated(paintings()[0], modes=COUNT))
    assert copies.fake_to_train < 0.3
    assert abs(copies.kid) < 0.1 and copies.coverage > 0.5
    assert reference.measure(paintings()[0]).fake_to_train == 0


def test_mirrored_copies_are_copies(reference: Reference) -> None:
    mirrored = repeated(paintings()[0].flip(3), modes=COUNT)
    assert reference.measure(mirrored).fake_to_train < 0.3


def test_copies_are_found_by_few_pictures_among_many_images() -> None:
    """Which part of the training set is compared must not hide whom a picture is a copy of."""
    train, others = paintings()
    everything = Reference(torch.cat([train, others]))
    assert everything.measure(repeated(train, modes=COUNT)[:20]).fake_to_train < 0.3


def test_the_same_twice_and_in_any_order(reference: Reference, independent: Measures) -> None:
    train, others = paintings()
    again = Reference(train).measure(others)
    assert again == independent
    reordered = Reference(shuffled(train), seed=3).measure(shuffled(others))
    pairs = zip(astuple(reordered), astuple(independent), strict=True)
    for name, pair in zip(Measures.__slots__, pairs, strict=True):
        if name != "swd":  # its directions follow the seed
            assert pair[0] == pytest.approx(pair[1], rel=1e-3, abs=1e-4), name


def test_details_do_not_depend_on_the_order() -> None:
    train, others = paintings()
    reordered = sliced_wasserstein(train, shuffled(others))
    assert reordered == pytest.approx(sliced_wasserstein(train, others), rel=1e-4)


def test_coverage_of_equals_does_not_hang_on_how_many_are_drawn(reference: Reference) -> None:
    assert reference.measure(paintings()[1][:50]).coverage > 0.35


def test_the_floor_is_that_of_an_independent_draw() -> None:
    real = floor(torch.cat(paintings()))
    assert floor(torch.cat(paintings())) == real
    assert abs(real.kid) < 0.12 and real.coverage == pytest.approx(0.55, abs=0.15)
    assert real.fake_to_train == pytest.approx(1, abs=0.15)


@pytest.mark.parametrize("count", [1, IMAGES_MINIMUM - 1])
def test_too_few_are_refused(reference: Reference, count: int) -> None:
    few = paintings()[0][:count]
    with pytest.raises(MetricsError, match=f"{count} training images are too few .* least 10"):
        Reference(few)
    with pytest.raises(MetricsError, match=f"{count} generated images are too few"):
        reference.measure(few)
    with pytest.raises(MetricsError, match="one half with the other; at least 20"):
        floor(few)


def test_other_sizes_and_folders_of_copies_are_refused(reference: Reference) -> None:
    with pytest.raises(MetricsError, match="are 64x36 pixels and the training images 32x32"):
        reference.measure(images(parse_size("64x36")))
    with pytest.raises(MetricsError, match="copies of another one"):
        Reference(paintings()[0][:1].expand(20, -1, -1, -1))


def test_the_smallest_sets_give_numbers() -> None:
    small = images(parse_size("8"), count=2 * IMAGES_MINIMUM)
    assert all(math.isfinite(value) for value in astuple(floor(small)))


def test_kid_is_the_formula() -> None:
    fake, real = points(5, 4), points(7, 4, seed=1)

    def kernel(x: Tensor, y: Tensor) -> float:
        return float((x @ y / 4 + 1) ** 3)

    within = [
        sum(kernel(x, y) for i, x in enumerate(s) for j, y in enumerate(s) if i != j)
        / (len(s) * (len(s) - 1))
        for s in (fake, real)
    ]
    between = sum(kernel(x, y) for x in fake for y in real) / 35
    assert kid(fake, real) == pytest.approx(sum(within) - 2 * between, rel=1e-5)


def test_nearest_is_right_across_parts() -> None:
    many, few = points(1500), points(40, seed=1)
    distances = (many[:, None] - few[None]).norm(dim=2)
    found, index = nearest(many, few)
    torch.testing.assert_close(found, distances.min(dim=1).values)
    assert torch.equal(index, distances.argmin(dim=1))
    others, index = nearest(many, many, but_own=True)
    assert (others > 0).all() and (index != torch.arange(1500)).all()
    assert float(others.median()) == own_distance(many)


def test_coverage_counts_each_real_point_once() -> None:
    real = torch.eye(4)
    assert coverage(real[[0, 0, 0, 1]] * 1.01, real) == 0.5


@pytest.mark.parametrize("size", ["8", "64x36", "72x40"])
def test_the_pyramid_adds_up_and_patches_fit(size: str) -> None:
    drawn = images(parse_size(size), count=4)
    bands = laplacian(drawn.float())
    assert all(min(band.shape[2:]) >= 8 for band in bands)
    assert [part.shape[1:] for part in patches(drawn)] == [(3, 49)] * len(bands)
    assert sliced_wasserstein(drawn, drawn) == 0
    flat = laplacian(torch.full((1, 3, 32, 32), 7.0))
    assert len(flat) == 2
    torch.testing.assert_close(flat[0], torch.zeros(1, 3, 32, 32), rtol=0, atol=1e-4)


def test_the_spectrum_finds_a_wave_where_it_is() -> None:
    x = torch.arange(64)
    wave = (127 + 100 * torch.sin(2 * torch.pi * 8 * x / 64)).round().byte()
    spectrum = radial_spectrum_db(wave.expand(2, 3, 32, 64))
    assert spectrum.shape == (16,) and int(spectrum.argmax()) + 1 == 4  # 4/32 is 8/64
    black = torch.zeros(2, 3, 32, 64, dtype=torch.uint8)
    assert spectrum_difference_db(black, black) == 0
    assert math.isfinite(spectrum_difference_db(black, wave.expand(2, 3, 32, 64)))
