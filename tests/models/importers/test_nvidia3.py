"""Files of a released StyleGAN3, T and R, become models of ours, or are refused in a sentence."""

from pathlib import Path
from typing import Any

import foreign
import msgspec
import pytest
import tiny3
import torch
from tiny3 import SHORT, R, T
from torch import Tensor
from watching import nothing_runs

from models.checkpoint import load_checkpoint
from models.importers.importing import convert, read_model
from models.importers.refusal import ImporterError
from models.networks import Discriminator
from models.stylegan3.layout import StyleGAN3
from models.stylegan3.networks import Generator

WIDTHS = msgspec.structs.replace(tiny3.WIDTHS, clamp=256.0)
SHORT_VALUES = {"num_critical": 1, "margin_size": 3, "conv_clamp": 0.5, "output_scale": 1}


def written(path: Path, made: Generator | dict[str, Tensor], **told: Any) -> Path:
    return foreign.official(path / "x.pkl", made, **told)


def refusal(path: Path) -> str:
    with pytest.raises(ImporterError) as error:
        convert(path, path.with_suffix(".safetensors"), "")
    sentence = str(error.value)
    assert sentence.startswith(f"{path}: ") and "\n" not in sentence
    assert not path.with_suffix(".safetensors").exists()
    return sentence


@pytest.mark.parametrize(("design", "name"), [(T, "T"), (R, "R")])
@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_each_configuration_draws_its_own_picture(
    design: StyleGAN3, name: str, protocol: int, tmp_path: Path
) -> None:
    original = tiny3.generator(design, widths=WIDTHS)
    path = written(tmp_path, original, protocol=protocol, values={"channel_base": 256})
    with nothing_runs():
        found = read_model(path)
    made, judging = found.networks()
    assert judging is None and found.program == f"StyleGAN3-{name} by NVIDIA, PyTorch"
    assert isinstance(made, Generator) and (made.design, made.widths) == (design, WIDTHS)
    z = torch.randn(2, 8)
    assert torch.equal(made(z), original(z))


def test_the_model_tells_its_architecture_and_classes(tmp_path: Path) -> None:
    original = tiny3.generator(SHORT, widths=msgspec.structs.replace(WIDTHS, classes=3, clamp=0.5))
    critic = Discriminator(original.canvas, original.widths).requires_grad_(False)
    values = {**SHORT_VALUES, "channel_base": 256}
    path, out = written(tmp_path, original, discriminator=critic, values=values), tmp_path / "m"
    convert(path, out.with_suffix(".safetensors"), "")
    made, manifest, _ = load_checkpoint(out.with_suffix(".safetensors"))
    assert manifest.architecture == SHORT and manifest.widths == original.widths
    assert sorted(file.name for file in tmp_path.iterdir()) == ["m.safetensors", "x.pkl"]
    z, shares = torch.randn(3, 8), torch.eye(3)
    w = made.mapping(z, shares)
    assert torch.equal(w, original.mapping(z, shares))
    ws = w[:, None].expand(-1, made.num_ws, -1)
    assert torch.equal(made.synthesis(ws), original.synthesis(ws))


def test_another_learning_rate_of_the_mapping(tmp_path: Path) -> None:
    original = tiny3.generator(widths=WIDTHS)
    told = {f"mapping.fc{i}": {"bias_gain": 0.02} for i in range(2)}
    state = original.state_dict()
    halved = {n: t / 2 if n.startswith("mapping.fc") else t for n, t in state.items()}
    made, _ = read_model(written(tmp_path, halved, attributes=told)).networks()
    z = torch.randn(2, 8)
    torch.testing.assert_close(made(z), original(z), rtol=1e-5, atol=1e-5)


def test_weights_that_share_memory_or_are_halves_are_written_too(tmp_path: Path) -> None:
    state = tiny3.generator(widths=WIDTHS).state_dict()
    biases = [name for name in state if name.endswith("36_17.bias")]
    state |= dict.fromkeys(biases, state[biases[0]]) | {"mapping.w_avg": torch.ones(12).half()}
    convert(written(tmp_path, state), tmp_path / "y.safetensors", "")
    assert load_checkpoint(tmp_path / "y.safetensors").generator.mapping.w_avg.tolist() == [1] * 12


def changed(**changes: Tensor | None) -> dict[str, Tensor]:
    """A generator's weights; None takes one away."""
    state = {**tiny3.generator(widths=WIDTHS).state_dict(), **changes}
    return {name: tensor for name, tensor in state.items() if tensor is not None}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"mapping.fc0.weight": None}, "mapping.fc0.weight"),
        ({"synthesis.input.freqs": None}, "synthesis.input.freqs is nothing instead of"),
        (
            {"synthesis.more\n[b]": torch.zeros(2)},
            r"synthesis.more\n[b] is (2,) instead of nothing",
        ),
        ({"synthesis.input.phases": torch.full((17,), torch.nan)}, "NaN or infinite"),
        ({"mapping.embed.weight": torch.zeros(12, 3)}, "no room for z"),
    ],
)
def test_a_network_that_is_not_ours_is_refused(
    changes: dict[str, Tensor | None], words: str, tmp_path: Path
) -> None:
    assert words in refusal(written(tmp_path, changed(**changes)))


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"num_critical": 3}, "instead of"),
        ({"margin_size": 1 << 40}, "out of range"),
        ({"channel_base": 1 << 2000}, "has not the parts"),
        ({"channel_base": torch.zeros(2)}, "has not the parts"),
        ({"conv_clamp": torch.zeros(2)}, "has not the parts"),
        ({"conv_clamp": float("nan")}, "cannot be played"),
        ({"conv_clamp": -1}, "cannot be played"),
    ],
    ids=lambda told: str(told)[:30],
)
def test_values_that_no_network_was_made_with_are_refused(
    values: dict[str, Any], words: str, tmp_path: Path
) -> None:
    assert words in refusal(written(tmp_path, tiny3.generator(widths=WIDTHS), values=values))


def test_a_generator_of_another_kind_is_told_what_is_known(tmp_path: Path) -> None:
    path = written(tmp_path, {"mapping.w": torch.ones(2), "synthesis.x": torch.ones(2)})
    assert "none of the models that can be imported" in refusal(path)
