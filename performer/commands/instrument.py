"""A patch and its model, loaded, checked and ready to play."""

import gc
from dataclasses import dataclass
from pathlib import Path

from models.checkpoint import Manifest, load_checkpoint
from models.device import pick_device, prepare
from models.runtime import Runtime
from performer.engine import Engine
from performer.patch import load_controller, load_patch, model_path
from performer.paths import CONTROLLERS, STARTER_MODEL, model_file, patch_path
from performer.schema import Controller, Patch


@dataclass(frozen=True, slots=True)
class Instrument:
    """All that is read from files before the show."""

    patch: Patch
    manifest: Manifest
    model: Path
    runtime: Runtime
    controllers: tuple[Controller, ...]

    def engine(self, seed: int | None = None) -> Engine:
        """A fresh engine."""
        return Engine(self.runtime, self.patch, controllers=self.controllers, seed=seed)


def load_controllers() -> tuple[Controller, ...]:
    """The profiles of all known devices."""
    return tuple(load_controller(path) for path in sorted(CONTROLLERS.glob("*.toml")))


def load_instrument(patch_name: str, model: Path | None, device: str) -> Instrument:
    """Read everything; raises the reader's error, one sentence, when something is wrong."""
    path = patch_path(patch_name)
    patch = load_patch(path)
    controllers = load_controllers()
    model = model_file(model or model_path(patch, path) or STARTER_MODEL)
    chosen = pick_device(device)
    prepare(chosen)
    generator, manifest = load_checkpoint(model)
    return Instrument(patch, manifest, model, Runtime(generator, chosen), controllers)


def warm_up(engine: Engine) -> None:
    """Draw two frames nobody sees, and keep what lives now out of the collector's way."""
    for _ in range(2):
        engine.frame(0.0, 0.0, ())
    gc.collect()
    gc.freeze()
