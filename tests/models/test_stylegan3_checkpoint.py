"""Checkpoints of StyleGAN3: written and read as all others are, and refused as they are."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
import torch
from safetensors.torch import save_file
from tiny import WIDTHS as STYLEGAN2_WIDTHS
from tiny import generator as stylegan2
from tiny import manifest
from tiny3 import SHORT, WIDTHS, R, T, generator

from models.architectures import Architecture, StyleGAN2
from models.canvas import Canvas, canvas_of
from models.checkpoint import METADATA_KEY, CheckpointError, load_checkpoint, save_checkpoint
from models.networks import Widths
from models.sampling import draw
from models.stylegan3.layout import StyleGAN3


def told(design: Architecture, **changes: Any) -> Any:
    """The manifest of a tiny network, 16 px."""
    usual = {"canvas": canvas_of(16, 16), "widths": WIDTHS, "architecture": design}
    return manifest(**{**usual, **changes})


@pytest.mark.parametrize("design", [T, R, SHORT], ids=["T", "R", "short"])
def test_a_round_trip_keeps_everything(design: StyleGAN3, tmp_path: Path) -> None:
    path, made = tmp_path / "model.safetensors", generator(design)
    save_checkpoint(path, made, told(design))
    read, read_manifest, _ = load_checkpoint(path)
    assert read_manifest == told(design)
    assert read.state_dict().keys() == made.state_dict().keys()
    z = torch.randn(2, 8)
    assert torch.equal(read(z), made(z))
    assert not read.training and not any(p.requires_grad for p in read.parameters())
    assert torch.equal(draw(read, 3, seed=1), draw(made, 3, seed=1))


def test_a_checkpoint_from_before_has_the_architecture_of_then(tmp_path: Path) -> None:
    path = tmp_path / "old.safetensors"
    old = msgspec.to_builtins(manifest())
    del old["architecture"], old["origin"]
    del old["widths"]["own_channels"], old["widths"]["classes"], old["widths"]["clamp"]
    weights = {name: tensor.contiguous() for name, tensor in stylegan2().state_dict().items()}
    save_file(weights, path, metadata={METADATA_KEY: msgspec.json.encode(old).decode()})
    read, read_manifest, _ = load_checkpoint(path)
    assert read_manifest == manifest() and read_manifest.architecture == StyleGAN2()
    assert read.widths == STYLEGAN2_WIDTHS


def refusal(path: Path, manifest_told: object) -> str:
    """The sentence with which the weights of a tiny T are refused under another manifest."""
    weights = {name: tensor.contiguous() for name, tensor in generator().state_dict().items()}
    save_file(weights, path, metadata={METADATA_KEY: msgspec.json.encode(manifest_told).decode()})
    with pytest.raises(CheckpointError) as error:
        load_checkpoint(path)
    assert str(error.value).startswith(f"{path}: ") and "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize(
    "changes",
    [
        {"architecture": StyleGAN3(num_layers=1 << 40)},
        {"architecture": StyleGAN3(margin_px=1 << 40)},
        {"architecture": StyleGAN3(taps=1 << 40)},
        {"architecture": StyleGAN3(first_stopband=1e300)},
        {"canvas": Canvas(4, 8, 2)},
        {"canvas": Canvas(4, 4, 60)},
        {"widths": Widths(channel_base=1 << 60)},
    ],
    ids=str,
)
def test_absurd_sizes_are_refused_before_memory_is_taken(
    changes: dict[str, Any], tmp_path: Path
) -> None:
    path = tmp_path / "model.safetensors"
    assert "out of range" in refusal(path, told(T, **changes))


def test_another_network_than_the_manifest_tells_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    assert "lacks" in refusal(path, told(SHORT))
    assert "down_filter has the shape (12,) instead of (12, 12)" in refusal(path, told(R))
    assert "disagree" in refusal(path, told(StyleGAN2()))
    largest = Widths(1 << 20, 4096, 4096, 4096, 16)
    huge = StyleGAN3(num_layers=64)
    largest_told = told(huge, widths=largest, canvas=canvas_of(2048, 2048))
    assert "instead of (4096,)" in refusal(path, largest_told)


@pytest.mark.parametrize(
    "architecture", [{"type": "stylegan4"}, {"type": "stylegan3", "deep": 1}, {}, "stylegan3", None]
)
def test_an_unknown_architecture_is_refused(architecture: object, tmp_path: Path) -> None:
    other = msgspec.to_builtins(told(T)) | {"architecture": architecture}
    assert "manifest is damaged" in refusal(tmp_path / "model.safetensors", other)
