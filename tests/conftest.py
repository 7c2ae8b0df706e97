"""What many tests share: folders of their own, and a tiny model with random weights."""

import importlib.util
import os
from pathlib import Path

os.environ.setdefault("SDL_VIDEODRIVER", "dummy")
os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")

import pytest

from tests.import_graph import needs_torch

WITH_TORCH = importlib.util.find_spec("torch") is not None
if WITH_TORCH:
    from tests.tiny_model import make_engine, ordinary_numbers, runtime

    __all__ = ["make_engine", "ordinary_numbers", "runtime"]


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Where torch is not installed, as in CI on further Pythons, the tests without it still run."""
    if WITH_TORCH or collection_path.suffix != ".py":
        return None
    return needs_torch(collection_path) or None


@pytest.fixture(autouse=True, scope="session")
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Leave the cache, patches and state of the user alone, in the processes of live tests too."""
    os.environ["XDG_CACHE_HOME"] = str(tmp_path_factory.mktemp("cache"))
    os.environ["XDG_CONFIG_HOME"] = str(tmp_path_factory.mktemp("config"))
    os.environ["XDG_STATE_HOME"] = str(tmp_path_factory.mktemp("state"))
