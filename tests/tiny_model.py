"""A tiny model with random weights, and a patch that holds still: fixtures of conftest.py."""

from collections.abc import Callable, Iterator

import pytest
import torch

from models.canvas import Canvas
from models.networks import Generator, Widths
from models.runtime import Runtime
from performer.engine import Engine
from performer.schema import Patch

torch.set_num_threads(1)  # more only wait for each other on pictures this small

TINY = Widths(channel_base=64, channel_max=16, z_dim=8, w_dim=8, mapping_layers=2)


@pytest.fixture(autouse=True)
def ordinary_numbers() -> Iterator[None]:
    """A command run in this process may have set its arithmetic; the next test has the usual."""
    yield
    torch.set_flush_denormal(False)


@pytest.fixture(scope="session")
def runtime() -> Runtime:
    """A 16x32 model whose every weight counts."""
    torch.manual_seed(3)
    generator = Generator(Canvas(4, 8, 2), TINY)
    for name, parameter in generator.named_parameters():
        if name.endswith(("noise_strength", "conv0.bias", "conv1.bias")):
            torch.nn.init.normal_(parameter, std=0.3)
    generator.mapping.track_average(generator.mapping(torch.randn(512, 8)), beta=0.0)
    return Runtime(generator, torch.device("cpu"))


def still_patch(**changes: object) -> Patch:
    """A patch in which nothing moves by itself."""
    fields: dict[str, object] = {
        "name": "still",
        "about": "",
        "model": "starter",
        "start": {"walk.speed": 0.0, "walk.reach": 0.0, "glide": 0.0},
        "bindings": (),
        "modulators": (),
        "scenes": {},
    }
    return Patch(**(fields | changes))  # type: ignore[arg-type]


@pytest.fixture
def make_engine(runtime: Runtime) -> Callable[..., Engine]:
    """An engine on the tiny model; keyword arguments change the still patch."""

    def make(**changes: object) -> Engine:
        return Engine(runtime, still_patch(**changes))

    return make
