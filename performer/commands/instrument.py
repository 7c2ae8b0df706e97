"""A patch and its model, loaded, checked and ready to play."""

import gc
import logging
from dataclasses import dataclass, replace
from pathlib import Path

from models.checkpoint import Manifest, load_checkpoint
from models.device import pick_device, prepare
from models.engines import AnyRuntime, runtime_for
from performer.bends import Bend
from performer.commands.manner import Manner
from performer.engine import Engine
from performer.flight import Latency
from performer.patch import PatchError, model_path, parse_controller, parse_patch
from performer.paths import CONTROLLERS, STARTER_MODEL, model_file, what_to_play
from performer.schema import Controller, Patch
from performer.toml_files import read_text


@dataclass(frozen=True, slots=True)
class Texts:
    """The files that say how the instrument is played, as they were read; profiles by name."""

    patch_file: str
    patch: str
    controllers: dict[str, str]


REHEARSED = 16
BENT = (0, 8)  # a bend of values, and one of places


@dataclass(frozen=True, slots=True)
class Instrument:
    """All that is read from files before the show.

    `file` is the patch's, `run` the folder of the model's run; `model_is_asked` says that the
    player named the model, so that it is not the patch's. `manner` is the autopilot's.
    """

    patch: Patch
    manifest: Manifest
    model: Path
    runtime: AnyRuntime
    controllers: tuple[Controller, ...]
    run: Path | None
    texts: Texts
    file: Path = Path()
    model_is_asked: bool = True
    manner: Manner | None = None

    def engine(self, seed: int | None = None, latency: Latency = "low") -> Engine:
        """A fresh engine."""
        return Engine(
            self.runtime,
            self.patch,
            controllers=self.controllers,
            seed=seed,
            latency=latency,
            gestures=self.manner.player(seed or 0) if self.manner else None,
        )


def try_bending(runtime: AnyRuntime) -> None:
    """Bend a picture that nobody sees, so that the first one on stage takes no longer."""
    if runtime.pliant is not None:
        bends = [Bend(kind, 0.5, 0.5, 1) for kind in BENT]
        runtime.pliant.draw(runtime.w_avg.expand(runtime.num_ws, -1), 1.0, bends)


def load_instrument(
    what: str, model: Path | None, device: str, played: str | None = None
) -> Instrument:
    """Read everything; raises the reader's error, one sentence, when something is wrong.

    `played` is the text of the patch that was played before: it stands in for a broken file.
    """
    path, model = what_to_play(what, model)
    profiles = {file.name: read_text(file) for file in sorted(CONTROLLERS.glob("*.toml"))}
    text, patch = _read_patch(path, played)
    texts = Texts(path.name, text, profiles)
    asked = model or model_path(patch, path) or STARTER_MODEL
    made = assemble(texts, model_file(asked), asked if asked.is_dir() else None, device)
    return replace(made, file=path, model_is_asked=model is not None)


def _read_patch(path: Path, played: str | None) -> tuple[str, Patch]:
    try:
        text = read_text(path)
        return text, parse_patch(text, path)
    except PatchError as error:
        if played is None:
            raise
        logging.getLogger(__name__).warning("%s; the patch plays as before", error)
        return played, parse_patch(played, path)


def assemble(texts: Texts, file: Path, run: Path | None, device: str) -> Instrument:
    """The instrument of some texts and a model; raises the reader's error, one sentence.

    `run` is the folder whose newer models are to be taken as they come.
    """
    patch = parse_patch(texts.patch, Path(texts.patch_file))
    controllers = tuple(
        parse_controller(text, Path(name)) for name, text in texts.controllers.items()
    )
    chosen = pick_device(device)
    prepare(chosen)
    loaded = load_checkpoint(file)
    name = loaded.manifest.name or file.stem
    if run is not None:
        log = logging.getLogger(__name__)
        log.info("torch plays %s, whose weights drift to those of each new snapshot", name)
    runtime = runtime_for(
        loaded.generator, chosen, loaded.directions, name=name, moves=run is not None
    )
    try_bending(runtime)
    return Instrument(patch, loaded.manifest, file, runtime, controllers, run, texts)


def describe_model(manifest: Manifest, path: Path) -> str:
    """A model's name, and how long it was trained."""
    name = manifest.name or path.stem
    return f"{name} at {manifest.kimg:.1f} kimg" if manifest.kimg else name


def warm_up(engine: Engine) -> None:
    """Draw two frames nobody sees, and the small pictures of the first cues.

    What lives now stays out of the collector's way.
    """
    for _ in range(2):
        engine.frame(0.0, 0.0, ())
    for _ in range(REHEARSED):
        engine.rehearse()
    gc.collect()
    gc.freeze()
