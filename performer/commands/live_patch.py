"""The patch's file while it is played: what is saved is played, what is stored is saved."""

import logging
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from queue import SimpleQueue

import msgspec

from performer.clock import Clock
from performer.commands.look import look_at
from performer.engine import Engine
from performer.events import Event, Inbox, ModelEvent, Notice, PatchEvent, Refusal
from performer.patch import PatchError, parse_patch
from performer.patch_edit import Edit
from performer.patch_file import PatchFile
from performer.schema import Patch, Scene
from performer.toml_files import read_text

LOOK_EVERY_S = 0.1


class LivePatch:
    """A thread that hands over each patch that is saved, and writes what is stored and learnt.

    `ready_model` reads another model of a patch beside the show, or raises its reader's error;
    None where the patch's model is not the one that plays.
    """

    def __init__(
        self,
        path: Path,
        patch: Patch,
        inbox: Inbox,
        clock: Clock,
        ready_model: Callable[[Patch, Path], ModelEvent] | None = None,
    ) -> None:
        self._file, self._model = PatchFile(path), patch.model
        self._inbox, self._clock, self._ready_model = inbox, clock, ready_model
        self._seen = self._before = look_at(path)
        self._stored: SimpleQueue[tuple[str, Scene]] = SimpleQueue()
        self._unsaved: dict[str, Scene] = {}
        self._learnt: SimpleQueue[Edit] = SimpleQueue()
        self._edits: list[Edit] = []
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="live patch", daemon=True)

    def start(self) -> None:
        """Look ten times a second from now on, until `close`."""
        self._thread.start()

    def store(self, key: str, scene: Scene) -> None:
        """Have a scene written soon; never blocks."""
        self._stored.put((key, scene))

    def follow(self, now_s: float, events: Sequence[Event], engine: Engine) -> None:
        """Have written soon what was learnt in this frame; never blocks."""
        while engine.learn.edits:
            self._learnt.put(engine.learn.edits.popleft())

    def close(self) -> None:
        """End the thread; what was stored and learnt is written."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join()
        if self._drain():
            self._save(self._file.store_scene)
        if self._unsaved:
            logging.getLogger(__name__).warning("not saved: scene %s", ", ".join(self._unsaved))

    def _run(self) -> None:
        while not self._ended.wait(LOOK_EVERY_S):
            self.look()

    def look(self) -> None:
        """Write what was stored, and take the file if it is another one; never raises.

        Only a file that is the same at two looks is taken: the first may see half of it.
        """
        before, self._before = self._before, look_at(self._file.path)
        if self._before is None or self._before != before:
            return
        is_new, self._seen = self._before != self._seen, self._before
        if self._drain() or (is_new and (self._unsaved or self._edits)):
            self._save(self._file.store_scene_beside)
        if is_new:
            self._read()

    def _read(self) -> None:
        try:
            text = read_text(self._file.path)
            self._take(parse_patch(text, self._file.path), text)
        except Exception as error:
            kind = "" if isinstance(error, ValueError) else f"{type(error).__name__}: "
            name = self._file.path.name
            self._inbox.put(PatchEvent(self._clock.now(), name, None, error=f"{kind}{error}"))

    def _take(self, patch: Patch, text: str) -> None:
        if self._ready_model is not None and patch.model != self._model:
            self._inbox.put(self._ready_model(patch, self._file.path))
            self._model = patch.model
        patch = msgspec.structs.replace(patch, scenes=patch.scenes | self._unsaved)
        self._inbox.put(PatchEvent(self._clock.now(), self._file.path.name, patch, text))

    def _save(self, write: Callable[[str, Scene], None]) -> None:
        """Write what was stored; what cannot be is tried again when the file is another one."""
        if self._edits:
            self._save_edits()
        for key, scene in list(self._unsaved.items()):
            self._save_one(write, key, scene)
        self._seen = self._before = look_at(self._file.path)

    def _drain(self) -> bool:
        """Take over what was stored since; whether anything was."""
        count = self._stored.qsize()
        for _ in range(count):
            key, scene = self._stored.get()
            self._unsaved[key] = scene
        learnt = self._learnt.qsize()
        self._edits += [self._learnt.get() for _ in range(learnt)]
        return count + learnt > 0

    def _save_edits(self) -> None:
        asked = self._file.path
        try:
            self._file.edit_bindings(self._edits)
        except PatchError as error:
            self._inbox.put(Notice(self._clock.now(), f"not saved: {error}"))
            return
        self._edits = []
        path = self._file.path
        more = "" if path == asked else f", which is what `performer play {path.stem}` plays now"
        self._inbox.put(Notice(self._clock.now(), f"saved in {path}{more}"))

    def _save_one(self, write: Callable[[str, Scene], None], key: str, scene: Scene) -> None:
        try:
            write(key, scene)
        except PatchError as error:
            reason = f"scene {key} is not saved yet: {error}"
            self._inbox.put(Refusal(self._clock.now(), "store", reason))
            return
        del self._unsaved[key]
        logging.getLogger(__name__).info("stored scene %s in %s", key, self._file.path)
