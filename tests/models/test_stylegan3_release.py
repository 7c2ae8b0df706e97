"""Reading a released StyleGAN3: the network is found in its values and shapes, or refused."""

import re
from typing import Any

import msgspec
import pytest
import torch
from tiny3 import SHORT, WIDTHS, R, T, generator
from torch import Tensor

from models.networks import Widths
from models.stylegan3.layout import StyleGAN3
from models.stylegan3.release import ReleaseError, read_release

# As the release calls what no shape tells.
SHORT_VALUES = {"num_critical": 1, "margin_size": 3, "conv_clamp": None, "output_scale": 1}


def weights(design: StyleGAN3 = T, **changes: Any) -> dict[str, Tensor]:
    """The weights of a tiny network, 16 px."""
    return generator(design, **changes).state_dict()


@pytest.mark.parametrize("design", [T, R], ids=["T", "R"])
@pytest.mark.parametrize(("size_px", "channel_base"), [(16, 480), (64, 1024)])
def test_shapes_alone_tell_a_network_of_the_usual_values(
    design: StyleGAN3, size_px: int, channel_base: int
) -> None:
    widths = Widths(channel_base, 30, z_dim=8, w_dim=12, mapping_layers=3, clamp=256.0)
    made = generator(design, size_px, widths)
    read = read_release({}, made.state_dict())
    assert (read.design, read.canvas, read.widths) == (design, made.canvas, widths)
    z = torch.randn(2, 8)
    assert torch.equal(read(z), made(z))
    assert not read.training and not any(p.requires_grad for p in read.parameters())


def test_other_values_are_taken_from_how_it_was_made() -> None:
    told = {**SHORT_VALUES, "channel_base": 256, "z_dim": 8, "magnitude_ema_beta": 0.999}
    made = generator(SHORT)
    read = read_release(told, made.state_dict())
    assert read.design == SHORT and read.widths == WIDTHS
    z = torch.randn(2, 8)
    assert torch.equal(read(z), made(z))


def test_without_them_it_is_refused_rather_than_drawn_wrongly() -> None:
    with pytest.raises(ReleaseError, match="no StyleGAN3 as released"):
        read_release({}, weights(SHORT))


def test_a_grey_network_gets_three_equal_colours() -> None:
    made = generator()
    grey = {
        name.replace("L14_16_3", "L14_16_1"): t[:1] if "16_3.w" in name or "16_3.b" in name else t
        for name, t in made.state_dict().items()
    }
    z = torch.randn(2, 8)
    torch.testing.assert_close(read_release({}, grey)(z), made(z)[:, :1].expand(-1, 3, -1, -1))


def test_half_precision_is_read_as_float() -> None:
    halves = {name: tensor.half() for name, tensor in weights().items()}
    assert {t.dtype for t in read_release({}, halves).state_dict().values()} == {torch.float32}


@pytest.mark.parametrize(
    "missing", ["mapping.fc0.weight", "synthesis.L0_36_17.weight", "synthesis.input.freqs"]
)
def test_a_missing_part_is_named(missing: str) -> None:
    told = weights()
    del told[missing]
    with pytest.raises(ReleaseError, match=r"StyleGAN3") as refused:
        read_release({}, told)
    assert re.search("L0_|mapping.fc0|freqs", str(refused.value))
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("name", ["synthesis.L3_36_17.bias", "mapping.fc1.weight", "mapping.w_avg"])
def test_a_part_of_another_shape_is_named(name: str) -> None:
    with pytest.raises(ReleaseError, match=re.escape(f"{name} is (3, 3, 3) instead of (")):
        read_release({}, weights() | {name: torch.zeros(3, 3, 3)})


@pytest.mark.parametrize("shape", [(), (3,), (3, 3, 3), (0, 8), (8, 0)], ids=str)
@pytest.mark.parametrize(
    "name",
    ["mapping.fc0.weight", "synthesis.input.weight", "synthesis.L0_36_17.weight"],
)
def test_shapes_that_tell_nothing_are_refused(name: str, shape: tuple[int, ...]) -> None:
    with pytest.raises(ReleaseError):
        read_release({}, weights() | {name: torch.zeros(shape)})


def test_a_network_with_classes_tells_how_many_and_how_long_its_z_is() -> None:
    made = generator(widths=msgspec.structs.replace(WIDTHS, classes=4, clamp=256.0))
    read = read_release({}, made.state_dict())
    assert read.widths == made.widths and read.widths.z_dim == 8
    z, shares = torch.randn(4, 8), torch.eye(4)
    assert torch.equal(read.mapping(z, shares), made.mapping(z, shares))


def test_a_class_that_leaves_no_room_for_z_is_refused() -> None:
    told = weights() | {"mapping.embed.weight": torch.zeros(12, 4)}
    with pytest.raises(ReleaseError, match=r"mapping\.fc0\.weight has no room for z"):
        read_release({}, told)


@pytest.mark.parametrize(
    "values",
    [
        {"num_critical": "two"},
        {"num_critical": 1 << 60},
        {"margin_size": 1 << 60},
        {"filter_size": 1 << 60},
        {"filter_size": [6]},
        {"conv_clamp": "much"},
        {"first_cutoff": 0},
        {"channel_base": "much"},
        {"channel_base": None},
        {"channel_base": 1 << 2000},
        {"channel_base": torch.zeros(2)},
        {"conv_clamp": torch.zeros(2)},
        {"first_cutoff": 1 << 2000},
        {"lrelu_upsampling": 0},
    ],
    ids=lambda values: str(values)[:30],
)
def test_absurd_values_are_refused(values: dict[str, object]) -> None:
    with pytest.raises(ReleaseError):
        read_release(values, weights())


def test_what_is_something_else_is_refused() -> None:
    for told in ({}, {"synthesis.b4.const": torch.zeros(4, 4, 4)}, {"synthesis.L0_1_1.weight": 0}):
        with pytest.raises(ReleaseError, match="has not the parts"):
            read_release({}, told)  # type: ignore[arg-type]
