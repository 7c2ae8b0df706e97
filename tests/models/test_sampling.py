"""Pictures by a seed: the same ones each time, and of every class as many."""

import msgspec
import pytest
import tiny
import tiny3
import torch

from models.architectures import AnyGenerator
from models.sampling import draw, to_bytes


@pytest.mark.parametrize("module", [tiny, tiny3], ids=["StyleGAN2", "StyleGAN3"])
@pytest.mark.parametrize(
    ("classes", "expected"), [(3, [0, 0, 1, 1, 2, 2]), (12, [0, 2, 4, 6, 8, 10])]
)
def test_a_model_with_classes_draws_each_as_often(
    module: object, classes: int, expected: list[int]
) -> None:
    widths = msgspec.structs.replace(module.WIDTHS, classes=classes)  # type: ignore[attr-defined]
    made: AnyGenerator = module.generator(widths=widths)  # type: ignore[attr-defined]
    z = torch.randn(6, widths.z_dim, generator=torch.Generator().manual_seed(2))
    one_by_one = made.mapping(z, torch.eye(classes)[expected])
    pictures = made.synthesis(one_by_one[:, None].expand(-1, made.num_ws, -1))
    found = draw(made, 6, seed=2, batch=4)
    assert int((found.int() - to_bytes(pictures).int()).abs().max()) <= 1
    assert int((found.int() - draw(made, 6, seed=3).int()).abs().max()) > 1
