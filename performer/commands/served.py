"""An instrument's side of `performer serve`: its call, what it goes on from, and its pulse."""

import logging
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from performer.commands.instrument import Instrument
from performer.events import Event, PatchEvent, RestoreEvent
from performer.outputs import Display
from performer.outputs.base import DisplayError
from performer.patch import PatchError, parse_patch
from performer.schema import Patch
from performer.serving.keeper import Keeper
from performer.serving.mirror import Mirror, given_mirror
from performer.serving.prompter import Prompter
from performer.serving.state import State, StateWriter, read_state
from performer.serving.token import given_token_file, kept_token
from performer.toml_files import read_text

RETRY_S = 0.25


def state_path(mirror: Mirror) -> Path:
    """Where the show that has this mirror keeps its state of the last second."""
    return mirror.path.with_suffix(".state")


@dataclass(frozen=True, slots=True)
class Served:
    """The ties of an instrument to the watch."""

    mirror: Mirror
    prompter: Prompter

    def wait(self, stopped: Callable[[], bool]) -> bool:
        """Wait to be called on air; False when it is over before."""
        self.mirror.tell_ready()
        return self.prompter.wait(stopped)

    def state(self) -> State | None:
        """Where the show stood; None where it has not played yet."""
        return read_state(state_path(self.mirror))

    def token(self, new: Callable[[], str]) -> str:
        """The page's token: that of the instrument before, or a `new` one."""
        file = given_token_file()
        return kept_token(file, new) if file is not None else new()

    def keeper(self, instrument: Instrument, patch: str, display: Display) -> Keeper:
        """The companion that tells the watch how it goes."""

        def come_forward() -> None:
            display.switches.front = True

        writer = StateWriter(state_path(self.mirror))
        return Keeper(self.mirror, writer, instrument.texts.patch_file, patch, come_forward)

    def open_patiently(
        self, open_display: Callable[[], Display], stopped: Callable[[], bool]
    ) -> Display:
        """Open the display as soon as there is one."""
        is_told = False
        while True:
            try:
                return open_display()
            except DisplayError as error:
                if stopped():
                    raise
                if not is_told:
                    logging.getLogger(__name__).warning("waiting for the display: %s", error)
                is_told = True
                self.mirror.beat()
                time.sleep(RETRY_S)


def served() -> Served | None:
    """The ties of this process to a watch, if it has one."""
    mirror = given_mirror()
    return Served(mirror, Prompter(sys.stdin.fileno())) if mirror is not None else None


def goes_on(instrument: Instrument, state: State | None, now_s: float) -> tuple[str, list[Event]]:
    """The patch's text as of now, and what an engine must be told to go on from a state.

    A patch's file that cannot be played is left for the text that was played last.
    """
    texts = instrument.texts
    if state is None or state.patch_file != texts.patch_file:
        return texts.patch, []
    events: list[Event] = []
    text, patch = _newest(instrument, state)
    if text != texts.patch:
        events.append(PatchEvent(now_s, texts.patch_file, patch, text))
    stands = state.stands
    fields = {name: getattr(stands, name) for name in stands.__slots__}
    return text, [*events, RestoreEvent(**fields | {"time_s": now_s})]


def _newest(instrument: Instrument, state: State) -> tuple[str, Patch]:
    """The newest text of the patch that can be played."""
    file = instrument.file
    try:
        text = read_text(file)
        return text, parse_patch(text, file)
    except PatchError as error:
        logging.getLogger(__name__).warning("%s; the patch plays as before", error)
    try:
        return state.patch, parse_patch(state.patch, file)
    except PatchError:
        return instrument.texts.patch, instrument.patch
