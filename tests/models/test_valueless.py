"""Networks without values: the same shapes, no memory, and no compiler imported for them."""

import subprocess
import sys
from pathlib import Path

import pytest
import tiny3
import torch
from tiny import CANVAS, WIDTHS, generator

from models.architectures import StyleGAN2, make_generator
from models.canvas import Canvas
from models.networks import Widths
from models.valueless import without_values

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("made", [generator(), tiny3.generator()], ids=["stylegan2", "stylegan3"])
def test_shapes_are_those_of_a_network_with_values(made: torch.nn.Module) -> None:
    architecture = getattr(made, "design", StyleGAN2())
    with without_values():
        empty = make_generator(made.canvas, made.widths, architecture)
    expected = {name: tensor.shape for name, tensor in made.state_dict().items()}
    assert {name: tensor.shape for name, tensor in empty.state_dict().items()} == expected
    assert all(parameter.is_meta for parameter in empty.parameters())


def test_the_largest_take_no_memory() -> None:
    widths = Widths(channel_base=1 << 20, channel_max=4096, z_dim=4096, w_dim=4096, classes=1 << 16)
    with without_values():
        huge = make_generator(Canvas(32, 32, 5), widths, StyleGAN2())
    large = [tensor for tensor in huge.state_dict().values() if tensor.numel() > 100]
    assert sum(tensor.numel() for tensor in large) > 2**30 and all(t.is_meta for t in large)


def test_afterwards_tensors_have_values_again() -> None:
    with without_values():
        make_generator(CANVAS, WIDTHS, StyleGAN2())
    assert not torch.zeros(2).is_meta and float(torch.ones(1) / 2) == 0.5


def test_a_model_is_read_without_torchs_compiler() -> None:
    code = (
        "import sys; from models.checkpoint import load_checkpoint; from pathlib import Path;"
        "load_checkpoint(Path('models/starter.safetensors')); print('torch._dynamo' in sys.modules)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert ended.stdout.split() == ["False"]
