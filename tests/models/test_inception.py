"""Inception v3: the network that the usual files fit, its features, and the files it refuses."""

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from random_inception import random_state, shapes
from safetensors.torch import save_file
from tiny import images
from torch import Tensor

from models.canvas import parse_size
from models.checkpoint import CheckpointError
from models.importers.refusal import ImporterError
from models.inception import LENGTH, Inception, extract
from models.inception_weights import load_inception
from models.metrics import MetricsError

State = dict[str, Tensor]
FIRST = "Conv2d_1a_3x3.conv.weight"
# From the code of pytorch-fid 0.3.0 (torchvision's beneath it), with the same weights and image.
PLACES = [0, 319, 320, 703, 704, 1087, 1088, 1471, 1472, 1855, 1856, 2047]
PUBLISHED = [1.9136, 0, 0.9157, 2.0587, 1.174, 1.2188, 0.0766, 0.0064, 0.0288, 1.1457, 0.1064, 0.2259]  # fmt: skip  # noqa: E501
NAMES_SHA256 = "e22ffc91a09f7caa1af2ce051c7ddf26018012910da85827a0b035b343f00177"


@pytest.fixture(scope="module")
def state() -> State:
    return random_state()


@pytest.fixture(scope="module")
def network(state: State, tmp_path_factory: pytest.TempPathFactory) -> Inception:
    path = tmp_path_factory.mktemp("inception") / "weights.pth"
    torch.save(state, path)
    loaded = load_inception(path)
    path.unlink()
    return loaded


@pytest.fixture
def write(tmp_path: Path) -> Iterator[Callable[[Any, str], Path]]:
    """Writes a file, which is removed again: each is large."""

    def write(tree: Any, name: str) -> Path:
        path = tmp_path / name
        if path.suffix == ".safetensors":
            save_file(tree, path)
        else:
            torch.save(tree, path, _use_new_zipfile_serialization=path.suffix == ".pth")
        return path

    yield write
    for path in tmp_path.iterdir():
        path.unlink()


def test_names_and_shapes_are_those_of_the_usual_files() -> None:
    """The hash is of torchvision's, without the classifiers and the counters."""
    lines = sorted(f"{name} {shape}" for name, shape in shapes().items())
    assert hashlib.sha256("\n".join(lines).encode()).hexdigest() == NAMES_SHA256


def test_features_are_those_of_the_published_code(network: Inception) -> None:
    drawn = images(parse_size("64x40"), count=2)
    features = extract(network, [drawn])
    assert features.shape == (2, LENGTH) and features.dtype == torch.float32
    assert features[0, PLACES].tolist() == pytest.approx(PUBLISHED, abs=2e-4)
    in_parts = extract(network, drawn.split(1))
    torch.testing.assert_close(in_parts, features, rtol=1e-4, atol=1e-4)


def test_the_smallest_picture(network: Inception) -> None:
    assert network(torch.zeros(1, 3, 75, 75)).shape == (1, LENGTH)


@pytest.mark.parametrize("name", ["w.safetensors", "w.pth", "old.pt"])
def test_each_format_gives_the_same_network(
    name: str, state: State, network: Inception, write: Callable[[Any, str], Path]
) -> None:
    """What the usual files hold besides is left aside; the classifier tells whose they are."""
    besides = {
        "AuxLogits.conv0.conv.weight": torch.zeros(2, 2),
        "Mixed_5b.branch1x1.bn.num_batches_tracked": torch.tensor(7),
        "fc.weight": torch.zeros(1000, LENGTH),
    }
    loaded = load_inception(write(state | besides, name))
    assert (loaded.classes, network.classes) == (1000, 1008)
    assert not loaded.training
    for ours, theirs in zip(loaded.parameters(), network.parameters(), strict=True):
        assert torch.equal(ours, theirs) and not ours.requires_grad


@pytest.mark.parametrize(
    "changes, sentence",
    [
        ({FIRST: torch.zeros(32, 3, 3)}, r"has the shape \(32, 3, 3\) instead of \(32, 3, 3, 3\)"),
        ({FIRST: torch.zeros(32, 3, 3, 3, dtype=torch.int32)}, "is of the type torch.int32"),
        ({"Mixed_8a.\x1b[2J": torch.zeros(1)}, r"no weights of Inception v3.* Mixed_8a.\\x1b\[2J$"),
        ({"Conv2d_1a_3x3.bn.running_var": -torch.ones(32)}, "NaN or infinite"),
        ({"Conv2d_1a_3x3.bn.bias": torch.full((32,), torch.inf)}, "NaN or infinite"),
    ],
)
def test_wrong_weights_are_refused(
    changes: State, sentence: str, state: State, write: Callable[[Any, str], Path]
) -> None:
    path = write(state | changes, "wrong.safetensors")
    with pytest.raises(CheckpointError, match=sentence) as error:
        load_inception(path)
    assert str(error.value).startswith(f"{path}: ") and "\n" not in str(error.value)


@pytest.mark.parametrize(
    "name, tree, sentence",
    [
        ("other.safetensors", {"x": torch.zeros(1)}, f"no weights of Inception v3.* {FIRST}"),
        ("other.pth", {"x": torch.zeros(1)}, f"no weights of Inception v3.* {FIRST}"),
        ("nested.pth", {"state": {"x": torch.zeros(1)}}, "it is not a table of tensors"),
        ("numbers.pth", [1, 2], "it is not a table of tensors"),
        ("weights.bin", {}, r"weights of Inception v3 are a .safetensors, .pth, .pt file"),
    ],
)
def test_other_files_are_refused(
    name: str, tree: Any, sentence: str, write: Callable[[Any, str], Path]
) -> None:
    with pytest.raises(CheckpointError, match=sentence):
        load_inception(write(tree, name))


def test_a_file_that_would_run_something_is_refused(write: Callable[[Any, str], Path]) -> None:
    with pytest.raises(ImporterError, match="torch.nn.modules.linear.Linear"):
        load_inception(write(torch.nn.Linear(1, 1), "module.pth"))


def test_weights_that_overflow_are_refused(state: State, write: Callable[[Any, str], Path]) -> None:
    changes = {
        f"Conv2d_{place}.bn.weight": torch.full((length,), 1e30)
        for place, length in (("1a_3x3", 32), ("2a_3x3", 32))
    }
    network = load_inception(write(state | changes, "huge.safetensors"))
    with pytest.raises(MetricsError, match="NaN or infinite features"):
        extract(network, [images(count=1)])
