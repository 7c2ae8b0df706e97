"""Files of each program become models of ours that draw the same pictures, or are refused."""

import hashlib
from pathlib import Path
from typing import Any

import foreign
import numpy as np
import pytest
import tiny
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from watching import nothing_runs

from models.checkpoint import load_checkpoint, load_tensors
from models.importers.importing import Imported, convert, import_model, read_model
from models.importers.refusal import ImporterError
from models.networks import Discriminator, Generator, Widths

CLASSED = Widths(64, 16, z_dim=16, w_dim=16, mapping_layers=2, classes=3)


def judge(seed: int = 1) -> Discriminator:
    torch.manual_seed(seed)
    made = Discriminator(tiny.CANVAS, tiny.WIDTHS).eval().requires_grad_(False)
    for name, tensor in made.state_dict().items():
        if name.endswith("bias"):
            tensor.add_(torch.randn_like(tensor))
    return made


def imported(path: Path) -> tuple[Generator, Discriminator | None]:
    """The networks out of a file."""
    with nothing_runs():
        found = read_model(path)
    return found.networks()


def refusal(path: Path) -> str:
    with pytest.raises(ImporterError) as error:
        convert(path, path.with_suffix(".safetensors"), "")
    sentence = str(error.value)
    assert sentence.startswith(f"{path}: ") and "\n" not in sentence
    assert not path.with_suffix(".safetensors").exists()
    return sentence


def assert_same(made: Generator, original: Generator, *, average: bool = True) -> None:
    """Equal weights, so equal pictures."""
    assert made.widths == original.widths and made.canvas == original.canvas
    for name, tensor in original.state_dict().items():
        if average or name != "mapping.w_avg":
            torch.testing.assert_close(made.state_dict()[name], tensor, rtol=1e-6, atol=1e-6)
    z = torch.randn(2, original.widths.z_dim)
    torch.testing.assert_close(made(z), original(z), rtol=0, atol=1e-5)


