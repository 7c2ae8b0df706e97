"""The models and the file of the patch that plays: which are there, and how they come in."""

from collections.abc import Callable
from pathlib import Path

from performer.clock import Clock
from performer.commands.instrument import Instrument
from performer.commands.live_patch import LivePatch
from performer.commands.preparing import Preparer
from performer.engine import Engine
from performer.events import DeckName, Inbox, ModelEvent, Refusal
from performer.patch import model_path, path_of
from performer.paths import STARTER_MODEL
from performer.schema import Patch


def deck_b_of(instrument: Instrument) -> Path | None:
    """The model that the patch asks for on deck B, if any."""
    name = instrument.patch.deck_b
    return path_of(name, instrument.file) or STARTER_MODEL if name else None


def model_loader(
    engine: Engine, instrument: Instrument, preparer: Preparer, inbox: Inbox, clock: Clock
) -> Callable[[str, DeckName], None]:
    """Has a model of the patch that plays loaded on a deck, beside the show."""

    def load(key: str, deck: DeckName) -> None:
        name = engine.performance.patch.models.get(key)
        if name is None:
            reason = "the patch names no such model under [models]"
            inbox.put(Refusal(clock.now(), f"model.{key}", reason))
        else:
            preparer.prepare(path_of(name, instrument.file) or STARTER_MODEL, deck)

    return load


def live_patch(instrument: Instrument, preparer: Preparer, inbox: Inbox, clock: Clock) -> LivePatch:
    """Who follows the patch's file, and has the model that it names prepared beside the show."""

    def ready(patch: Patch, path: Path) -> ModelEvent:
        return preparer.ready(model_path(patch, path) or STARTER_MODEL)

    chooses = None if instrument.model_is_asked else ready
    return LivePatch(instrument.file, instrument.patch, inbox, clock, chooses)
