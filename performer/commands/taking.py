"""Takes in a show: what they begin with, and how an engine begins alike in show and render."""

import time
from pathlib import Path

import torch

from models.checkpoint import sha256_of
from models.engines import describe_engine
from performer import __version__
from performer.commands.instrument import Instrument, warm_up
from performer.engine import Engine
from performer.flight import Latency
from performer.paths import STARTER_MODEL
from performer.schema import STARTER
from performer.takes import Head


def begin(
    instrument: Instrument, seed: int | None, recording: bool, latency: Latency = "low"
) -> Engine:
    """An engine that is ready for its first frame."""
    engine = instrument.engine(seed, latency)
    engine.controls.set("record", float(recording))
    if instrument.manner is not None and instrument.manner.after_s is not None:
        engine.controls.set("autopilot.after", instrument.manner.after_s)
    warm_up(engine)
    return engine


def head_of(instrument: Instrument, seed: int | None, recording: bool) -> Head:
    """What a take of this instrument begins with; reads the whole model."""
    texts, model, manner = instrument.texts, instrument.model, instrument.manner
    return Head(
        patch_file=texts.patch_file,
        patch=texts.patch,
        controllers=texts.controllers,
        model=STARTER if model == STARTER_MODEL else str(model.resolve()),
        model_sha256=sha256_of(model),
        follows=instrument.run is not None,
        seed=seed,
        recording=recording,
        engine=describe_engine(instrument.runtime),
        performer=__version__,
        torch=str(torch.__version__),
        gestures=str(manner.file.resolve()) if manner else "",
        gestures_sha256=manner.sha256 if manner else "",
        after_s=manner.after_s if manner else None,
    )


def free_name(stem: str, suffix: str) -> Path:
    """A name in the current folder that no file has, with the time of day."""
    begin = Path(f"{plain(stem)}-{time.strftime('%Y%m%d-%H%M%S')}{suffix}")
    return numbered(begin)


def numbered(path: Path) -> Path:
    """The path, or the first of `NAME-2`, `NAME-3`... that no file has."""
    found, number = path, 1
    while found.exists():
        number += 1
        found = path.with_name(f"{path.stem}-{number}{path.suffix}")
    return found


def plain(text: str) -> str:
    """A text as a part of a file's name."""
    kept = "".join(c if c.isalnum() else "-" for c in text.lower())
    return kept.strip("-")[:40] or "show"