def assert_judges_alike(made: Discriminator | None, original: Discriminator) -> None:
    images = torch.randn(4, 3, 8, 8)
    assert made is not None
    torch.testing.assert_close(made(images), original(images), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_an_official_file(protocol: int, tmp_path: Path) -> None:
    original, critic = tiny.generator(), judge()
    path = foreign.official(tmp_path / "x.pkl", original, critic, protocol=protocol)
    made, made_critic = imported(path)
    assert_same(made, original)
    assert_judges_alike(made_critic, critic)


def test_an_official_file_with_classes(tmp_path: Path) -> None:
    original = tiny.generator(widths=CLASSED)
    path = foreign.official(tmp_path / "x.pkl", original, judge())
    made, _ = imported(path)
    assert_same(made, original)
    shares = torch.eye(3)
    z = torch.randn(1, 16).expand(3, -1)
    w = made.mapping(z, shares)
    assert torch.equal(w, original.mapping(z, shares)) and (w[0] - w[1]).abs().max() > 0.01


def grey(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Only the first of three channels."""
    return {n: t[:1] if ".torgb." in n and "affine" not in n and "filter" not in n else t
            for n, t in state.items()}  # fmt: skip


def test_a_grey_official_file_draws_grey(tmp_path: Path) -> None:
    original = tiny.generator()
    path = foreign.official(tmp_path / "x.pkl", grey(original.state_dict()))
    made, _ = imported(path)
    z = torch.randn(2, 16)
    first = original(z)[:, :1].expand(-1, 3, -1, -1)
    torch.testing.assert_close(made(z), first, rtol=0, atol=1e-5)


def test_a_grey_discriminator_judges_grey_alike(tmp_path: Path) -> None:
    """With one input a weight counts whole; with three it counts 3 ** -0.5."""
    critic = judge()
    weight = critic.b8.fromrgb.weight.data
    one = weight.sum(dim=1, keepdim=True) * 3**-0.5
    single = judge()
    single.b8.fromrgb.weight = torch.nn.Parameter(one, requires_grad=False)
    path = foreign.official(tmp_path / "x.pkl", tiny.generator(), single)
    _, made = imported(path)
    images = torch.randn(4, 1, 8, 8).expand(-1, 3, -1, -1)
    assert made is not None
    torch.testing.assert_close(made(images), critic(images), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("clamp", [0.5, 256])
def test_layers_that_are_cut_stay_cut(clamp: float, tmp_path: Path) -> None:
    told = {"synthesis.b4.conv1": {"conv_clamp": clamp}}
    path = foreign.official(tmp_path / "x.pkl", tiny.generator(), attributes=told)
    made, _ = imported(path)
    assert made.widths.clamp == clamp


def test_another_learning_rate_of_the_mapping(tmp_path: Path) -> None:
    original = tiny.generator()
    told = {f"mapping.fc{i}": {"bias_gain": 0.02} for i in range(2)}
    state = original.state_dict()
    halved = {n: t / 2 if n.startswith("mapping.fc") else t for n, t in state.items()}
    made, _ = imported(foreign.official(tmp_path / "x.pkl", halved, attributes=told))
    assert_same(made, original)


def test_channels_that_follow_no_formula(tmp_path: Path) -> None:
    widths = Widths(64, 16, z_dim=16, w_dim=16, mapping_layers=2, own_channels=(12, 7, 9))
    original = tiny.generator(tiny.canvas_of(16, 16), widths)
    path, out = foreign.official(tmp_path / "x.pkl", original), tmp_path / "y.safetensors"
    convert(path, out, "")
    made, manifest, _ = load_checkpoint(out)
    assert manifest.widths.own_channels == (12, 7, 9)
    z = torch.randn(2, 16)
    torch.testing.assert_close(made(z), original(z))


def test_without_noise_and_without_an_average(tmp_path: Path) -> None:
    original = tiny.generator()
    state = {n: t for n, t in original.state_dict().items() if "noise" not in n and "avg" not in n}
    made, _ = imported(foreign.official(tmp_path / "x.pkl", state))
    assert not made.synthesis.b8.conv0.noise_strength
    w = original.mapping(torch.randn(20_000, 16))
    assert (made.mapping.w_avg - w.mean(dim=0)).abs().max() < 0.05 * w.std()


@pytest.mark.parametrize("archive", [True, False])
def test_a_training_file_of_rosinality(archive: bool, tmp_path: Path) -> None:
    original, critic, path = tiny.generator(), judge(), tmp_path / "x.pt"
    told = foreign.training_file(original, critic)
    torch.save(told, path, _use_new_zipfile_serialization=archive)
    made, made_critic = imported(path)
    assert_same(made, original, average=False)
    assert_judges_alike(made_critic, critic)


def test_a_plain_file_of_rosinality(tmp_path: Path) -> None:
    original, path = tiny.generator(tiny.canvas_of(16, 16)), tmp_path / "x.pt"
    average = original.mapping.w_avg[None]
    torch.save({"g_ema": foreign.rosinality_state(original), "latent_avg": average}, path)
    assert_same(imported(path)[0], original)
    torch.save(foreign.rosinality_state(original), path)
    assert_same(imported(path)[0], original, average=False)


@pytest.mark.parametrize("protocol", [2, 3, 4])
@pytest.mark.parametrize("widths", [tiny.WIDTHS, CLASSED])
def test_a_tensorflow_file(protocol: int, widths: Widths, tmp_path: Path) -> None:
    original, critic = tiny.generator(tiny.canvas_of(8, 8), widths), judge()
    path = foreign.tensorflow(tmp_path / "x.pkl", original, critic, protocol=protocol)
    made, made_critic = imported(path)
    assert_same(made, original)
    assert_judges_alike(made_critic, critic)


def test_a_larger_tensorflow_file_numbers_its_noise_in_order(tmp_path: Path) -> None:
    original = tiny.generator(tiny.canvas_of(32, 32))
    assert_same(imported(foreign.tensorflow(tmp_path / "x.pkl", original, judge()))[0], original)


def changed(**changes: Tensor | None) -> dict[str, Tensor]:
    """A generator's weights; None takes one away."""
    state = {**tiny.generator().state_dict(), **changes}
    return {name: tensor for name, tensor in state.items() if tensor is not None}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"synthesis.b8.torgb.weight": None}, "its levels: 1"),
        ({"synthesis.b4.torgb.weight": None}, "skip architecture"),
        ({"synthesis.b8.conv0.weight": None}, "it misses synthesis.b8.conv0.weight"),
        ({"synthesis.b8.skip.weight": torch.zeros(1)}, "has an unknown synthesis.b8.skip.weight"),
        ({"synthesis.b4.const": torch.zeros(16, 40, 4)}, "constant of an unknown size"),
        ({"synthesis.b4.const": torch.zeros(16, 4)}, "strange shape (16, 4)"),
        ({"synthesis.b8.conv1.weight": torch.zeros(8, 8, 1, 1)}, "instead of"),
        ({"synthesis.b8.conv1.weight": torch.zeros(0, 8, 3, 3)}, "strange shape"),
        ({"mapping.fc1.weight": torch.full((16, 16), torch.nan)}, "NaN or infinite"),
        ({"mapping.fc0.weight": torch.zeros(32, 16)}, "instead of"),
        ({"mapping.embed.weight": torch.zeros(99, 3)}, "it misses mapping.embed.bias"),
        ({"synthesis.b4.torgb.weight": torch.zeros(4, 16, 1, 1)}, "pictures of 4 channels"),
        ({"synthesis.b8.resample_filter": torch.eye(4) / 4}, "another filter"),
    ],
)
def test_a_network_that_is_not_ours_is_refused(
    changes: dict[str, Tensor | None], words: str, tmp_path: Path
) -> None:
    assert words in refusal(foreign.official(tmp_path / "x.pkl", changed(**changes)))


