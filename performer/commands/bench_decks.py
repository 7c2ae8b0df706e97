"""What `performer bench` measures of bends, blends, decks and a sketch: an engine for each."""

from collections.abc import Iterator

import msgspec

from models.bending_operations import KINDS
from models.engines import AnyRuntime
from performer.engine import Engine
from performer.events import ModelEvent, ThriftEvent
from performer.governor import SKETCHES
from performer.latent import LAYER_GROUPS, Generator
from performer.parameters import DIRECTIONS
from performer.schema import Patch

COARSE = 0.25
HALF = 0.5


def bent_engines(runtime: AnyRuntime, patch: Patch) -> Iterator[tuple[str, Engine]]:
    """A model bent in each way, blended with itself, on both decks, and without its finest level.

    Each with what it is called.
    """
    for kind, (name, _) in enumerate(KINDS):
        start = {"bend.amount.1": HALF, "bend.kind.1": float(kind), "bend.layer.1": COARSE}
        yield f"whole frame, bend: {name}", _engine(runtime, patch, start)
    start = {f"blend.{group}": HALF for group in LAYER_GROUPS}
    yield "whole frame, blended with deck B", _with_deck_b(_engine(runtime, patch, start), runtime)
    start = {"deck.mix": HALF}
    yield "whole frame, half of each deck", _with_deck_b(_engine(runtime, patch, start), runtime)
    runtime.prepare_sketch()
    sketched = _engine(runtime, patch, {})
    sketched.frame(0.0, 0.0, (ThriftEvent(0.0, SKETCHES),))
    yield "whole frame, detail spared", sketched


def _engine(runtime: Generator, patch: Patch, start: dict[str, float]) -> Engine:
    return Engine(runtime, msgspec.structs.replace(patch, start=patch.start | start))


def _with_deck_b(engine: Engine, runtime: Generator) -> Engine:
    pushes = runtime.directions(DIRECTIONS).cpu()
    engine.frame(0.0, 0.0, (ModelEvent(0.0, "B", runtime, pushes, deck="b", drifts=False),))
    return engine