@pytest.mark.parametrize(
    ("attributes", "words"),
    [
        ({"synthesis.b4": {"architecture": "resnet"}}, "skip architecture"),
        ({"synthesis.b4.conv1": {"activation": "relu"}}, "another activation"),
        ({"mapping.fc0": {"activation": torch.zeros(3)}}, "another activation"),
        ({"synthesis.b4.conv1": {"conv_clamp": -1.0}}, "cannot be played"),
        ({"synthesis.b4.conv1": {"conv_clamp": float("nan")}}, "cannot be played"),
        ({"mapping.fc0": {"bias_gain": float("inf")}}, "NaN or infinite"),
    ],
)
def test_what_the_weights_do_not_tell_is_looked_at(
    attributes: dict[str, dict[str, Any]], words: str, tmp_path: Path
) -> None:
    path = foreign.official(tmp_path / "x.pkl", tiny.generator(), attributes=attributes)
    assert words in refusal(path)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"nonlinearity": "relu"}, "another nonlinearity"),
        ({"architecture": "resnet"}, "another architecture"),
        ({"resample_kernel": [1, 2, 1]}, "another resample_kernel"),
        ({"resample_kernel": np.ones(3)}, "another resample_kernel"),
        ({"more": {"mapping/LabelConcat/weight": np.zeros((2, 3))}}, "joined to z"),
        ({"more": {"extra": np.zeros(2)}}, "has an unknown extra"),
        ({"more": {"extra": "text"}}, "a strange variable"),
    ],
)
def test_another_tensorflow_network_is_refused(
    options: dict[str, Any], words: str, tmp_path: Path
) -> None:
    path = foreign.tensorflow(tmp_path / "x.pkl", tiny.generator(), judge(), **options)
    assert words in refusal(path)


@pytest.mark.parametrize(
    "content",
    [b"", b"hello", b"\x89PNG\r\n\x1a\n", b"\x89HDF\r\n", b"{}" * 99],
)
def test_an_unknown_file_is_told_what_is_known(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x.bin"
    path.write_bytes(content)
    assert "known are StyleGAN2 by NVIDIA" in refusal(path)


def test_a_file_of_something_else_is_told_what_is_known(tmp_path: Path) -> None:
    path = tmp_path / "x.pt"
    for told in ({"state_dict": {"a": torch.zeros(2)}}, [1, 2], torch.zeros(3), {"g_ema": 1}):
        torch.save(told, path)
        assert "none of the models that can be imported" in refusal(path)


def test_a_discriminator_that_does_not_fit_is_left_out(tmp_path: Path) -> None:
    other = Discriminator(tiny.CANVAS, Widths(64, 8, z_dim=16, w_dim=16)).requires_grad_(False)
    assert imported(foreign.official(tmp_path / "x.pkl", tiny.generator(), other))[1] is None


def test_the_whole_way_in_a_process_of_its_own(tmp_path: Path) -> None:
    original, critic = tiny.generator(), judge()
    path, out = tmp_path / "my.old.pkl", tmp_path / "deep" / "new.safetensors"
    foreign.official(path, original, critic)
    told = import_model(path, out, "CC BY 4.0")
    assert isinstance(told, Imported) and told.model == str(out)
    made, manifest, _ = load_checkpoint(out)
    assert_same(made, original)
    assert manifest == told.manifest and manifest.name == "my.old" and manifest.origin
    assert manifest.origin.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (manifest.origin.file, manifest.origin.licence) == ("my.old.pkl", "CC BY 4.0")
    state, _ = load_tensors(Path(told.discriminator))
    assert told.discriminator == str(tmp_path / "deep" / "new.discriminator.safetensors")
    assert state.keys() == critic.state_dict().keys()
    with pytest.raises(ImporterError, match="is there already"):
        import_model(path, out, "")
    with pytest.raises(ImporterError, match=r"ends in \.safetensors"):
        import_model(path, tmp_path / "new.pkl", "")
    with pytest.raises(ImporterError, match="no such file"):
        import_model(tmp_path / "nowhere.pkl", tmp_path / "other.safetensors", "")


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    """A file of each .pkl kind."""
    path = tmp_path_factory.mktemp("good") / "x.pkl"
    writers = (foreign.official, foreign.tensorflow)
    return [write(path, tiny.generator(), judge()).read_bytes() for write in writers]


@settings(max_examples=40, deadline=None)
@given(
    flips=st.lists(st.tuples(st.integers(0, 1 << 20), st.integers(0, 255)), min_size=1, max_size=6),
    kind=st.integers(0, 1),
)
def test_a_damaged_file_is_imported_or_refused_but_nothing_else(
    flips: list[tuple[int, int]],
    kind: int,
    good: list[bytes],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    path = tmp_path_factory.getbasetemp() / "damaged.pkl"
    content = bytearray(good[kind])
    for at, value in flips:
        content[at % len(content)] = value
    path.write_bytes(content)
    try:
        with nothing_runs():
            read_model(path).networks()
    except ImporterError as error:
        assert "\n" not in str(error)
